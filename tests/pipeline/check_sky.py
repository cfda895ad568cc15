"""The WCS of an injected source holds to 0.01 pixel, before and after the turn."""
import warnings

from sequin_run import fits, fresh, np, run, write_config

from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

warnings.simplefilter("ignore")
SIMULATE = """simulate:
  size: {size}
  n_references: 6
  n_science: 5
  fwhm: 4.0
  pixel_scale: 0.05
  sky: [86.8, -51.07]
  rotation: [-50.0, 35.0]
  ring: {{contrast: 0}}
  sources: [[20.0, 130.0, 1.0e-3]]
  cosmic_rays: 0
  bad_pixels: 0
"""
RUN = """task: imaging
science: {files: [made/science.fits], fwhm: 4, angles: {file: made/angles.txt}}
references: {files: [made/references.fits]}
region: {inner_radius: 4}
components: {count: 2}
model: {exclude_circles: [[CIRCLE, 6]]}
output: {plots: false, report: false}
"""


def centroid(image, near):
    """Centre of light within 4 pixels (FITS pixels)."""
    y, x = np.mgrid[1:image.shape[0] + 1, 1:image.shape[1] + 1]
    light = np.where(np.hypot(x - near[0], y - near[1]) < 4, np.clip(image, 0, None), 0)
    return np.array([(light * x).sum(), (light * y).sum()]) / light.sum()


for size in (64, 65):
    run("simulate", write_config("make.yaml", SIMULATE.format(size=size)), "--output",
        fresh("made"))
    truth = fits.getdata("made/truth.fits", "SOURCES")[0]
    pixel = np.array([truth["x"], truth["y"]])
    with fits.open("made/science.fits") as hdus:
        before = WCS(hdus["SCI"].header).celestial
    star = SkyCoord(86.8 * u.deg, -51.07 * u.deg)
    source = star.directional_offset_by(130 * u.deg, 20 * 0.05 * u.arcsec)

    # Before: where the source stands in the first frame, the field turned by its angle.
    center, angle = (size + 1) / 2, np.radians(-50.0)
    east_north = pixel - center
    first = center + np.array([np.cos(angle) * east_north[0] + np.sin(angle) * east_north[1],
                               -np.sin(angle) * east_north[0] + np.cos(angle) * east_north[1]])
    found = np.array(before.world_to_pixel(source)) + 1
    print(size, "before", found, first)
    assert np.hypot(*(found - first)) < 0.01

    text = RUN.replace("CIRCLE", f"{pixel[0]:.3f}, {pixel[1]:.3f}")
    run("run", write_config("run.yaml", text), "--output", fresh("out"))
    with fits.open("out/disk.fits") as hdus:
        after = WCS(hdus["SCI"].header).celestial
        image = hdus["SCI"].data[-1].astype(float)
        cd = after.pixel_scale_matrix
        turned = {hdu.name: "correlated" in str(hdu.header.get("HISTORY", "")) for hdu in hdus[1:]}
    # What is interpolated says that its noise is correlated; counts and flags have none.
    assert {name for name in turned if turned[name]} == {"SCI", "ERR", "SNR", "APERTURE_ERR"}, turned
    found = np.array(after.world_to_pixel(source)) + 1
    seen = centroid(np.nan_to_num(image), pixel)
    print(size, "after", found, "truth", pixel, "centroid", seen)
    assert np.hypot(*(found - pixel)) < 0.01
    assert np.hypot(*(seen - pixel)) < 0.3
    assert abs(cd[0, 1]) < 1e-9 and cd[1, 1] > 0 > cd[0, 0]  # North up, East left

# Nothing is turned: nothing is correlated.
done = run("run", write_config("run.yaml", text + "combine: {derotate: false}\n"), "--output",
           fresh("out"))
with fits.open("out/disk.fits") as hdus:
    assert all("correlated" not in str(hdu.header.get("HISTORY", "")) for hdu in hdus)

# Angles that the WCS contradicts are told; those that agree with it were not.
assert "W_WCS" not in done.stderr, done.stderr
done = run("run", write_config("run.yaml", text.replace("angles.txt}", "angles.txt, offset: 30}")),
           "--output", fresh("out"))
assert "W_WCS" in done.stderr and "turns by -20.0 degrees, by its WCS" in done.stderr, done.stderr
assert "where it turns by -50.0;" in done.stderr, done.stderr
