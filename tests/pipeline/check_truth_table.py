"""NaN in all or some references, in the science frame, or in both (docs/numerics.md, 5)."""
from sequin_run import fresh, np, read, run, write_config, write_cube

rng = np.random.default_rng(3)
y, x = np.mgrid[-8:9, -8:9]
patterns = np.abs(rng.normal(size=(2, 17, 17))) + np.exp(-np.hypot(x, y) / 4)
frames = np.einsum("ik,kyx->iyx", 50 * rng.random((8, 2)) + 10, patterns)
frames = (frames + rng.normal(0, 0.1, frames.shape)).astype("f4")
science, references = frames[:2], frames[2:].copy()
ALL, SOME, SCIENCE, BOTH, OUT = (4, 5), (9, 3), (12, 12), (6, 13), (0, 0)
references[:, ALL[0], ALL[1]] = np.nan
references[:3, SOME[0], SOME[1]] = np.nan
science[:, SCIENCE[0], SCIENCE[1]] = np.nan
science[:, BOTH[0], BOTH[1]] = np.nan
references[:, BOTH[0], BOTH[1]] = np.nan
write_cube("science.fits", science, np.full_like(science, 0.1))
write_cube("refs.fits", references, np.full_like(references, 0.1))
run("run", write_config("table.yaml", """task: imaging
science: {files: [science.fits], fwhm: 3}
references: {files: [refs.fits]}
region: {center: [9, 9], outer_radius: 8.9}
components: {count: 2}
model: {scaling: none}
"""), "--output", fresh("out"))

# Half of the references miss the pixel SOME, those in which the second component is strong.
FLAGS = {ALL: 2, SOME: 64, SCIENCE: 1, BOTH: 3, OUT: 4}
MODEL = {ALL: False, SOME: True, SCIENCE: True, BOTH: False, OUT: False}
RESIDUAL = {ALL: False, SOME: True, SCIENCE: False, BOTH: False, OUT: False}
for product, finite in (("model.fits", MODEL), ("residual.fits", RESIDUAL)):
    sci, err, flags = (read("out", product, name) for name in ("SCI", "ERR", "FLAGS"))
    for pixel, expected in finite.items():
        where = (0,) + pixel
        assert np.isfinite(sci[where]) == expected, (product, pixel, sci[where])
        assert np.isfinite(err[where]) == expected, (product, "ERR", pixel, err[where])
        assert flags[where] == FLAGS[pixel], (product, pixel, flags[where])
    missing = 2 | 4 if product == "model.fits" else 1 | 2 | 4
    assert np.array_equal(np.isnan(sci), (flags & missing) > 0), product

disk, flags, coverage = (read("out", "disk.fits", name)[-1] for name in ("SCI", "FLAGS", "COVERAGE"))
assert np.array_equal(np.isnan(disk), coverage == 0)
assert np.array_equal(np.isnan(disk), (flags & (1 | 2 | 4)) > 0)
assert coverage.max() == 2
