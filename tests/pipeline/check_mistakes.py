"""A user's mistake gets one clear line and the right exit code; nothing is overwritten."""
import os

from sequin_run import fits, fresh, np, run, write_config, write_cube

rng = np.random.default_rng(5)
star = 100 * np.exp(-np.hypot(*np.mgrid[-10:11, -10:11]) / 4)
frames = (star * (1 + 0.1 * rng.random((6, 1, 1))) + rng.normal(0, 0.1, (6, 21, 21))).astype("f4")
write_cube("science.fits", frames[:2], np.full_like(frames[:2], 0.1))
write_cube("refs.fits", frames[2:], np.full_like(frames[2:], 0.1))
write_cube("small.fits", frames[2:, :20], np.full_like(frames[2:, :20], 0.1))
masked = frames[2:].copy()
masked[1] = np.nan
write_cube("masked.fits", masked, np.full_like(masked, 0.1))

BASE = """task: imaging
science: {files: [science.fits], fwhm: 4}
references: {files: [REFS]}
region: {center: [11, 11]}
components: {count: 2}
"""


def config(text=BASE, refs="refs.fits"):
    return write_config("try.yaml", text.replace("REFS", refs))


def one_line(done, *words):
    """Exactly one error line, of the form of the program, with these words in it."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("sequin: error: ")]
    assert len(lines) == 1, done.stderr
    assert ". Fix: " in lines[0] and len(lines[0]) < 800, lines[0]
    for word in words:
        assert word in lines[0], (word, lines[0])


def run_new(*arguments, expect):
    return run("run", *arguments, "--output", fresh("out"), expect=expect)


for asks in (("help",), ("--help",), ("-h",)):
    assert "sequin COMMAND --help" in run(*asks, expect=0).stdout, asks
for task in ("imaging", "spectra", "impute"):
    assert "task: " + task in run("run", "--help", expect=0).stdout, task
one_line(run("run", expect=64), "E_USAGE")
one_line(run("run", "science.fits", expect=78), "E_CFG_SYNTAX", "this is a FITS file")
one_line(run("run", "try.yaml", "--outptu", "x", expect=64), "E_USAGE", "--outptu", "--output")
one_line(run("run", "try.yaml", "-o", "x", expect=64), "E_USAGE", "-o", "'sequin run --help'")
one_line(run("run", "try.yaml", "--set", "task", "imaging", expect=64), "KEY=VALUE")
one_line(run("run", "try.yaml", "-q", "-v", expect=64), "E_USAGE", "-q and -v")
one_line(run_new(config(refs="\"ref[01].fits\""), expect=66), "E_IN_MISSING", "only * and ?")
one_line(run_new(config(BASE.replace("fwhm: 4", "fwhm: 4, angles: {keyword: PARANG}")), expect=65),
         "E_ANGLES", "science.fits:HDU 1:PARANG", "science.angles.file")
one_line(run("run", "absent.yaml", expect=66), "E_IN_MISSING", "absent.yaml")
one_line(run_new(config(BASE + "combin: {method: mean}\n"), expect=78),
         "E_CFG_SCHEMA", "try.yaml:6:1", "combin", "combine")
one_line(run_new(config(refs="nowhere.fits"), expect=66), "E_IN_MISSING", "nowhere.fits")
one_line(run_new(config(refs="small.fits"), expect=65), "E_SHAPE", "small.fits", "science.fits",
         "21", "20")
one_line(run_new(config(BASE.replace("count: 2", "count: 9")), expect=78), "E_COUNT", "9", "4")
one_line(run_new(config(BASE.replace("count: 2", "count: two")), expect=78), "E_CFG_SCHEMA",
         "try.yaml:5:21", "components.count")

# What is wrong with the region or with the frames left out is a key, not a mask.
one_line(run_new(config(BASE.replace("[11, 11]}", "[500, 500], outer_radius: 9}")), expect=65),
         "try.yaml:4:18 (region.center)", "FITS pixels")
one_line(run_new(config(BASE.replace("[11, 11]}", "[11, 11], inner_radius: 300}")), expect=65),
         "try.yaml:4:42 (region.inner_radius)", "inner_radius below 14 pixels")
one_line(run_new(config(BASE.replace("fwhm: 4", "fwhm: 4, exclude_frames: [3]")), expect=78),
         "try.yaml:2:59 (science.exclude_frames)", "no frame 3 among 2")
one_line(run_new(config(), "--set", "references.exclude_frames=[1, 2, 3, 4]", expect=65),
         "--set references.exclude_frames", "none of 4 frames")
one_line(run_new(config(), "--set", "science.angles={values: [1, 2, 3]}", expect=65),
         "E_ANGLES", "3 angles for 2 frames of 1 file.", "--set science.angles")
one_line(run_new(config(), "--set", "science.angles={file: science.fits}", expect=65),
         "E_SHAPE", "science.fits", "one angle per frame")
one_line(run_new(config(), "--set", "science.angles={keyword: PARANG}", expect=65),
         "E_ANGLES", "angle-like: none")

# A scale that is not that of the WCS, and a shape that was given in arcsec.
head = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 11.0, "CRPIX2": 11.0,
                    "CRVAL1": 80.0, "CRVAL2": -20.0, "CDELT1": -1e-5, "CDELT2": 1e-5,
                    "ROTATOR": 12.0, "PA_V3": 31.5})
write_cube("wcs.fits", frames[:2], np.full_like(frames[:2], 0.1), header=head)
wcs = BASE.replace("science.fits", "wcs.fits").replace("fwhm: 4", "fwhm: 4, pixel_scale: 0.0372")
done = run_new(config(wcs), expect=0)
assert "W_WCS: try.yaml:2:52 (science.pixel_scale): pixel_scale is 0.0372 arcsec, that of the " \
    "WCS 0.036 arcsec" in done.stderr, done.stderr
done = run_new(config(wcs.replace("0.0372", "0.0365") + "model: {exclude_circles: [[0.2, 0, 0.1]]}\n"),
               expect=0)
assert "W_WCS" not in done.stderr and done.stderr.count("W_EXCLUDE: try.yaml:6:26") == 2, done.stderr
one_line(run_new(config(wcs), "--set", "science.angles={keyword: PARANG}", expect=65),
         "E_ANGLES", "angle-like: ROTATOR, PA_V3")

# An exclusion that leaves nothing to fit.
one_line(run_new(config(BASE + "model: {exclude_circles: [[11, 11, 40]]}\n"), expect=65),
         "E_DATA_EMPTY", "leave no pixel to fit of frame 1", "make the excluded shape smaller")

# Several problems: every one is said, in one pass.
done = run_new(config(BASE.replace("count: 2", "count: 2, tolerance: -1, metod: mu")), expect=78)
assert len([x for x in done.stderr.splitlines() if "E_CFG_SCHEMA" in x]) == 2, done.stderr

# A frame that is all masked is a warning.
done = run_new(config(refs="masked.fits"), expect=0)
assert "W_DATA_FRAME" in done.stderr, done.stderr
done = run_new(config(refs="masked.fits"), "--strict", expect=65)
assert not os.path.exists("out/manifest.json")

# A complete run is not overwritten.
run_new(config(), expect=0)
before = open("out/disk.fits", "rb").read()
one_line(run("run", config(), "--output", "out", expect=73), "E_OUT_EXISTS", "disk.fits",
         "--overwrite")
assert open("out/disk.fits", "rb").read() == before
run("run", config(), "--output", "out", "--overwrite")

# A run that fails leaves its log, with the error in it, and no manifest ...
one_line(run_new(config(refs="small.fits"), expect=65), "E_SHAPE")
assert sorted(os.listdir("out")) == [".sequin.lock", "run.log"], os.listdir("out")
assert "sequin: error: E_SHAPE: small.fits" in open("out/run.log").read()
run("run", config(), "--output", "out", "--strict")
assert not os.path.exists("out/.sequin.lock") and os.path.exists("out/manifest.json")

# ... but touches nothing of a complete one.
before = {name: open(f"out/{name}", "rb").read() for name in os.listdir("out")}
run("run", config(refs="small.fits"), "--output", "out", "--overwrite", expect=65)
assert before == {name: open(f"out/{name}", "rb").read() for name in os.listdir("out")}

# Files that are not ours are never replaced.
os.makedirs(fresh("theirs"))
open("theirs/disk.fits", "w").close()
one_line(run("run", config(), "--output", "theirs", "--overwrite", expect=73), "E_OUT_EXISTS")
assert os.path.getsize("theirs/disk.fits") == 0

one_line(run_new(config(refs="science.fits"), expect=65), "E_DUPLICATE", "science.fits")

# Residuals below zero, which no model of positive components follows: what to do depends on
# whose light the components hold.
r = np.hypot(*np.mgrid[-10:11, -10:11])
below = np.where((r > 6) & (r < 9), -2, frames).astype("f4")
write_cube("below.fits", below, np.full_like(below, 0.1))
low = BASE.replace("science.fits", "below.fits").replace("count: 2", "count: 1")
done = run_new(config(low), expect=0)
assert "with 1 component or more" in done.stderr and "or exclude the disk" in done.stderr, done.stderr
done = run_new(config(low.replace("{files: [REFS]}", "science")), expect=0)
assert "with 1 component or more" in done.stderr and "reference stars" in done.stderr, done.stderr
