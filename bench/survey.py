#!/usr/bin/env python3
"""Time and memory of task spectra against the number of spectra.

Usage: survey.py PROGRAM [--spectra N ...] [--wavelengths M] [--count K] [--threads T]
                 [--folder DIR] [--quick]

Each N: a simulated survey (planted templates, noise, a third of the data missing) is written a
block at a time, reduced, and removed; rows of the table of measurements follow on standard
output: seconds, CPU seconds, largest memory (MB), bytes of memory per datum, and what the passes
of the build took. What is linear keeps the bytes per datum. The full size, 100000 x 4000, takes
3.2 GB of disk for the input and 7.2 GB for the products.
"""
import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
from astropy.io import fits

BLOCK = 1000  # spectra written at once
COLUMNS = ["measure", "set", "kind", "n_frame", "n_pix", "k", "threads", "quantity", "unit",
           "value", "low", "high", "runs"]


def write(path, n, m):
    """FLUX and IVAR [n, m] and LOGLAM, never more than a block in memory."""
    rng = np.random.default_rng(3)
    x = np.arange(m) / m
    templates = np.array([1.2 - x] + [np.exp(-0.5 * ((x - c) / w) ** 2) + 0.05
                                      for c, w in ((0.2, 0.05), (0.45, 0.02), (0.7, 0.1),
                                                   (0.85, 0.03))])
    fits.PrimaryHDU().writeto(path, overwrite=True)
    amounts = rng.gamma(1.5, 4.0, (n, len(templates)))
    for name in ("FLUX", "IVAR"):
        header = fits.ImageHDU(np.zeros((1, 1), "f4"), name=name).header
        header["NAXIS1"], header["NAXIS2"] = m, n
        with fits.StreamingHDU(path, header) as stream:
            for first in range(0, n, BLOCK):
                rows = amounts[first:first + BLOCK]
                noise = np.random.default_rng([5, first])
                data = rows @ templates + noise.standard_normal((len(rows), m))
                keep = noise.random((len(rows), m)) > 1 / 3
                stream.write((data if name == "FLUX" else keep).astype(">f4"))
    fits.append(path, 3.55 + 1e-4 * np.arange(m), fits.Header({"EXTNAME": "LOGLAM"}))


def measure(folder, n, options):
    """Numbers of one run: (quantity, unit, value)."""
    data, config = os.path.join(folder, "survey.fits"), os.path.join(folder, "survey.yaml")
    output = os.path.join(folder, "out")
    write(data, n, options.wavelengths)
    with open(config, "w", encoding="utf-8") as file:
        file.write("task: spectra\nspectra: {files: [survey.fits]}\n"
                   f"components: {{count: {options.count}}}\n")
    command = [options.program, "run", config, "--output", output, "-q",
               "--threads", str(options.threads)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    assert process.returncode == 0, f"{' '.join(command)}: exit {process.returncode}"
    with open(os.path.join(output, "frv.csv"), encoding="utf-8") as file:
        passes = sum(int(row["passes"]) for row in csv.DictReader(file) if row["passes"])
    shutil.rmtree(output)
    os.remove(data)
    memory = usage.ru_maxrss * 1024
    return [("seconds", "s", seconds), ("cpu_seconds", "s", usage.ru_utime + usage.ru_stime),
            ("peak_memory", "MB", memory / 1e6),
            ("bytes_per_datum", "byte", memory / n / options.wavelengths),
            ("passes", "1", passes)]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--spectra", type=int, nargs="+",
                        default=[12500, 25000, 50000, 100000])
    parser.add_argument("--wavelengths", type=int, default=4000)
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", default=None)
    parser.add_argument("--quick", action="store_true", help="small, to try the script")
    options = parser.parse_args()
    if options.quick:
        options.spectra, options.wavelengths = [500, 1000], 400
    return options


def main():
    options = parse()
    table = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    table.writeheader()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for n in options.spectra:
            for quantity, unit, value in measure(folder, n, options):
                table.writerow({"measure": "survey", "set": "survey", "kind": "spectra",
                                "n_frame": n, "n_pix": options.wavelengths,
                                "k": options.count, "threads": options.threads,
                                "quantity": quantity, "unit": unit, "value": f"{value:.6g}",
                                "low": f"{value:.6g}", "high": f"{value:.6g}", "runs": 1})
            sys.stdout.flush()


if __name__ == "__main__":
    main()
