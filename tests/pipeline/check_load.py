"""Components of an earlier run: the same model, and clear refusals."""
import json
import os

from sequin_run import SOURCE, fits, fresh, np, read, run, verify

quickstart = os.path.join(SOURCE, "configs/quickstart.yaml")
plain = ("--set", "output.plots=false", "--set", "output.report=false")
run("run", quickstart, *plain, "--set", "components.count=3", "--set",
    "components.write_stages=true", "--output", fresh("build"))
verify("build")
with fits.open("build/components.fits") as hdus:
    assert hdus["STAGES"].data.shape[0] == 1 + 2 + 3
    assert hdus["STAGE_COEFFICIENTS"].data.shape == (6, 20)
    assert list(hdus["STAGE_INDEX"].data["count"]) == [1, 2, 2, 3, 3, 3]
    assert np.array_equal(hdus["STAGES"].data[3:], hdus["COMPONENTS"].data, equal_nan=True)
    overlap = hdus["OVERLAP"].data
    assert np.allclose(overlap[2], 1, atol=1e-6) and np.isnan(overlap[0, 1:]).all()

load = ("--set", f"components.load={os.path.abspath('build/components.fits')}")
run("run", quickstart, *plain, *load, "--output", fresh("load"))
verify("load")
for product, extname in (("disk.fits", "SCI"), ("residual.fits", "SCI"), ("model.fits", "SCI"),
                         ("model.fits", "COEFFICIENTS")):
    assert np.array_equal(read("build", product, extname), read("load", product, extname),
                          equal_nan=True), (product, extname)
assert len(open("load/frv.csv").read().splitlines()) == 1  # the names of the columns

for setting, code, word in (("model.counts=[5]", 78, "E_COUNT"),
                            ("components.count=2", 78, "counts: 1, 2, 3"),
                            ("components.count=2", 78, "--set components.count"),
                            ("region.center=[48, 48]", 65, "E_SHAPE"),
                            ("region.outer_radius=30", 65, "E_SHAPE"),
                            ("region.outer_radius=47", 65, "E_SHAPE"),
                            ("region.inner_radius=7", 65, "E_SHAPE")):
    done = run("run", quickstart, *plain, *load, "--set", setting, "--output", fresh("no"),
               expect=code)
    assert word in done.stderr, done.stderr

    assert done.stderr.count("error:") == 1, done.stderr

# A component that lies within what is excluded has no say in the fits: left out, and named; one of
# which next to nothing lies outside is told by noise.
radius = np.hypot(*(np.indices((96, 96)) - 47.5))
for outside, words in ((0.0, "component 2 lies within the excluded pixels of 10 of 10 frames: it is left"),
                       (1e-3, "of component 2 only ")):
    with fits.open("build/components.fits") as hdus:
        hdus["COMPONENTS"].data[1][(radius > 14) & np.isfinite(hdus["COMPONENTS"].data[1])] *= outside
        del hdus["STAGES"], hdus["STAGE_COEFFICIENTS"], hdus["STAGE_INDEX"]
        hdus.writeto("inner.fits", overwrite=True, checksum=True)
    done = run("run", quickstart, *plain, "--set", "components.load=" + os.path.abspath("inner.fits"),
               "--set", "model={exclude_annulus: [7, 15]}", "--output", fresh("inner"))
    assert done.stderr.count("W_SUPPORT") == 2 and words in done.stderr, done.stderr  # and the summary
    coefficients = read("inner", "model.fits", "COEFFICIENTS")[-1]
    assert (coefficients[:, 1] == 0).all() == (outside == 0) and (coefficients[:, 0] > 0).all()
with open("inner/manifest.json", encoding="utf-8") as file:
    assert 0 < json.load(file)["summary"]["leverage"] < 1

# The number that the file holds may be written.
run("run", quickstart, *plain, *load, "--set", "components.count=3", "--output", fresh("same"))

# What a larger region lacks is counted.
rings = {radius: radius**2 >= (np.indices((96, 96)) - 47.5)[0]**2
         + (np.indices((96, 96)) - 47.5)[1]**2 for radius in (46, 47)}
done = run("run", quickstart, *plain, *load, "--set", "region.outer_radius=47",
           "--output", fresh("no"), expect=65)
assert f"{(rings[47] & ~rings[46]).sum()} without a component" in done.stderr, done.stderr

# A pixel of the region that no reference covers is none of these.
with fits.open(os.path.join(SOURCE, "testdata/references.fits")) as hdus:
    hdus["SCI"].data[:, 60, 61] = np.nan
    hdus.writeto("hole.fits", overwrite=True, checksum=True)
hole = ("--set", f"references.files=[{os.path.abspath('hole.fits')}]")
run("run", quickstart, *plain, *hole, "--set", "components.count=2", "--output",
    fresh("hole"))
assert np.isnan(read("hole", "components.fits", "COMPONENTS")[:, 60, 61]).all()
assert read("hole", "components.fits", "REGION")[60, 61] == 1
run("run", quickstart, *plain, *hole, "--set",
    f"components.load={os.path.abspath('hole/components.fits')}", "--output", fresh("again"))
assert np.array_equal(read("hole", "disk.fits", "SCI")[-1:], read("again", "disk.fits", "SCI"),
                      equal_nan=True)

# Components of other software say nothing of a region: their pixels are it.
with fits.open("build/components.fits") as hdus:
    alone = fits.HDUList([fits.PrimaryHDU(), hdus["COMPONENTS"].copy()])
    alone.writeto("bare.fits", overwrite=True, checksum=True)
    fits.PrimaryHDU(np.isfinite(alone[1].data[0]).astype(np.int16)).writeto(
        "seen.fits", overwrite=True)
bare = ("--set", f"components.load={os.path.abspath('bare.fits')}")
done = run("run", quickstart, *plain, *bare, "--output", fresh("no"), expect=65)
assert "E_SHAPE" in done.stderr, done.stderr
run("run", quickstart, *plain, *bare, "--set",
    f"region.mask_file={os.path.abspath('seen.fits')}", "--output", fresh("bare"))

# Truncated: the first columns of the last basis.
run("run", quickstart, *plain, *load, "--set", "model.counts=[2]", "--set",
    "model.truncate=true", "--output", fresh("cut"))
assert read("cut", "model.fits", "COEFFICIENTS").shape == (1, 10, 2)
