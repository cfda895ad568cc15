#!/usr/bin/python3
"""Flux of a ring reduced by imputation with all of it excluded, part of it, or nothing.

Usage: throughput.py SEQUIN [FOLDER]   prints the table of docs/validation.md

The observations of ring_flux.py (the same folder is used again), modelled with all components.
Excluded: the brightest pixels that hold 99 % of the light of the ring within the region, so that
what is taken for starlight is next to nothing; the ring at 1 % of its peak, as a user would draw
it; nothing, so that the components fit the ring as well. Flux is the sum of the mean image
inside the 1 % contour over the truth there, mean over the seeds with their scatter. Exit status
1 where the first is off by more than 2 %.
"""
import os
import sys

import numpy as np
from astropy.io import fits

from ring_flux import INNER, OUTER, SEEDS, judge, observe, reduce

CONTRASTS = (4e-4, 8e-4, 1.6e-3)
LIGHT = 0.99  # excluded, of what the region holds
MARGIN = 0.02


def shapes(disk):
    """The ring at 1 % of its peak; the pixels with 99 % of its light; share of those of all."""
    y, x = np.indices(disk.shape) + 0.5 - disk.shape[0] / 2
    region = (np.hypot(x, y) >= INNER + 1) & (np.hypot(x, y) <= OUTER - 1)
    falling = np.sort(disk[region])[::-1]
    level = falling[np.searchsorted(np.cumsum(falling), LIGHT * falling.sum())]
    whole = region & (disk >= level)
    return region & (disk > 0.01 * disk.max()), whole, whole.sum() / region.sum()


def measure(contrast, seed):
    """Flux with the whole ring excluded, with its bright part, with nothing."""
    folder = observe(contrast, seed)
    disk = fits.getdata(os.path.join(folder, "truth.fits"), "DISK").astype(float)
    ring, whole, share = shapes(disk)
    models = {"whole": "{exclude_mask: whole.fits}", "imputation": "{exclude_mask: ring.fits}",
              "fitted": "{scaling: none}"}
    for name, mask in (("whole", whole), ("ring", ring)):
        fits.writeto(os.path.join(folder, name + ".fits"), mask.astype("f4"), overwrite=True)
    return *(judge(reduce(folder, name, model), disk, ring)[0]
             for name, model in models.items()), share


def main():
    print("| ring contrast | excluded: 99 % of its light (of the region) | above 1 % of its peak | "
          "nothing |\n| --: | --: | --: | --: |")
    good = True
    for contrast in CONTRASTS:
        seeds = np.array([measure(contrast, seed) for seed in SEEDS])
        mean, scatter = seeds.mean(axis=0), seeds.std(axis=0, ddof=1)
        cells = [f"{m:.3f} +- {s:.3f}" for m, s in zip(mean[:3], scatter)]
        cells[0] += f" ({100 * mean[3]:.0f} %)"
        print(f"| {contrast:g} | {' | '.join(cells)} |", flush=True)
        good &= abs(mean[0] - 1) <= MARGIN
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
