"""run.yaml repeats a run, byte for byte, from any folder and into any other."""
import os

from sequin_run import fresh, headers, datasums, np, run, write_config, write_cube

rng = np.random.default_rng(11)
star = 100 * np.exp(-np.hypot(*np.mgrid[-10:11, -10:11]) / 4)
frames = (star * (1 + 0.1 * rng.random((8, 1, 1))) + rng.normal(0, 0.1, (8, 21, 21))).astype("f4")
for folder in ("configs", "data"):
    os.makedirs(folder, exist_ok=True)
write_cube("data/science.fits", frames[:2], np.full_like(frames[:2], 0.1))
for k in range(3):
    write_cube(f"data/ref{k}.fits", frames[2 + 2 * k:4 + 2 * k], np.full_like(frames[:2], 0.1))
write_config("configs/refs.txt", "../data/ref2.fits\n../data/ref0.fits\n")
write_config("configs/try.yaml", """task: imaging
science: {files: [../data/science.fits], fwhm: 4}
references: {files: ["@refs.txt", "../data/ref1*"]}
region: {center: [11, 11]}
components: {count: 2}
output: {plots: false}
""")

run("run", "configs/try.yaml", "--output", fresh("out"))
text = open("out/run.yaml").read()
here = os.getcwd()
for name in ("science.fits", "ref2.fits", "ref0.fits"):
    assert f"- {here}/data/{name}\n" in text, text
assert "refs.txt" not in text and ".." not in text, text

# The list changes, the run does not; nor does it matter where it is repeated.
write_config("configs/refs.txt", "../data/science.fits\n")
run("run", "out/run.yaml", "--output", fresh("elsewhere/again"))
assert datasums("out") == datasums("elsewhere/again")
for name in ("components.fits", "model.fits", "residual.fits", "disk.fits"):
    assert headers("out", name) == headers("elsewhere/again", name), name
assert (open("out/frv.csv", "rb").read() == open("elsewhere/again/frv.csv", "rb").read())
