"""`components.count: auto` and `components.holdout`: the curve, the choice, and what they leave alone."""
import csv
import json
import os

from sequin_run import SOURCE, datasums, fresh, np, read, run, verify

CONFIG = os.path.join(SOURCE, "configs/quickstart.yaml")


def rows(folder):
    with open(os.path.join(folder, "frv.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# The simulated star has three modes: its mean and two of pointing (speckles that drift are below the noise).
done = run("run", CONFIG, "--output", fresh("auto"), "--set", "components.count=auto", threads=2)
verify("auto")
table = rows("auto")
summary = json.load(open("auto/manifest.json", encoding="utf-8"))["summary"]
heldout = np.array([float(row["frv_heldout"]) for row in table])
chosen = [int(row["n_comp"]) for row in table if row["chosen"] == "1"]
assert chosen == [3] == [summary["count_chosen"]], chosen
assert len(table) > 5 and np.argmin(heldout) + 1 == summary["count_best_heldout"]
assert all(float(row["frv_heldout_err"]) > 0 for row in table)
assert [row["chi2"] != "" for row in table] == [k < 3 for k in range(len(table))]
assert [row["stop"] != "" for row in table] == [k < 3 for k in range(len(table))]
assert summary["frv_heldout"] == list(heldout) and len(summary["chi2"]) == 3
assert read("auto", "components.fits", "COMPONENTS").shape[0] == 3
assert np.array_equal(read("auto", "components.fits", "FRV")["frv_heldout"], heldout)
assert read("auto", "disk.fits", "SCI").shape[0] == 3
assert "predict hidden data" in open("auto/report.html", encoding="utf-8").read()
assert "predict hidden data" in open("auto/run.log", encoding="utf-8").read()

# Threads change no bit of it; run.yaml asks for the same.
run("run", "auto/run.yaml", "--output", fresh("again"), threads=1)
assert datasums("auto") == datasums("again")

BARE = (CONFIG, "--set", "output.plots=false", "--set", "output.report=false")

# The curve is bought by a build of its own: all other products are those of a run without it.
run("run", *BARE, "--output", fresh("plain"), "--set", "components.count=3")
run("run", *BARE, "--output", fresh("curve"), "--set", "components.count=3",
    "--set", "components.holdout=0.05")
plain, curve = datasums("plain"), datasums("curve")
differ = {key for key in plain if plain[key] != curve[key]}
assert {key if isinstance(key, str) else key[0::2] for key in differ} == {
    "frv.csv", ("components.fits", "FRV")}, differ
curve = np.array([float(row["frv_heldout"]) for row in rows("curve")])
assert np.array_equal(curve[:2], heldout[:2])
assert np.isclose(curve[2], heldout[2], rtol=0.02)  # the last stage is iterated further
assert [row["frv_heldout"] for row in rows("plain")] == ["", "", ""]

# Written counts above the choice are left out, the choice is always there.
run("run", *BARE, "--output", fresh("counts"), "--set", "components.count=auto",
    "--set", "model.counts=[1,7]")
assert json.load(open("counts/manifest.json", encoding="utf-8"))["summary"]["counts"] == [1, 3]

# A limit below the minimum is told.
done = run("run", *BARE, "--output", fresh("limit"), "--set", "components.count=auto",
           "--set", "components.max_count=2")
assert "W_COUNT_LIMIT" in done.stderr and "--set components.max_count" in done.stderr, done.stderr
done = run("run", *BARE, "--output", fresh("few"), "--set", "components.count=auto",
           "--set", "components.max_count=21", expect=78)
assert "E_COUNT" in done.stderr

# What excludes each other.
for wish in ("components.construction=joint", "components.holdout=0", "components.load=x.fits"):
    done = run("run", CONFIG, "--output", fresh("never"), "--set", "components.count=auto",
               "--set", wish, expect=78)
    assert wish.split("=")[0] in done.stderr, done.stderr
run("run", CONFIG, "--output", fresh("never"), "--set", "components.max_count=5", expect=78)
