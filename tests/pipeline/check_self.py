"""A star that is its own reference, with an exclusion that turns: what is predicted where few
frames are left is in bounds, has an error that says so, or is not there at all."""
import os

from sequin_run import SOURCE, fresh, np, read, run, verify

MISSING, NO_REFERENCE, EXCLUDED, UNDETERMINED = 1, 2, 8, 64

run("run", os.path.join(SOURCE, "configs/quickstart.yaml"), "--set", "references=science",
    "--output", fresh("out"))
verify("out")
residual, error, flags = (read("out", "residual.fits", name) for name in ("SCI", "ERR", "FLAGS"))
beyond = (flags & EXCLUDED > 0) & (flags & UNDETERMINED > 0)
assert beyond.any() and np.array_equal(flags[beyond] & NO_REFERENCE > 0,
                                       np.ones(beyond.sum(), bool))
assert np.isnan(residual[beyond]).all() and np.isnan(error[beyond]).all()

imputed = (flags & EXCLUDED > 0) & (flags & (MISSING | NO_REFERENCE) == 0)
pull = np.abs(residual[imputed] / error[imputed])
print(f"{imputed.sum()} imputed, {beyond.sum()} beyond; |residual| / ERR: median "
      f"{np.median(pull):.2f}, 99 % {np.percentile(pull, 99):.1f}; {np.abs(residual[imputed]).max():.0f}")
assert imputed.sum() > 3000
assert np.median(pull) < 2 and np.percentile(pull, 99) < 12
assert np.abs(read("out", "disk.fits", "SCI")[np.isfinite(read("out", "disk.fits", "SCI"))]).max() < 1500
