"""Components of an earlier run: the same model, and clear refusals."""
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
                            ("region.center=[48, 48]", 65, "E_SHAPE"),
                            ("region.outer_radius=30", 65, "E_SHAPE")):
    done = run("run", quickstart, *plain, *load, "--set", setting, "--output", fresh("no"),
               expect=code)
    assert word in done.stderr, done.stderr

# Truncated: the first columns of the last basis.
run("run", quickstart, *plain, *load, "--set", "model.counts=[2]", "--set",
    "model.truncate=true", "--output", fresh("cut"))
assert read("cut", "model.fits", "COEFFICIENTS").shape == (1, 10, 2)
