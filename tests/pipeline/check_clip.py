"""`noise.clip_sigma`: cosmic rays go, disk and planets stay, and FLAGS say what was clipped."""
import json
import os

from sequin_run import SOURCE, datasums, fits, fresh, np, read, run, verify, write_config

# The same observation with cosmic rays and without: what they are is known to the bit.
SCENE = open(os.path.join(SOURCE, "configs/simulate.yaml"), encoding="utf-8").read()
SCENE = SCENE.replace("n_references: 20", "n_references: 24").replace(
    "n_science: 10", "n_science: 12").replace("[[38.0, 330.0, 1.5e-5]]", "[[38.0, 330.0, 1.0e-4]]")
for name, rays in (("struck", "30"), ("clean", "0")):
    write_config(f"{name}.yaml", SCENE.replace("directory: testdata", f"directory: {name}").replace(
        "cosmic_rays: 8.0", f"cosmic_rays: {rays}"))
    fresh(name)
    run("simulate", f"{name}.yaml")

RUN = """task: imaging
science: {{files: [{0}/science.fits], fwhm: 4.0, quality_hdu: none, angles: {{file: {0}/angles.txt}}}}
references: {{files: [{0}/references.fits], quality_hdu: none}}
region: {{inner_radius: 8, outer_radius: 46}}
components: {{count: 3}}
model: {{exclude_ellipse: {{semi_major: [20, 36], axis_ratio: 0.5, position_angle: 60}}}}
output: {{plots: false}}
noise: {{clip_sigma: {1}}}
"""
for name, source, sigma in (("clipped", "struck", 5), ("kept", "struck", 0), ("none", "clean", 5)):
    write_config(f"{name}.yaml", RUN.format(source, sigma))
    done = run("run", f"{name}.yaml", "--output", fresh(f"{name}-out"))
verify("clipped-out")

with fits.open("struck/science.fits") as a, fits.open("clean/science.fits") as b:
    amplitude = (a["SCI"].data.astype(float) - b["SCI"].data) / a["ERR"].data
    bad = (a["DQ"].data & 1) > 0
    ray = (a["DQ"].data & 4) > 0
y, x = np.mgrid[1:97, 1:97]
radius = np.hypot(x - 48.5, y - 48.5)
used = (radius >= 8) & (radius <= 46) & ~bad
flags = read("clipped-out", "residual.fits", "FLAGS")
residual = read("clipped-out", "residual.fits", "SCI")
clipped = (flags & 16) > 0
large = used & ray & (amplitude > 10)
assert large.sum() > 300
assert clipped[large].mean() > 0.95, clipped[large].mean()
assert clipped[used & ~ray].mean() < 1e-3, clipped[used & ~ray].mean()
assert np.all(flags[clipped] & 1) and np.all(np.isnan(residual[clipped]))
assert np.isnan(read("clipped-out", "residual.fits", "ERR")[clipped]).all()
assert np.isfinite(read("clipped-out", "model.fits", "SCI")[clipped & used & (flags & 2 == 0)]).all()
assert not (read("kept-out", "residual.fits", "FLAGS") & 16).any()

# A planet that is far brighter than the noise of a frame is there in all of them.
clean = read("none-out", "residual.fits", "FLAGS")
assert ((clean & 16) > 0)[used].mean() < 1e-3
image, better, truth = (read(f"{name}-out", "disk.fits", "SCI")[-1] for name in ("kept", "clipped", "none"))
at = np.unravel_index(np.nanargmax(np.where(radius > 33, truth, np.nan)), truth.shape)
assert truth[at] > 30 * read("none-out", "disk.fits", "ERR")[-1][at]
assert abs(better[at] / truth[at] - 1) < 0.02, (better[at], truth[at])
coverage = read("none-out", "disk.fits", "COVERAGE")[-1]
assert coverage[at] >= 11
inside = (radius > 9) & (radius < 45) & np.isfinite(truth + image + better)
assert np.std((better - truth)[inside]) < 0.2 * np.std((image - truth)[inside])

# Numbers and words.
summary = json.load(open("clipped-out/manifest.json", encoding="utf-8"))["summary"]
assert summary["n_clipped_science"] == (clipped & (radius >= 8) & (radius <= 46)).sum()
assert 600 < summary["n_clipped_reference"] < 4000
assert "deviate by more than 5 sigma" in open("clipped-out/run.log", encoding="utf-8").read()
assert "Outliers beyond 5 sigma" in open("clipped-out/report.html", encoding="utf-8").read()

# Threads change no bit; a limit that is too small is told, for both roles.
for threads in (1, 2):
    done = run("run", "clipped.yaml", "--output", fresh(f"cap{threads}"), "--set",
               "noise.clip_max_fraction=0.002", threads=threads)
assert datasums("cap1") == datasums("cap2")
assert "W_CLIP_CAP" in done.stderr and "science frames have more outliers" in done.stderr
assert "reference frames have more outliers" in done.stderr

# Frames that are their own references are judged inside the exclusion, too.
write_config("self.yaml", RUN.format("struck", 5).replace(
    "references: {files: [struck/references.fits], quality_hdu: none}", "references: science"))
run("run", "self.yaml", "--output", fresh("self-out"))
clipped = (read("self-out", "residual.fits", "FLAGS") & 16) > 0
modelled = used & (read("self-out", "residual.fits", "FLAGS") & 66 == 0)
assert clipped[modelled & ray & (amplitude > 20)].mean() > 0.9
assert clipped[modelled & ~ray].mean() < 2e-3
