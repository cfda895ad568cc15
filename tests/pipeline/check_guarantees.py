"""Guarantees of docs/numerics.md, section 7, that a user can see: 1, 3, 4 and 5."""
import os

from sequin_run import SOURCE, datasums, fits, fresh, headers, np, read, run, write_config, \
    write_cube

# 1. The same bytes for any number of threads, any directory, any verbosity.
quickstart = os.path.join(SOURCE, "configs/quickstart.yaml")
run("run", quickstart, "--output", fresh("one"), threads=1)
first = datasums("one")
for name, threads, option in (("two", 2, "-q"), ("deeper/four", 4, "-v")):
    run("run", quickstart, "--output", fresh(name), option, threads=threads)
    other = datasums(name)
    assert first.keys() == other.keys()
    different = [key for key in first if first[key] != other[key]]
    assert not different, (name, different)
    for product in ("components.fits", "disk.fits"):
        assert headers("one", product) == headers(name, product), product

# A random start is seeded.
random = ("--set", "components.start=random", "--set", "components.count=3")
for name, threads, seed in (("r1", 1, 7), ("r2", 2, 7), ("r3", 2, 8)):
    run("run", quickstart, *random, "--set", f"components.seed={seed}", "--output", fresh(name),
        threads=threads)
assert datasums("r1") == datasums("r2")
assert datasums("r1")["components.fits", 1, "COMPONENTS"] != \
    datasums("r3")["components.fits", 1, "COMPONENTS"]

# A small observation with flags, in our own hands.
rng = np.random.default_rng(11)
y, x = np.mgrid[-12:13, -12:13]
speckles = np.abs(rng.normal(size=(3, 25, 25))) * np.exp(-np.hypot(x, y) / 6)
frames = np.einsum("ik,kyx->iyx", 100 * rng.random((9, 3)) + 20, speckles)
frames = (frames + rng.normal(0, 0.3, frames.shape)).astype("f4")
sigma = np.full_like(frames, 0.3) * (1 + 0.1 * rng.random(frames.shape)).astype("f4")
flags = (rng.random(frames.shape) < 0.05).astype("i4")
CONFIG = write_config("small.yaml", """task: imaging
science: {files: [science.fits], fwhm: 3}
references: {files: [refs.fits]}
region: {center: [13, 13], outer_radius: 11}
components: {count: 3}
model: {scaling: none}
output: {report: false, plots: false}
""")


def reduce(name, data, error, dq=flags, references=slice(3, None), config=CONFIG):
    write_cube("science.fits", data[:3], error[:3], dq[:3])
    write_cube("refs.fits", data[references], error[references], dq[references])
    run("run", config, "--output", fresh(name))
    return datasums(name)


# 3. What lies under a flag does not change a bit of the data of any product; headers name the
# input's own DATASUM. Nor what lies under a mask or an error that cannot be, in frames that are
# turned, scaled, clipped, hidden and imputed.
masks = (rng.random(frames.shape) > 0.03).astype("i2")
no_error = rng.random(frames.shape) < 0.03
impossible = np.where(no_error, rng.choice([0, -1, np.nan, np.inf], frames.shape), sigma)
masked = (flags > 0) | (masks == 0) | no_error
fits.writeto("use.fits", masks[:3], overwrite=True)
fits.writeto("use_refs.fits", masks[3:], overwrite=True)
HARD = write_config("hard.yaml", """task: imaging
science: {files: [science.fits], fwhm: 3, mask_files: [use.fits], angles: {values: [-40, 3, 55]}}
references: {files: [refs.fits], mask_files: [use_refs.fits]}
region: {center: [13, 13], outer_radius: 11}
components: {count: 2, holdout: 0.1}
noise: {clip_sigma: 6, rescale: true}
model: {exclude_circles: [[17, 13, 2]]}
combine: {method: weighted}
output: {report: false}
""")


def fill_with(fill, config, missing, error):
    """Sums of the products, and what their headers say of the science file."""
    filled = np.where(missing, fill, frames).astype("f4")
    sums = reduce("fill", filled, error.astype("f4"), config=config)
    with fits.open("science.fits") as hdus:
        own = int(sum(hdu.add_datasum() for hdu in hdus[1:]))
    own = own % 2 ** 32 + own // 2 ** 32  # ones' complement
    said = str(fits.getheader("fill/disk.fits")["HISTORY"])
    return sums, own, said


for config, missing, error in ((CONFIG, flags > 0, sigma), (HARD, masked, impossible)):
    results = [fill_with(fill, config, missing, error) for fill in (0.0, 1e30, np.nan)]
    assert len(results[0][0]) > 20
    for sums, _, _ in results[1:]:
        different = [key for key in sums if sums[key] != results[0][0][key]]
        assert not different and sums.keys() == results[0][0].keys(), (config, different)
    for _, own, said in results:
        assert f"science.fits DATASUM {own}" in said, (own, said)
    assert len({said for _, _, said in results}) == 3

# 4. Data and errors times a power of two: everything scales exactly.
reduce("plain", frames, sigma)
for exponent in (20, -20):
    factor = np.float32(2.0 ** exponent)
    reduce("scaled", frames * factor, sigma * factor)
    for product, extname, power in (("components.fits", "COMPONENTS", 0),
                                    ("components.fits", "COEFFICIENTS", 1),
                                    ("residual.fits", "SCI", 1), ("residual.fits", "ERR", 1),
                                    ("disk.fits", "SCI", 1), ("disk.fits", "ERR", 1)):
        a, b = read("plain", product, extname), read("scaled", product, extname)
        assert np.array_equal(a * a.dtype.type(float(factor) ** power), b, equal_nan=True), \
            (product, extname, exponent)
    assert open("plain/frv.csv").read() == open("scaled/frv.csv").read()

# 5. A frame without weight equals the same data without it.
empty = flags.copy()
empty[5] = 1
reduce("with", frames, sigma, empty)
keep = [3, 4, 6, 7, 8]
reduce("without", frames, sigma, empty, references=keep)
assert np.array_equal(read("with", "components.fits", "COMPONENTS"),
                      read("without", "components.fits", "COMPONENTS"), equal_nan=True)
coefficients = read("with", "components.fits", "COEFFICIENTS")
assert np.isnan(coefficients[2]).all()
assert np.array_equal(np.delete(coefficients, 2, 0),
                      read("without", "components.fits", "COEFFICIENTS"))
assert fits.getval("with/disk.fits", "DATASUM", 1) == fits.getval("without/disk.fits", "DATASUM", 1)
