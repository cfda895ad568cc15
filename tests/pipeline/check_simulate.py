"""testdata/ is what `sequin simulate` makes of its configuration, bit by bit on one machine."""
import os

from sequin_run import SOURCE, fits, fresh, np, run

config = os.path.join(SOURCE, "configs/simulate.yaml")
run("simulate", config, "--output", fresh("one"), threads=1)
run("simulate", config, "--output", fresh("two"), threads=2)
for name in ("references.fits", "science.fits", "angles.txt", "truth.fits"):
    assert open(f"one/{name}", "rb").read() == open(f"two/{name}", "rb").read(), name

# On another CPU type the last bits of FFTW and libm may differ.
for name in ("references.fits", "science.fits"):
    with fits.open(f"one/{name}") as new, fits.open(os.path.join(SOURCE, "testdata", name)) as old:
        a, b, sigma = (np.array(h, float) for h in (new["SCI"].data, old["SCI"].data,
                                                    old["ERR"].data))
        difference = np.abs(a - b)
        assert (difference <= 1e-5 * np.abs(b).max()).mean() >= 0.999, name
        assert (difference <= 5 * sigma).all(), name

# Another seed is another observation.
run("simulate", config, "--set", "simulate.seed=2", "--output", fresh("three"))
assert open("one/science.fits", "rb").read() != open("three/science.fits", "rb").read()
assert sum(os.path.getsize(os.path.join(SOURCE, "testdata", f))
           for f in os.listdir(os.path.join(SOURCE, "testdata"))) < 4e6
