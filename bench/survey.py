#!/usr/bin/env python3
"""Time and memory of task spectra against the number of spectra.

Usage: survey.py PROGRAM [--spectra N ...] [--wavelengths M] [--count K] [--threads T] [--folder DIR]

Each N: a simulated survey (planted templates, noise, a third of the data missing) is written a
block at a time, reduced, and removed; one line of a table follows: N, seconds, CPU seconds,
largest memory, bytes of memory per datum. What is linear keeps the last column. The full size is
`--spectra 100000 --wavelengths 4000`: 3.2 GB of input, as much for each of model and residual.
"""
import argparse
import os
import shutil
import subprocess
import tempfile
import time

import numpy as np
from astropy.io import fits

BLOCK = 1000  # spectra written at once


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


def measure(program, folder, n, options):
    """Seconds, CPU seconds and largest memory (bytes) of one run."""
    data, config = os.path.join(folder, "survey.fits"), os.path.join(folder, "survey.yaml")
    write(data, n, options.wavelengths)
    with open(config, "w", encoding="utf-8") as file:
        file.write("task: spectra\nspectra: {files: [survey.fits]}\n"
                   f"components: {{count: {options.count}}}\n")
    command = [program, "run", config, "--output", os.path.join(folder, "out"), "-q"]
    if options.threads:
        command += ["--threads", str(options.threads)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    assert process.returncode == 0, f"{' '.join(command)}: exit {process.returncode}"
    shutil.rmtree(os.path.join(folder, "out"))
    os.remove(data)
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--spectra", type=int, nargs="+", default=[2500, 5000, 10000])
    parser.add_argument("--wavelengths", type=int, default=1000)
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--folder", default=None)
    options = parser.parse_args()
    print("| spectra | wavelengths | seconds | CPU seconds | memory (GB) | bytes per datum |")
    print("| --: | --: | --: | --: | --: | --: |")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for n in options.spectra:
            seconds, cpu, memory = measure(options.program, folder, n, options)
            print(f"| {n} | {options.wavelengths} | {seconds:.1f} | {cpu:.1f} | "
                  f"{memory / 1e9:.2f} | {memory / n / options.wavelengths:.0f} |", flush=True)


if __name__ == "__main__":
    main()
