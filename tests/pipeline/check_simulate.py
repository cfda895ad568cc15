"""testdata/ is what `sequin simulate` makes of its configuration, bit by bit on one machine."""
import hashlib
import json
import os

from sequin_run import SOURCE, fits, fresh, np, read, run, verify, write_config

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

assert json.load(open("one/manifest.json", encoding="utf-8"))["title"] == "simulate"

# The first configuration of README.md reduces what was simulated as it stands.
readme = open(os.path.join(SOURCE, "README.md"), encoding="utf-8").read()
write_config("one/my.yaml", readme.split("```yaml\n")[1].split("```")[0])
run("run", "one/my.yaml", "--set", "output.plots=false", "--set", "components.count=2",
    "--output", fresh("mine"))
assert np.ptp(read("mine", "disk.fits", "FRAMES")["angle_applied"]) > 80
done = run("run", "one/my.yaml", "--set", "science.angles={keyword: PARANG}", "--output",
           fresh("none"), expect=65)
assert "PA_START" in done.stderr and "PA_END" in done.stderr, done.stderr

# ERR and DQ in tiles: smaller, the same bits for everyone who reads them, and for Sequin.
run("simulate", config, "--set", "simulate.compress=gzip", "--output", fresh("tiles"))
verify("tiles")
for name in ("references.fits", "science.fits"):
    with fits.open(f"tiles/{name}", disable_image_compression=True) as hdus:
        assert [h.header.get("ZIMAGE", False) for h in hdus] == [False, False, True, True], name
        assert all(h.header["ZCMPTYPE"].startswith("GZIP") for h in hdus[2:]), name
    for extname in ("SCI", "ERR", "DQ"):
        plain, tiled = read("one", name, extname), read("tiles", name, extname)
        assert plain.tobytes() == tiled.astype(plain.dtype).tobytes(), (name, extname)
    assert os.path.getsize(f"tiles/{name}") < 0.7 * os.path.getsize(f"one/{name}"), name
for product in json.load(open("tiles/manifest.json", encoding="utf-8"))["products"]:
    content = open(os.path.join("tiles", product["name"]), "rb").read()
    assert product["size"] == len(content)
    assert product["sha256"] == hashlib.sha256(content).hexdigest(), product
quickstart = os.path.join(SOURCE, "configs/quickstart.yaml")
for folder in ("one", "tiles"):
    run("run", quickstart, "--set", "output.plots=false", "--set", "output.report=false",
        "--set", "components.count=2",
        "--set", f"science.files=[{os.path.abspath(folder)}/science.fits]",
        "--set", f"references.files=[{os.path.abspath(folder)}/references.fits]",
        "--output", fresh("run_" + folder))
for extname in ("SCI", "ERR", "DQ", "FLAGS", "SNR"):
    assert (read("run_one", "disk.fits", extname).tobytes()
            == read("run_tiles", "disk.fits", extname).tobytes()), extname

# Another seed is another observation.
run("simulate", config, "--set", "simulate.seed=2", "--output", fresh("three"))
assert open("one/science.fits", "rb").read() != open("three/science.fits", "rb").read()
assert sum(os.path.getsize(os.path.join(SOURCE, "testdata", f))
           for f in os.listdir(os.path.join(SOURCE, "testdata"))) < 4e6
