#!/usr/bin/env python3
"""Every measurement of sequin-bench runs on a tiny set and writes its table.

Usage: check_bench.py PATH_OF_sequin-bench PATH_OF_sequin. Times are not judged.
"""
import csv
import io
import os
import subprocess
import sys

BENCH, PROGRAM = sys.argv[1:3]
COLUMNS = ["measure", "set", "kind", "n_frame", "n_pix", "k", "threads", "quantity", "unit",
           "value", "low", "high", "runs"]
UNITS = {"s", "GF/s", "GB/s", "MB", "MB/s", "1"}
EXPECTED = {  # quantities that each must have
    "machine": {"multiply_add_peak", "read_bandwidth"},
    "pass": {"pass", "solve", "speed", "of_peak", "read", "of_bandwidth", "gain_of_threads"},
    "build": {"seconds", "passes", "iterations", "chi2_per_datum", "stop"},
    "scaling": {"pass", "of_peak"},
    "target": {"build", "fit", "fit_and_models", "of_build", "scaling"},
    "files": {"file", "form", "write", "read_plain", "read"},
    "data": {"matrix"},
    "run": {"seconds", "build", "of_build", "peak_memory", "matrix", "allowed_memory"},
}


def table(*arguments):
    """Rows of one measurement as dictionaries, every column checked."""
    done = subprocess.run([BENCH, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.returncode, done.stderr)
    reader = csv.DictReader(io.StringIO(done.stdout))
    assert reader.fieldnames == COLUMNS, reader.fieldnames
    rows = list(reader)
    for row in rows:
        assert row["measure"] == arguments[0] and row["unit"] in UNITS, row
        low, value, high = (float(row[name]) for name in ("low", "value", "high"))
        assert 0 <= low <= value <= high, row
        assert int(row["runs"]) >= 1 and None not in row.values(), row
    return rows


def quantities(rows):
    return {row["quantity"] for row in rows}


def main():
    os.environ["OMP_WAIT_POLICY"] = "passive"
    for name, wanted in EXPECTED.items():
        rows = table(name, "--quick", "--file", "set.raw" if name == "data" else ".",
                     "--program", PROGRAM)
        assert wanted <= quantities(rows), (name, quantities(rows))
    assert os.path.getsize("set.raw") == 16 + 2 * 4 * 12 * 24 * 24

    # A stage a line, and the chi2 that was asked for is reached.
    rows = table("build", "tinyspectra", "--k", "3", "--quick", "--until", "1e9")
    assert [r["kind"] for r in rows if r["quantity"] == "passes"] == [
        "anls stage 1", "anls stage 2", "anls stage 3", "anls"]
    assert "seconds_until" in quantities(rows)
    joint = table("build", "tiny", "--k", "3", "--quick", "--construction", "joint")
    assert [r["kind"] for r in joint if r["quantity"] == "passes"] == ["anls stage 3", "anls"]

    for weights in ("separable", "mask", "uniform"):
        rows = table("pass", "--quick", "--weights", weights)
        assert {row["kind"] for row in rows} == {"anls " + weights}
    for wrong in ([], ["nothing"], ["pass", "unknown"], ["pass", "--k", "0"], ["pass", "--k"],
                  ["build", "--weights", "heavy"], ["build", "--tolerance", "x"]):
        done = subprocess.run([BENCH, *wrong], capture_output=True, text=True)
        assert done.returncode == 64 and "usage" in done.stderr, (wrong, done.returncode)
    print("every measurement wrote its table")


main()
