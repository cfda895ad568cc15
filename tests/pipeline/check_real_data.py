"""Real observations: beta Pictoris b by ADI, a companion by reference stars."""
import os

from sequin_run import SHARED, SOURCE, fresh, need, np, read, run, snr, verify

imaging = os.path.join(SHARED, "imaging")
need(imaging)


def brightest(image, near, radius=4):
    """FITS pixel of the largest value near a place."""
    y, x = np.mgrid[1:image.shape[0] + 1, 1:image.shape[1] + 1]
    inside = np.hypot(x - near[0], y - near[1]) <= radius
    k = np.nanargmax(np.where(inside, image, -np.inf))
    return np.array([x.flat[k], y.flat[k]])


run("run", os.path.join(SOURCE, "configs/adi.yaml"), "--output", fresh("adi"))
verify("adi")
disk = read("adi", "disk.fits", "SCI")[-1].astype(float)
found = brightest(disk, (60.5, 36.0))
value, clear = (snr(disk, (51, 51), found, 4.8, skip) for skip in (0, 1))
ours = read("adi", "disk.fits", "SNR")[-1][found[1] - 1, found[0] - 1]
offset = (found - 51) * 0.02719
angle = np.degrees(np.arctan2(-offset[0], offset[1])) % 360
print(f"beta Pic b at {found}, {np.hypot(*offset):.3f} arcsec, {angle:.1f} degrees, "
      f"S/N {value:.1f} (SNR map {ours:.1f}), without its own lobes {clear:.1f}")
assert np.hypot(*(found - (60.5, 36))) <= 1.5
assert abs(angle - 212) < 3
assert clear > 12 and abs(ours / value - 1) < 0.1

run("run", os.path.join(SOURCE, "configs/ifs.yaml"), "--output", fresh("ifs"))
verify("ifs")
disk = read("ifs", "disk.fits", "SCI")[-1].astype(float)
found = brightest(disk, (71, 51))
value = snr(disk, (41, 41), found, 4.0)
core = np.s_[36:45, 36:45]
star = np.nanmean(read("ifs", "model.fits", "SCI").astype(float), axis=0)[core].sum()
print(f"companion at {found}, S/N {value:.1f}; of the star {disk[core].sum() / star:.2g} remain")
assert np.hypot(*(found - (71, 51))) <= 1.5
assert value > 5
assert abs(disk[core].sum()) < 0.02 * star

# With the companion in the fit, the factor says that something is wrong.
done = run("run", os.path.join(SOURCE, "configs/ifs.yaml"), "--set", "model.exclude_circles=[]",
           "--set", "output.plots=false", "--output", fresh("drawn"))
assert "W_SCALE" in done.stderr, done.stderr
