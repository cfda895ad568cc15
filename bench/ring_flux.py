#!/usr/bin/python3
"""Flux recovered in a simulated ring, against its truth, over a grid of contrasts.

Usage: ring_flux.py SEQUIN [FOLDER [simulate.KEY=VALUE ...]]   prints the table of docs/validation.md

For every contrast: `sequin simulate` makes the observation of configs/simulate.yaml with that
ring; `sequin run` reduces it with imputation (excluded: the ring at 1 % of its peak) and with
the best fraction (nothing excluded); NumPy reduces it by PCA, every count of modes, of which
the one with the best flux is taken. Flux is the sum of the mean image inside that ring.
"""
import os
import subprocess
import sys

import numpy as np
from astropy.io import fits
from scipy import ndimage

SEQUIN = os.path.abspath(sys.argv[1])
FOLDER = sys.argv[2] if len(sys.argv) > 2 else "ring-flux"
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FWHM, INNER, OUTER = 4.0, 8.0, 46.0
CONTRASTS, SEEDS = (1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3), range(1, 7)
EXTRA = [word for setting in sys.argv[3:] for word in ("--set", setting)]  # of the simulator

RUN = """task: imaging
science: {files: [science.fits], fwhm: 4, angles: {file: angles.txt}}
references: {files: [references.fits]}
region: {inner_radius: 8, outer_radius: 46}
output: {report: false, plots: false}
model: MODEL
"""


def sequin(*arguments):
    subprocess.run([SEQUIN, *arguments, "-q"], check=True, capture_output=True)


def observe(contrast, seed):
    """Simulate, unless it is there; returns the folder."""
    folder = os.path.join(FOLDER, f"c{contrast:g}-s{seed}")
    if os.path.exists(os.path.join(folder, "truth.fits")):
        return folder
    sequin("simulate", os.path.join(SOURCE, "configs/simulate.yaml"), "--output", folder,
           "--overwrite", "--set", f"simulate.ring.contrast={contrast}",
           "--set", f"simulate.seed={seed}", *EXTRA)
    return folder


def reduce(folder, name, model):
    config = os.path.join(folder, name + ".yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(RUN.replace("MODEL", model))
    out = os.path.join(folder, name)
    sequin("run", config, "--output", out, "--overwrite")
    with fits.open(os.path.join(out, "disk.fits")) as hdus:
        return hdus["SCI"].data[-1].astype(float)


def derotate(residual, angles, center):
    """Mean of the frames turned counter-clockwise about the star, cubic splines."""
    y, x = np.indices(residual.shape[1:]) + 1.0 - center
    turned = []
    for frame, angle in zip(residual, np.radians(angles)):
        # the output pixel comes from where it stood before the turn
        xs = np.cos(angle) * x + np.sin(angle) * y + center - 1
        ys = -np.sin(angle) * x + np.cos(angle) * y + center - 1
        turned.append(ndimage.map_coordinates(frame, [ys, xs], order=3, mode="nearest"))
    return np.mean(turned, axis=0)


def pca(folder, ring, truth):
    """The count of modes whose flux comes nearest to the truth: a favour to PCA."""
    with fits.open(os.path.join(folder, "references.fits")) as r, \
            fits.open(os.path.join(folder, "science.fits")) as s:
        ref, sci = (np.where(h["DQ"].data == 0, h["SCI"].data, np.nan).astype(float)
                    for h in (r, s))
    angles = np.loadtxt(os.path.join(folder, "angles.txt"))
    center = (ref.shape[1] + 1) / 2
    y, x = np.indices(ref.shape[1:]) + 1.0 - center
    region = (np.hypot(x, y) >= INNER) & (np.hypot(x, y) <= OUTER)
    mean = np.nanmean(ref, axis=0)
    ref, sci = (np.where(np.isfinite(c), c - mean, 0)[:, region] for c in (ref, sci))
    modes = np.linalg.svd(ref, full_matrices=False)[2]
    best = None
    for k in range(1, len(modes)):
        cube = np.zeros((len(sci),) + region.shape)
        cube[:, region] = sci - sci @ modes[:k].T @ modes[:k]
        flux = derotate(cube, angles, center)[ring].sum()
        if best is None or abs(flux - truth) < abs(best[0] - truth):
            best = flux, k
    return best


def element_snr(empty, disk, ring):
    """Ring in one resolution element over what such elements hold without any ring.

    `empty`: the same observation without a ring, reduced in the same way.
    """
    size = int(round(FWHM * np.sqrt(np.pi) / 2))
    element = np.ones((size, size))
    crest = ring & (disk > disk.max() / 4)
    signal = ndimage.convolve(np.where(ring, disk, 0), element)[crest]
    noise = ndimage.convolve(np.nan_to_num(empty), element)[crest]
    return np.median(signal) / np.sqrt(np.mean(noise ** 2))


def main():
    print("| ring contrast | S/N per element | imputation | bff | PCA, best count (modes) |")
    print("| --: | --: | --: | --: | --: |")
    for contrast in CONTRASTS:
        ratios = []
        for seed in SEEDS:
            folder = observe(contrast, seed)
            disk = fits.getdata(os.path.join(folder, "truth.fits"), "DISK").astype(float)
            ring = disk > 0.01 * disk.max()
            y, x = np.indices(disk.shape) + 0.5 - disk.shape[0] / 2
            ring &= (np.hypot(x, y) >= INNER + 1) & (np.hypot(x, y) <= OUTER - 1)
            fits.writeto(os.path.join(folder, "ring.fits"), ring.astype("f4"), overwrite=True)
            truth = disk[ring].sum()
            imputed = reduce(folder, "imputation", "{exclude_mask: ring.fits}")
            fraction = reduce(folder, "bff", "{scaling: bff}")
            flux, modes = pca(folder, ring, truth)
            dark = observe(0, seed)
            fits.writeto(os.path.join(dark, "ring.fits"), ring.astype("f4"), overwrite=True)
            empty = reduce(dark, "imputation", "{exclude_mask: ring.fits}")
            ratios.append((element_snr(empty, disk, ring), imputed[ring].sum() / truth,
                           fraction[ring].sum() / truth, flux / truth, modes))
        snr, a, b, c, modes = np.mean(ratios, axis=0)
        worst = [max(abs(r[i] - 1) for r in ratios) for i in (1, 2, 3)]
        print(f"| {contrast:g} | {snr:.1f} | {a:.3f} ({worst[0]:.3f}) | {b:.3f} ({worst[1]:.3f})"
              f" | {c:.3f} ({worst[2]:.3f}; {modes:.0f}) |", flush=True)


if __name__ == "__main__":
    main()
