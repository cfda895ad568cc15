"""Truth tables (docs/numerics.md, 5): NaN in all or some references, in the science frame, in both;
excluded; outside the region. Plane by plane, in model, residual and disk; and the input's flags,
bit by bit."""
from sequin_run import datasums, fresh, np, read, run, write_config, write_cube

NO_SCIENCE, NO_REFERENCE, OUTSIDE, EXCLUDED, UNDETERMINED, TURNED = 1, 2, 4, 8, 64, 128
SIGMA = 0.1
rng = np.random.default_rng(3)
y, x = np.mgrid[-8:9, -8:9]
patterns = np.abs(rng.normal(size=(2, 17, 17))) + np.exp(-np.hypot(x, y) / 4)
frames = np.einsum("ik,kyx->iyx", 50 * rng.random((8, 2)) + 10, patterns)
frames = (frames + rng.normal(0, SIGMA, frames.shape)).astype("f4")
science, references = frames[:2], frames[2:].copy()
ALL, SOME, SCIENCE, BOTH, OUT = (4, 5), (9, 3), (12, 12), (6, 13), (0, 0)
EXCL, EXCL_SCIENCE, EXCL_ALL, EXCL_BOTH, ONE, PLAIN = ((10, 7), (10, 8), (11, 7), (11, 8), (3, 8),
                                                       (7, 7))
for pixel in (ALL, BOTH, EXCL_ALL, EXCL_BOTH):
    references[(slice(None),) + pixel] = np.nan
references[(slice(3),) + SOME] = np.nan
for pixel in (SCIENCE, BOTH, EXCL_SCIENCE, EXCL_BOTH):
    science[(slice(None),) + pixel] = np.nan
science[(0,) + ONE] = np.nan  # missing in one frame only

# Bits that do not mean missing (1, 64 and the topmost) are carried on good pixels.
MEAN_MISSING = [1, 2, 4, 9, 10]
dq = np.zeros(science.shape, dtype="u4")
dq[0, 5, 9], dq[1, 5, 9] = 64 | 1, 2 ** 31 | 64
dq[0, 13, 6], dq[1, 13, 6] = 16 | 2, 1  # the first is bad, the second is not
dq[(0,) + SCIENCE] = 512 | 4
dq[(1,) + SCIENCE] = 1024
dq[(0,) + OUT] = 64 | 1
write_cube("science.fits", science, np.full_like(science, SIGMA), dq)
write_cube("refs.fits", references, np.full_like(references, SIGMA))


def reduce(folder, angles):
    run("run", write_config(folder + ".yaml", f"""task: imaging
science: {{files: [science.fits], fwhm: 3, quality_bits: {MEAN_MISSING}, angles: {{values: {angles}}}}}
references: {{files: [refs.fits]}}
region: {{center: [9, 9], outer_radius: 8.9}}
components: {{count: 2}}
model: {{scaling: none, exclude_frame: detector, exclude_circles: [[8.5, 11.5, 0.1]]}}
output: {{report: false, plots: false}}
"""), "--output", fresh(folder))


reduce("out", [0.0, 0.0])
# Half of the references miss the pixel SOME, those in which the second component is strong.
FLAGS = {ALL: NO_REFERENCE, SOME: UNDETERMINED, SCIENCE: NO_SCIENCE,
         BOTH: NO_SCIENCE | NO_REFERENCE, OUT: OUTSIDE, EXCL: EXCLUDED,
         EXCL_SCIENCE: EXCLUDED | NO_SCIENCE, EXCL_ALL: EXCLUDED | NO_REFERENCE,
         EXCL_BOTH: EXCLUDED | NO_REFERENCE | NO_SCIENCE, ONE: NO_SCIENCE, PLAIN: 0}
for product, missing in (("model.fits", NO_REFERENCE | OUTSIDE),
                         ("residual.fits", NO_SCIENCE | NO_REFERENCE | OUTSIDE)):
    sci, err, flags = (read("out", product, name) for name in ("SCI", "ERR", "FLAGS"))
    for pixel, expected in FLAGS.items():
        where = (0,) + pixel
        assert flags[where] == expected, (product, pixel, flags[where])
        assert np.isfinite(sci[where]) == (expected & missing == 0), (product, pixel, sci[where])
    assert flags[(1,) + ONE] == 0
    # NaN where these flags are and nowhere else, in ERR as in SCI, which is not negative.
    assert np.array_equal(np.isnan(sci), (flags & missing) > 0), product
    assert np.array_equal(np.isnan(err), np.isnan(sci)), product
    assert (err[np.isfinite(err)] > 0).all()
    # Every bit of the input, in its place, whatever became of the pixel.
    assert np.array_equal(read("out", product, "DQ"), dq), product
model, residual = read("out", "model.fits", "SCI"), read("out", "residual.fits", "SCI")
both = np.isfinite(residual)
assert np.abs(science - model - residual)[both].max() < 1e-4
# What took no part in its fit is known worse than the noise alone, what did better than both.
error, of_model = read("out", "residual.fits", "ERR"), read("out", "model.fits", "ERR")
where = (0,) + EXCL
assert np.isclose(error[where] ** 2, SIGMA ** 2 + of_model[where] ** 2, rtol=1e-5)
where = (0,) + PLAIN
assert error[where] ** 2 < SIGMA ** 2 + of_model[where] ** 2

# The frames do not turn: the disk image is their mean, flags and DQ are OR-ed over those behind it.
sci, err, quality, flags, coverage = (
    read("out", "disk.fits", name)[-1] for name in ("SCI", "ERR", "DQ", "FLAGS", "COVERAGE"))
assert np.array_equal(coverage, np.isfinite(residual).sum(axis=0)) and coverage.max() == 2
assert np.array_equal(np.isnan(sci), coverage == 0)
assert np.array_equal(np.isnan(err), np.isnan(sci))
assert coverage[ONE] == 1 and coverage[PLAIN] == 2
assert np.isclose(sci[ONE], residual[(1,) + ONE]) and np.isclose(err[ONE], error[(1,) + ONE])
for pixel, expected in FLAGS.items():
    assert flags[pixel] == (0 if pixel == ONE else expected), (pixel, flags[pixel])
assert quality[5, 9] == 1 | 64 | 2 ** 31
assert quality[13, 6] == 1, quality[13, 6]             # of the frame that is behind it
assert quality[SCIENCE] == 512 | 4 | 1024              # no frame is: of all
assert quality[OUT] == 64 | 1

# The sum over a circle of one FWHM about a pixel: of independent pixels where nothing turns.
fine = (np.arange(60) + 0.5) / 60 - 0.5
dots = [(dx, dy) for dx in fine for dy in fine]


def sum_squares(plane):
    """Root of the sum over the circle of (overlap plane)^2, NaN at the border."""
    by, bx = np.mgrid[-2:3, -2:3]
    overlap = np.mean([np.hypot(bx + dx, by + dy) <= 1.5 for dx, dy in dots], axis=0)
    total = np.full(plane.shape, np.nan)
    for row in range(2, 15):
        for column in range(2, 15):
            part = plane[row - 2:row + 3, column - 2:column + 3][overlap > 0]
            total[row, column] = np.sqrt(((part * overlap[overlap > 0]) ** 2).sum())
    return total


aperture = read("out", "disk.fits", "APERTURE_ERR")
assert aperture.shape == read("out", "disk.fits", "SCI").shape
assert np.allclose(aperture[-1], sum_squares(err), rtol=2e-3, equal_nan=True)

# Two frames that are the same have the errors of the components in common, which no mean takes
# down: of fitted pixels ERR^2 is sigma^2 - fit + comp, that of their model fit + comp.
science[1] = science[0]
write_cube("science.fits", science, np.full_like(science, SIGMA), dq)
reduce("twins", [0.0, 0.0])
flags, error, of_model = (read("twins", product, name)[0].astype(float) for product, name in (
    ("residual.fits", "FLAGS"), ("residual.fits", "ERR"), ("model.fits", "ERR")))
both = (read("twins", "disk.fits", "COVERAGE")[-1] == 2) & (flags == 0)
shared = (error ** 2 + of_model ** 2 - SIGMA ** 2) / 2
assert (shared[both] > 0.1 * SIGMA ** 2).all() and both.sum() > 150
assert np.allclose(read("twins", "disk.fits", "ERR")[-1][both] ** 2,
                   (error ** 2 + shared)[both] / 2, rtol=1e-4)

# Where frames turn, neighbours err alike: by what interpolation does, and the more by what the
# frames share where they turn by little.
growth = {}
for name, angles in (("far", [-50.0, 40.0 - 1e-3]), ("near", [20.0, 28.0])):
    reduce(name, angles)
    err, aperture = (read(name, "disk.fits", part)[-1] for part in ("ERR", "APERTURE_ERR"))
    growth[name] = np.nanmedian(aperture / sum_squares(err))
assert abs(growth["far"] - 1.091) < 0.01 and growth["near"] > 1.03 * growth["far"], growth

# Turned by 90 degrees every pixel comes from one pixel: planes turn with the data. Turned by
# another angle flags and DQ are those of the nearest pixel, and what no datum stands behind is
# NaN and says so.


def behind(plane, angle):
    """Input pixel nearest to each pixel of the image turned counter-clockwise by angle."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    column = np.floor(8 + c * x + s * y + 0.5).astype(int)
    row = np.floor(8 - s * x + c * y + 0.5).astype(int)
    there = (column >= 0) & (column < 17) & (row >= 0) & (row < 17)
    return np.where(there, plane[row.clip(0, 16), column.clip(0, 16)], 0)


for angles in ([90.0, 0.0], [33.0, -14.0]):
    reduce("turned", angles)
    applied = read("turned", "disk.fits", "FRAMES")["angle_applied"]
    sci, err, quality, flags, coverage = (read("turned", "disk.fits", name)[-1]
                                          for name in ("SCI", "ERR", "DQ", "FLAGS", "COVERAGE"))
    planes = [behind(plane, angle) for plane, angle in zip(dq, applied)]
    full = coverage == 2
    assert full.sum() > 60
    assert np.array_equal(quality[full], (planes[0] | planes[1])[full]), angles
    own = [behind(plane, angle) for plane, angle in zip(read("turned", "residual.fits", "FLAGS"),
                                                         applied)]
    assert np.array_equal(flags[full], (own[0] | own[1])[full]), angles
    none = coverage == 0
    assert np.array_equal(np.isnan(sci), none) and np.array_equal(np.isnan(err), none)
    assert (flags[none] & (NO_SCIENCE | NO_REFERENCE | OUTSIDE | TURNED) > 0).all()
    assert (err[~none] > 0).all()
