#!/usr/bin/python3
"""What becomes of faint starlight where negative data are kept, set to zero or left out.

Usage: negatives.py SEQUIN [FOLDER]   prints the table of docs/validation.md

The star of ring_flux.yaml without its ring, 96 x 96 pixels, with a sky of 2000 electrons taken
off: far from the star the noise is as large as the light or larger, and data scatter about zero.
References are modelled with five components by every rule of noise.negatives; each class of pixels
has its mean of model - star over the noise of a datum, and what that leaves in the combined image
of 24 frames, over its error. Exit status 1 where data that are kept leave more than a tenth of the noise.
"""
import os
import subprocess
import sys

import numpy as np
from astropy.io import fits

SEQUIN = os.path.abspath(sys.argv[1])
FOLDER = sys.argv[2] if len(sys.argv) > 2 else "negatives"
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLASSES = ((0, 0.5), (0.5, 1), (1, 3), (3, np.inf))  # star over noise
RUN = """task: imaging
science: {files: [science.fits], fwhm: 3}
references: {files: [references.fits]}
region: {inner_radius: 8, outer_radius: 46}
output: {report: false, plots: false}
components: {count: 5}
noise: {negatives: RULE}
model: {counts: [5], scaling: none}
combine: {derotate: false}
"""


def sequin(*arguments):
    subprocess.run([SEQUIN, *arguments, "-q"], check=True, capture_output=True)


def planes(folder, name, *parts):
    with fits.open(os.path.join(FOLDER, folder, name)) as hdus:
        return [hdus[part].data.astype(float) for part in parts]


def measure(rule):
    """By class of pixels: bias of the model and of the combined image."""
    config = os.path.join(FOLDER, rule + ".yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(RUN.replace("RULE", rule))
    sequin("run", config, "--output", os.path.join(FOLDER, rule), "--overwrite")
    (model,) = planes(rule, "model.fits", "SCI")
    image, error = (plane[-1] for plane in planes(rule, "disk.fits", "SCI", "ERR"))
    (noise,) = planes(".", "science.fits", "ERR")
    (star,) = planes(".", "truth.fits", "STAR")
    star = star[-len(model):]
    faint = (star / noise).mean(axis=0)
    for low, high in CLASSES:
        chosen = (faint >= low) & (faint < high) & np.isfinite(image)
        yield (np.nanmean(((model - star) / noise)[:, chosen]),
               np.nanmean((image / error)[chosen]))


def main():
    sequin("simulate", os.path.join(SOURCE, "bench/ring_flux.yaml"), "--output", FOLDER,
           "--overwrite", "--set", "simulate.size=96", "--set", "simulate.ring.contrast=0",
           "--set", "simulate.background=2000", "--set", "simulate.star_flux=2.0e+7")
    sci, dq = planes(".", "references.fits", "SCI", "DQ")
    print(f"{100 * (sci[dq == 0] < 0).mean():.0f} % of the data of the references are negative.\n")
    print("| star / noise | model: keep | zero | missing | image / ERR: keep | zero | missing |\n"
          "| --- " + "| --: " * 6 + "|")
    found = {rule: list(measure(rule)) for rule in ("keep", "zero", "missing")}
    for k, (low, high) in enumerate(CLASSES):
        name = f"{low:g} to {high:g}" if np.isfinite(high) else f"above {low:g}"
        print(f"| {name} | " + " | ".join(f"{found[rule][k][part]:+.2f}" for part in (0, 1)
                                          for rule in found) + " |")
    return 0 if max(abs(bias) for bias, _ in found["keep"]) < 0.1 else 1


if __name__ == "__main__":
    sys.exit(main())
