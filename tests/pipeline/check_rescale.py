"""Errors that are wrong by a factor are noticed with that factor, and mended on request."""
import json
import os

from sequin_run import SOURCE, fits, fresh, np, read, run, verify, write_config, write_cube


def copy(name, source, factor):
    with fits.open(os.path.join(SOURCE, "testdata", source)) as hdus:
        for card in ("CHECKSUM", "DATASUM"):  # of the old errors
            del hdus["SCI"].header[card]
        write_cube(name, hdus["SCI"].data, (hdus["ERR"].data * factor).astype(np.float32),
                   hdus["DQ"].data, hdus["SCI"].header)


def summary(folder):
    return json.load(open(os.path.join(folder, "manifest.json"), encoding="utf-8"))["summary"]


copy("science.fits", "science.fits", 0.4)
copy("references.fits", "references.fits", 3.0)
TEXT = """task: imaging
science: {files: [science.fits], fwhm: 4.0, angles: {file: %s}}
references: {files: [references.fits]}
region: {inner_radius: 8, outer_radius: 46}
components: {count: 3}
model: {exclude_ellipse: {semi_major: [20, 36], axis_ratio: 0.5, position_angle: 60},
        exclude_circles: [[67.5, 81.4, 5]]}
output: {plots: false}
""" % os.path.join(SOURCE, "testdata/angles.txt")
write_config("wrong.yaml", TEXT)
done = run("run", "wrong.yaml", "--output", fresh("wrong"))
warned = [line for line in done.stderr.splitlines() if line.startswith("sequin: warning: W_NOISE_SCALE")]
assert len(warned) == 2, done.stderr
assert "the references (reduced chi2 0.11" in warned[0] and " errors 0.3" in warned[0], warned[0]
assert "10 of 10 science frames" in warned[1] and "noise.rescale: true" in warned[1], warned[1]
factor = float(warned[1].split("errors ")[2].split(" times")[0])
assert abs(factor - 2.6) < 0.2, warned[1]
verify("wrong")
assert abs(np.nanmedian(read("wrong", "components.fits", "CHI2_REDUCED")) - 0.11) < 0.02

done = run("run", "wrong.yaml", "--output", fresh("right"), "--set", "noise.rescale=true")
assert "W_NOISE_SCALE" not in done.stderr, done.stderr
right = summary("right")
assert abs(right["noise_factor_reference"] - 1 / 3) < 0.02, right
assert abs(right["noise_factor_science"] - 2.5) < 0.1, right
assert abs(right["chi2_reduced_reference"] - 1) < 0.05, right
assert summary("wrong")["noise_factor_science"] == 1
assert "multiplied by" in open("right/report.html", encoding="utf-8").read()
assert "errors of the science frames are multiplied by" in open("right/run.log", encoding="utf-8").read()

# What comes out is what true errors give.
copy("science.fits", "science.fits", 1.0)
copy("references.fits", "references.fits", 1.0)
run("run", "wrong.yaml", "--output", fresh("true"))
for product, name in (("residual.fits", "ERR"), ("disk.fits", "ERR")):
    a, b = (read(folder, product, name) for folder in ("true", "right"))
    assert abs(np.nanmedian(b / a) - 1) < 0.03, (product, np.nanmedian(b / a))
a, b = (read(folder, "disk.fits", "SCI") for folder in ("true", "right"))
sigma = read("true", "disk.fits", "ERR")
assert np.nanmax(np.abs(a - b) / sigma) < 0.1

# The photon-noise model, with a gain that is wrong by 4: errors twice as large as they are.
write_config("poisson.yaml", TEXT + "noise: {model: poisson, gain: 0.5, read_noise: 10.0, rescale: true}\n")
run("run", "poisson.yaml", "--output", fresh("poisson"))
assert 0.4 < summary("poisson")["noise_factor_reference"] < 0.6, summary("poisson")
assert 0.4 < summary("poisson")["noise_factor_science"] < 0.6, summary("poisson")
a, b = (read(folder, "residual.fits", "ERR") for folder in ("true", "poisson"))
assert abs(np.nanmedian(b / a) - 1) < 0.2, np.nanmedian(b / a)
