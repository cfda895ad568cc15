"""Task impute on planted stacks: values, errors, and that nothing else changes."""
import gzip
import json
import os

from sequin_run import (SHARED, SOURCE, datasums, fits, fresh, np, read, run, verify,
                        write_config)

NOISE = 0.7
rng = np.random.default_rng(5)
y, x = np.mgrid[0:24, 0:30]
PARTS = np.array([np.exp(-0.5 * ((x - cx) ** 2 + (y - cy) ** 2) / s ** 2) + 0.2
                  for cx, cy, s in ((8, 9, 5), (20, 14, 6), (14, 19, 4))])
TRUTH = np.einsum("ik,kyx->iyx", rng.uniform(20, 90, (20, 3)), PARTS)
HOLES = rng.random(TRUTH.shape) < 0.08
DATA = (TRUTH + rng.normal(0, NOISE, TRUTH.shape)).astype(np.float32)


def reduce(*arguments, threads=1, expect=0):
    """One thread, unless the number matters: small problems gain nothing from more."""
    return run("run", *arguments, threads=threads, expect=expect)


def config(name, files, more="", count=3, rest="", plots=False):
    """Pictures only where they are looked at: they take longer than all else."""
    return write_config(name, f"task: impute\nimages:\n  files: [{files}]\n{more}"
                              f"components: {{count: {count}}}\n{rest}"
                              f"output: {{plots: {str(plots).lower()}}}\n")


def raw(path):
    """Header and data bytes of every HDU of a file."""
    with fits.open(path, disable_image_compression=True) as hdus:
        places = [hdu.fileinfo() for hdu in hdus]
    with open(path, "rb") as file:
        whole = file.read()
    return [(whole[p["hdrLoc"]:p["datLoc"]], whole[p["datLoc"]:p["datLoc"] + p["datSpan"]])
            for p in places]


def write_stack(path, fill=np.nan):
    sci = DATA.copy()
    sci[HOLES] = fill
    hdus = fits.HDUList([
        fits.PrimaryHDU(header=fits.Header({"OBJECT": "planted"})),
        fits.ImageHDU(sci, name="SCI", header=fits.Header({"BUNIT": "adu", "EXTVER": 1})),
        fits.ImageHDU(np.full(sci.shape, NOISE, np.float32), name="ERR"),
        fits.ImageHDU(HOLES.astype(np.int16), name="DQ"),
        fits.BinTableHDU.from_columns([fits.Column("A", "J", array=np.arange(5))], name="T")])
    hdus.writeto(path, overwrite=True, checksum=True)


# ---- Values and errors; everything else untouched
write_stack("stack.fits")
out = fresh("out")
reduce(config("c.yaml", "stack.fits", plots=True), "--output", out, threads=2)
filled = read(out, "imputed.fits", "SCI")
error = read(out, "imputed.fits", "IMPUTED_ERR")
fate = read(out, "imputed.fits", "IMPUTED")
pull = (filled - TRUTH)[HOLES] / error[HOLES]
print(f"{HOLES.sum()} holes, pull {pull.std():.3f}, mean {pull.mean():+.3f}")
assert 0.85 < np.sqrt((pull ** 2).mean()) < 1.15 and abs(pull.mean()) < 0.1
assert np.abs((filled - TRUTH)[HOLES]).max() < 3 * NOISE
assert np.array_equal(fate, HOLES.astype(np.uint8))
assert np.array_equal(np.isnan(error), ~HOLES)
assert np.array_equal(filled[~HOLES].astype(">f4").view(">u4"),
                      DATA[~HOLES].astype(">f4").view(">u4"))
before, after = raw("stack.fits"), raw(os.path.join(out, "imputed.fits"))
assert len(after) == len(before) + 2
for i in (0, 2, 3, 4):
    assert before[i] == after[i], f"HDU {i} has changed"
SUMS = (b"CHECKSUM", b"DATASUM ")
cards = [[h[k:k + 80] for k in range(0, len(h), 80) if h[k:k + 8] not in SUMS]
         for h in (before[1][0], after[1][0])]
assert cards[0] == cards[1], "the header of the image has changed"
verify(out)
with fits.open(os.path.join(out, "imputed.fits"), checksum=True) as hdus:
    assert all(hdu.verify_checksum() == 1 and hdu.verify_datasum() == 1 for hdu in hdus)

# ---- What lies under the mask does not matter, nor do threads, whatever is asked of the data
# besides: outliers and errors looked at, components counted, other frames, other noise.
config("hard.yaml", "stack.fits", count="auto, max_count: 5",
       rest="noise: {clip_sigma: 5, rescale: true}\n")
config("poisson.yaml", "stack.fits", "  frames: rows\n  boxes: [[3, 4, 5, 6]]\n", rest="noise: {model: poisson, "
       "gain: 2, read_noise: 1, clip_sigma: 5, rescale: true}\n")
config("patches.yaml", "stack.fits", "  frames: patches\n  error_hdu: none\n", 4)
for settings in ("c.yaml", "hard.yaml", "poisson.yaml", "patches.yaml"):
    sums = None
    for k, fill in enumerate((np.nan, 0.0, 1e30)):
        write_stack("stack.fits", fill)
        again = fresh("again")
        reduce(settings, "--output", again, threads=1 + k % 2)
        sums = sums or datasums(again)
        assert len(sums) > 12 and datasums(again) == sums, \
            f"{settings}: holes filled with {fill} change a product"
write_stack("stack.fits")

# ---- Outliers nobody announced are filled as what is missing; errors three times too large are
# noticed, and mended on request
rays = (rng.random(DATA.shape) < 0.01) & ~HOLES
struck = np.where(HOLES, np.nan, DATA + 60 * NOISE * rays).astype(np.float32)
wrong = np.full(DATA.shape, 3 * NOISE, np.float32)
for name, sci in (("struck", struck), ("wrong", np.where(HOLES, np.nan, DATA))):
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(sci.astype(np.float32), name="SCI"),
                  fits.ImageHDU(wrong, name="ERR")]).writeto(f"{name}.fits", overwrite=True)
    done = reduce(config(f"{name}.yaml", f"{name}.fits", rest="noise: {clip_sigma: 6}\n"),
                  "--output", fresh(f"out_{name}"))
    assert "W_NOISE_SCALE" in done.stderr and "asks for errors 0.3" in done.stderr, done.stderr
done = reduce("wrong.yaml", "--set", "noise.rescale=true", "--output", fresh("out_mended"))
assert "W_NOISE_SCALE" not in done.stderr, done.stderr


def summary_of(folder):
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        return json.load(file)["summary"]


mended = summary_of("out_mended")
assert abs(mended["noise_factor"] - 1 / 3) < 0.02 and abs(mended["chi2_reduced"] - 1) < 0.05
assert abs(mended["pull"] - 1) < 0.1 and mended["n_clipped"] <= 2, mended
again, error = (read(name, "imputed.fits", "IMPUTED_ERR") for name in ("out_mended", "out"))
assert abs(np.nanmedian(again / error) - 1) < 0.05
filled, fate = (read("out_struck", "imputed.fits", k) for k in ("SCI", "IMPUTED"))
found = (fate == 1) & ~HOLES
print(f"rays found {found[rays].mean():.3f}, false {found[~rays].mean():.1e}")
assert found[rays].mean() > 0.93 and found[~rays].mean() < 1e-3
told = summary_of("out_struck")
assert told["n_clipped"] == found.sum() and told["n_missing"] == (found | HOLES).sum()
assert np.abs(filled - TRUTH)[found].max() < 10 * NOISE  # 60 before
assert np.array_equal(filled[fate == 0], struck[fate == 0])
page = [open(f"out_{name}/report.html", encoding="utf-8").read() for name in ("struck", "mended")]
assert "Outliers beyond 6 sigma" in page[0] and "multiplied by 0.3" in page[1]
verify("out_struck")

# ---- The number of components, found by hidden entries and said
out = fresh("out_auto")
reduce("c.yaml", "--set", "components.count=auto", "--output", out)
summary = summary_of(out)
assert summary["n_component"] == 3 == summary["count_best_heldout"], summary
assert len(summary["frv_heldout"]) > 5 and len(summary["frv"]) == 3 == len(summary["counts"])
assert "predict hidden data" in open(os.path.join(out, "report.html"), encoding="utf-8").read()
write_config("bare.yaml", "task: impute\nimages: {files: [stack.fits]}\noutput: {plots: false}\n")  # what is found by default
reduce("bare.yaml", "--output", fresh("out_bare"))
assert datasums("out_bare")["imputed.fits", 1, "SCI"] == datasums(out)["imputed.fits", 1, "SCI"]

# ---- Rows of a cube, patches: the same pixels, other frames
for frames, count in (("rows", 6), ("patches", 4)):
    out = fresh("out_" + frames)
    reduce(config("r.yaml", "stack.fits", f"  frames: {frames}\n", count,
                      ""), "--output", out)
    filled = read(out, "imputed.fits", "SCI")
    rms = np.sqrt(((filled - TRUTH)[HOLES] ** 2).mean())
    print(f"{frames}: rms {rms:.3f}")
    assert rms < 2 * NOISE and (read(out, "imputed.fits", "IMPUTED") == HOLES).all()
    shape = read(out, "components.fits", "COMPONENTS").shape
    assert shape == ((6, 1, 30) if frames == "rows" else (4, 3, 3))

# ---- Files of a list, one with a pixel that no file covers
os.makedirs("set", exist_ok=True)
for i in range(20):
    plane = DATA[i].copy()
    plane[HOLES[i]] = -999.0
    plane[5, 6] = -999.0
    fits.PrimaryHDU(plane).writeto(f"set/f{i:02}.fits", overwrite=True)
more = "  missing_values: [-999]\n"
out = fresh("out_set")
done = reduce(config("s.yaml", '"set/f*.fits"', more, plots=True), "--output", out)
assert "W_IMPUTE_LEFT" in done.stderr and "W_NOISE_UNIFORM" in done.stderr
for i in range(20):
    filled, fate = (read(out, f"imputed_f{i:02}.fits", k) for k in (0, "IMPUTED"))
    wanted = HOLES[i].copy()
    wanted[5, 6] = True
    assert filled[5, 6] == -999 and fate[5, 6] == 2
    assert np.array_equal(fate > 0, wanted)
    wanted[5, 6] = False
    pull = (filled - TRUTH[i])[wanted] / NOISE
    assert np.abs(pull).max() < 3
assert os.path.exists(os.path.join(out, "imputed.png"))
verify(out)
out = fresh("out_single")  # rows of a single image
reduce(config("s.yaml", "set/f03.fits", more), "--output", out)
assert (read(out, "imputed.fits", "IMPUTED")[HOLES[3]] == 1).all()

# ---- A row that is 0 throughout has no noise, and is 0 where it is missing
dark = np.zeros((40, 30), np.float32)
dark[10:] = DATA[4:5, 9] * rng.uniform(0.5, 2, (30, 1)) + rng.normal(0, NOISE, (30, 30))
fits.PrimaryHDU(dark).writeto("dark.fits", overwrite=True)
reduce(config("dark.yaml", "dark.fits", "  boxes: [[4, 3, 8, 4], [9, 20, 10, 20]]\n", 1), "--output",
       fresh("out_dark"))
filled, error, fate = (read("out_dark", "imputed.fits", k) for k in (0, "IMPUTED_ERR", "IMPUTED"))
assert (fate > 0).sum() == 12 == (fate == 1).sum() and (filled[2:4] == 0).all()
assert np.nanmax(error[2:4]) < 1e-6 < np.nanmin(error[19])

# ---- Integers: rounded, what the type cannot hold stays missing; tiles; gzip
scaled = np.round(TRUTH * 150 + rng.normal(0, 20, TRUTH.shape))
scaled[:, 3, 4] *= 68000 / scaled[:, 3, 4].max()  # in one frame beyond the type: ...
too_high = scaled > 65535
holes = HOLES | too_high                          # ... missing there
sci = np.where(holes, 0, np.clip(scaled, 1, 65535)).astype(np.uint16)
fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(sci, name="SCI")]).writeto(
    "int.fits", overwrite=True, checksum=True)
fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(
    sci, name="SCI", compression_type="RICE_1")]).writeto("tile.fits", overwrite=True)
with open("int.fits", "rb") as file, gzip.open("zip.fits.gz", "wb") as packed:
    packed.write(file.read())
results = []
for name in ("int.fits", "tile.fits", "zip.fits.gz"):
    out = fresh("out_int")
    reduce(config("i.yaml", name, "  missing_values: [0]\n"), "--output", out)
    filled, fate = (read(out, "imputed.fits", k) for k in ("SCI", "IMPUTED"))
    assert filled.dtype == np.uint16 and np.array_equal(fate > 0, holes)
    assert np.array_equal(filled[fate != 1], sci[fate != 1])
    inside = fate == 1
    inside[:, 3, 4] = False
    assert np.abs(filled.astype(float) - scaled)[inside].max() < 130
    assert (fate[too_high] == 2).sum() > 0, "values beyond the type are kept out"
    verify(out)
    results.append(filled)
assert all(np.array_equal(results[0], r) for r in results)

# Quantised tiles: the pixels that readers see stay, bit for bit.
sci = np.where(HOLES, np.nan, DATA).astype(np.float32)
fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(
    sci, name="SCI", compression_type="RICE_1", quantize_level=16)]).writeto(
        "quantised.fits", overwrite=True)
out = fresh("out_quantised")
reduce(config("q.yaml", "quantised.fits"), "--output", out)
seen, filled = read(".", "quantised.fits", "SCI"), read(out, "imputed.fits", "SCI")
good = np.isfinite(seen)
assert np.array_equal(seen[good], filled[good]) and np.isfinite(filled).all()
verify(out)

# ---- Mistakes: one line each, the right exit code
os.makedirs("other", exist_ok=True)
fits.PrimaryHDU(DATA[0]).writeto("other/f00.fits", overwrite=True)
fits.PrimaryHDU(DATA[0][:9]).writeto("small.fits", overwrite=True)
for code, exit_code, files, more in (
        ("E_CFG_SCHEMA", 78, "set/f00.fits, other/f00.fits", ""),
        ("E_SHAPE", 65, "set/f00.fits", "  frames: planes\n"),
        ("E_SHAPE", 65, "set/f00.fits", "  frames: files\n"),
        ("E_SHAPE", 65, "small.fits", "  frames: patches\n  patch_size: 15\n"),
        ("E_CFG_SCHEMA", 78, "set/f00.fits", "  boxes: [[1, 1, 31, 2]]\n"),
        ("E_CFG_SCHEMA: m.yaml:4:10 (images.boxes)", 78, "set/f00.fits", "  boxes: [[9, 1, 31, 2]]\n"),
        ("E_DATA_EMPTY: m.yaml:4:10 (images.boxes)", 65, "set/f00.fits", "  boxes: [[1, 1, 30, 24]]\n"),
        ("E_IN_MISSING", 66, "set/none.fits", ""),
        ("E_COUNT: m.yaml:4:21 (components.count)", 78, "set/f00.fits, set/f01.fits", "")):
    done = reduce(config("m.yaml", files, more), "--output", fresh("out_m"),
               expect=exit_code)
    lines = [line for line in done.stderr.splitlines() if "error:" in line]
    assert len(lines) == 1 and code in lines[0], done.stderr
done = reduce(config("n.yaml", '"set/f*.fits"'), "--output", fresh("out_n"))
assert "W_IMPUTE_NONE" in done.stderr
done = reduce("n.yaml", "--output", "out_n", expect=73)
assert "E_OUT_EXISTS" in done.stderr

# ---- Noise without structure: the neighbours or the mean win, and it is said
fits.PrimaryHDU(rng.normal(100, 1, (40, 40)).astype(np.float32)).writeto(
    "noise.fits", overwrite=True)
done = reduce(config("w.yaml", "noise.fits", "", 9), "--output", fresh("out_w"))
assert "W_IMPUTE_WORSE" in done.stderr, done.stderr

# ---- The real images of configs/: what is hidden is predicted better than by simpler means
if os.path.exists(os.path.join(SHARED, "images")):
    for name, best in (("impute", 1.10), ("impute_field", 0.30), ("impute_chop", 1.30)):
        out = fresh("out_" + name)
        done = reduce(os.path.join(SOURCE, "configs", name + ".yaml"), "--output", out, "--set",
                      "output.plots=false")
        assert "W_IMPUTE" not in done.stderr and "W_NOISE_SCALE" not in done.stderr, done.stderr
        summary = summary_of(out)
        print(name, {k: round(summary["rms_" + k], 3) for k in ("ours", "neighbours", "frames")},
              "pull", round(summary["pull"], 3))
        assert summary["n_left"] == 0 and summary["n_filled"] > 0
        assert summary["rms_ours"] < min(best, summary["rms_neighbours"],
                                         summary["rms_frames"])
    # Rows that have nothing in common, beside a background: components and background grow
    # against each other until float32 ends the stage, and a rival is better.
    done = reduce(os.path.join(SOURCE, "configs/impute_field.yaml"), "--set",
               "images.frames=rows", "--set", "components.count=8", "--set", "output.plots=false", "--output",
               fresh("out_rows_of_field"))
    assert "W_IMPUTE_WORSE" in done.stderr, done.stderr
    assert "W_STAGE" in done.stderr and "grew against each other" in done.stderr, done.stderr
    sky = fits.getdata(os.path.join(SHARED, "images", "gmos_cosmicrays.fits"), "SCI")
    filled = read("out_impute", "imputed.fits", "SCI")
    hit = read("out_impute", "imputed.fits", "IMPUTED") == 1
    assert filled[hit].max() < 200 < 4000 < sky[hit].max(), "the cosmic rays are gone"
