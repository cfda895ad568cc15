#!/usr/bin/env python3
"""Measure everything and write docs/performance.md with its table and plots.

Usage: performance.py [--build DIR] [--output DIR] [--only SECTION ...] [--runs N]
                      [--page] [--quick]

Run it on a machine that does nothing else: bench/README.md. Needs python3-numpy and
python3-matplotlib; python3-sklearn for one comparison. --only replaces the rows of some
sections, --page writes the page again from the rows there are.
"""
import argparse
import csv
import os
import platform
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(FOLDER)
sys.dont_write_bytecode = True
import performance_page  # noqa: E402

COLUMNS = ["section", "measure", "set", "kind", "n_frame", "n_pix", "k", "threads", "quantity",
           "unit", "value", "low", "high", "runs"]

# Section -> commands; "bench" is sequin-bench, "peers" peers.py, "survey" survey.py. All write
# one table.
SECTIONS = {
    "machine": ["bench machine"],
    "pass": ["bench pass small medium large spectra --runs 15"],
    "weights": ["bench pass medium --k 10,30 --weights mask",
                "bench pass medium --k 10,30 --weights uniform",
                "bench pass medium --k 10,30 --weights separable"],
    "build": ["bench build small medium --k 10 --runs 5",
              "bench build medium --k 30 --threads 2",
              "bench build large --k 10,30 --threads 2 --runs 1",
              "bench build spectra --k 10,30 --threads 2 --runs 1"],
    "mu": ["bench build medium --method mu --start random --threads 2 --runs 1"],
    "peers": ["peers published small medium",
              "peers converge small --runs 1",
              "peers sklearn medium",
              "peers klip small medium large"],
    "scaling": ["bench scaling"],
    "target": ["bench target medium"],
    "files": ["bench files medium large"],
    "run": ["bench run medium --runs 21",
            "bench run large --k 10,30 --threads 2 --runs 1"],
    "survey": ["survey"],
}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(SOURCE, "build", "release"))
    parser.add_argument("--output", default=os.path.join(SOURCE, "docs"))
    parser.add_argument("--scratch", default="/tmp/sequin-bench")
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), default=list(SECTIONS))
    parser.add_argument("--runs", type=int, help="of each, in place of its own number")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


def argument_list(asked, command):
    """The words of one command."""
    if command == "survey":
        return ["/usr/bin/python3", os.path.join(FOLDER, "survey.py"),
                os.path.join(asked.build, "bin", "sequin"), "--folder", asked.scratch
                ] + (["--quick"] if asked.quick else [])
    kind, name, *rest = command.split()
    bench = os.path.join(asked.build, "bin", "sequin-bench")
    words = ([bench, name] if kind == "bench" else
             ["/usr/bin/python3", os.path.join(FOLDER, "peers.py"), bench, name])
    if asked.quick:
        rest = ["--quick"] + (rest[-2:] if rest[-2:-1] == ["--weights"] else [])
    if asked.runs:
        rest += ["--runs", str(asked.runs)]
    if kind == "bench" and name in ("files", "run"):
        rest += ["--folder", asked.scratch]
    return words + rest


def foreign_load():
    """Share of all processors that others used during one second of our sleep."""
    def busy():
        with open("/proc/stat", encoding="ascii") as file:
            ticks = list(map(int, file.readline().split()[1:9]))
        return sum(ticks) - ticks[3] - ticks[4], sum(ticks)
    before = busy()
    time.sleep(1)
    after = busy()
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def measure(asked, section):
    """Rows of one section."""
    rows = [dict.fromkeys(COLUMNS, "") | {
        "section": section, "measure": "session", "quantity": "foreign_load", "unit": "1",
        "value": f"{foreign_load():.3f}", "runs": "1"}]
    for command in SECTIONS[section]:
        print(f"{time.strftime('%H:%M:%S')} {command}", flush=True)
        done = subprocess.run(argument_list(asked, command), stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            print(f"performance.py: {command}: exit {done.returncode}, left out")
            continue
        rows += [{"section": section} | row for row in csv.DictReader(done.stdout.splitlines())]
    return rows


def describe():
    """What the numbers belong to, as rows of text."""
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for text in file:
            if text.startswith("model name"):
                model = text.split(":")[1].strip()
    compiler = subprocess.run(["cc", "--version"], capture_output=True, text=True)
    facts = {"processor": f"{model}, {os.cpu_count()} processors",
             "system": platform.freedesktop_os_release()["PRETTY_NAME"],
             "compiler": compiler.stdout.splitlines()[0] if compiler.stdout else "unknown",
             "date": time.strftime("%Y-%m-%d")}
    return [dict.fromkeys(COLUMNS, "") | {"section": "machine", "measure": "session",
                                          "quantity": name, "kind": text.replace(",", ";")}
            for name, text in facts.items()]


def load(path):
    if not os.path.exists(path):
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def save(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main():
    asked = parse()
    folder = os.path.join(asked.output, "performance")
    path = os.path.join(folder, "measurements.csv")
    os.makedirs(folder, exist_ok=True)
    os.makedirs(asked.scratch, exist_ok=True)
    rows = load(path)
    for section in [] if asked.page else asked.only:
        rows = [row for row in rows if row["section"] != section]
        rows += (describe() if section == "machine" else []) + measure(asked, section)
        save(path, rows)  # what is there survives an interruption
    performance_page.write(asked.output, rows)


main()
