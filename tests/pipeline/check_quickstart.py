"""The demo: complete, valid products, and a ring where the truth has one."""
import json
import os

from sequin_run import SOURCE, fits, fresh, np, read, run, verify

run("run", os.path.join(SOURCE, "configs/quickstart.yaml"), "--output", fresh("out"))
verify("out")

wanted = {"components.fits", "model.fits", "residual.fits", "disk.fits", "frv.csv", "frv.png",
          "components.png", "disk.png", "input.png", "profiles.png", "frames.png", "report.html", "run.yaml", "run.log"}
manifest = json.load(open("out/manifest.json"))
listed = {product["name"]: product for product in manifest["products"]}
assert wanted <= set(listed), wanted - set(listed)
for name, product in listed.items():
    if name != "run.log":
        assert os.path.getsize(os.path.join("out", name)) == product["size"], name

# Every product of frames says the same of them; shifts are not measured.
for product in ("model.fits", "residual.fits", "disk.fits"):
    with fits.open(f"out/{product}") as hdus:
        frames = hdus["FRAMES"].data
        assert set(frames.names) >= set(
            "frame file hdu extver plane date exposure filter angle angle_applied median n_valid "
            "missing sigma chi2_reduced factor at_edge background shift_x shift_y used".split())
        assert list(frames["frame"]) == list(range(1, 11)) and frames["used"].all()
        assert np.isnan(frames["shift_x"]).all() and np.isnan(frames["shift_y"]).all()

report = open("out/report.html", encoding="utf-8").read()
assert report.count("data:image/png;base64,") == sum(n.endswith(".png") for n in wanted)
assert "W_PLOT" not in report

# What was not written and what became of it; nothing that was.
decided = report[report.index("Decided by default"):report.index("Settings</h2>")]
for row in ("<dt>components.count</dt><dd>10: ", "<dt>model.counts</dt><dd>all 10, 1 to 10<",
            "<dt>noise.model</dt><dd>errors<", "<dt>model.scaling</dt><dd>imputation, ",
            "<dt>model.exclude_frame</dt><dd>sky, ", "<dt>combine.derotate</dt><dd>true, ",
            "<dt>region.center</dt><dd>(48.50, 48.50) FITS pixels, from STARCENX/STARCENY<"):
    assert row in decided, (row, decided)
assert "science.fwhm" not in decided and "region.inner_radius" not in decided

# The ring: flux where the truth is above 10 % of its peak, against the truth. One observation
# of ten frames: what the speckles of the excluded pixels do besides is 0.4 % of the star, a
# sixth of the ring (docs/validation.md has the mean over many).
disk = read("out", "disk.fits", "SCI")[-1].astype(float)
truth = fits.getdata(os.path.join(SOURCE, "testdata/truth.fits"), "DISK").astype(float)
y, x = np.mgrid[1:truth.shape[0] + 1, 1:truth.shape[1] + 1]
planet = np.hypot(x - 67.5, y - 81.4) < 6
ring = (truth > 0.1 * truth.max()) & ~planet
flux, expected = disk[ring].sum(), truth[ring].sum()
print(f"ring flux {flux:.4g}, truth {expected:.4g}, ratio {flux / expected:.3f}")
assert abs(flux / expected - 1) < 0.1

# A ring, not a halo: it stands out against the same pixels turned by 90 degrees.
clear = np.hypot(x - 48.5, y - 48.5) > 14  # of the fringes beside the coronagraph
valid = ring & clear & np.isfinite(disk)
turned = np.rot90(ring) & ~ring & ~planet & clear & np.isfinite(disk)
contrast = disk[valid].mean() / np.abs(disk[turned]).mean()
correlation = np.corrcoef(disk[valid | turned], truth[valid | turned])[0, 1]
print(f"ring against turned ring {contrast:.1f}, correlation with the truth {correlation:.3f}")
assert contrast > 3 and correlation > 0.9

# Inputs by what they are for, in the report and in the headers.
report = open("out/report.html", encoding="utf-8").read()
for role, name in (("science", "science.fits"), ("angles", "angles.txt"),
                   ("reference", "references.fits")):
    assert f"<td>{role}</td><td>{name}</td>" in report, role
    assert any(card.startswith(f"sequin input {role}: {name}")
               for card in fits.getheader("out/disk.fits")["HISTORY"]), role

# run.yaml runs again and gives the same data.
run("run", "out/run.yaml", "--output", fresh("again"))
for name in ("components.fits", "residual.fits", "disk.fits"):
    with fits.open(f"out/{name}") as a, fits.open(f"again/{name}") as b:
        assert [h.header["DATASUM"] for h in a] == [h.header["DATASUM"] for h in b], name
