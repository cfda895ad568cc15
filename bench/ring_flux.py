#!/usr/bin/python3
"""Flux recovered in a simulated ring, against its truth, over a grid of contrasts.

Usage: ring_flux.py SEQUIN [FOLDER [simulate.KEY=VALUE ...]]   prints the table of docs/validation.md

For every contrast: `sequin simulate` makes the observation of bench/ring_flux.yaml with that
ring; `sequin run` reduces it with imputation (excluded: the ring at 1 % of its peak) and with
the best fraction (nothing excluded); NumPy reduces it by PCA of every count of modes, of which
the one with the truest image is taken. PCA in two forms: KLIP (Soummer et al. 2012: the mean
over the region is taken off each frame) and with the mean reference frame taken off instead.
Flux is the sum of the mean image inside that ring over the truth; the image error is the rms
of image - truth there over the rms of the truth. Exit status 1 where the ring has 5 sigma per
element and imputation is off by more than 3 %, the best fraction by more than 10 %, or either
is worse than KLIP.
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
FWHM, INNER, OUTER = 3.0, 8.0, 94.0
CONTRASTS, SEEDS = (1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3, 3.2e-3), range(1, 7)
COUNTS = (*range(1, 13), 15, 20, 25, 30, 40, 50, 59)  # of modes tried by PCA
EXTRA = [word for setting in sys.argv[3:] for word in ("--set", setting)]  # of the simulator

RUN = """task: imaging
science: {files: [science.fits], fwhm: 3, angles: {file: angles.txt}}
references: {files: [references.fits]}
region: {inner_radius: 8, outer_radius: 94}
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
    sequin("simulate", os.path.join(SOURCE, "bench/ring_flux.yaml"), "--output", folder,
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


def judge(image, disk, ring):
    """Flux over the truth, and error of the image."""
    difference = image[ring] - disk[ring]
    return image[ring].sum() / disk[ring].sum(), np.sqrt((difference ** 2).sum() /
                                                         (disk[ring] ** 2).sum())


def good_frames(path):
    with fits.open(path) as hdus:
        return np.where(hdus["DQ"].data == 0, hdus["SCI"].data, np.nan).astype(float)


def pca(folder, disk, ring, *, klip):
    """judge() of the count of modes with the truest image, and that count."""
    ref, sci = (good_frames(os.path.join(folder, f"{name}.fits"))
                for name in ("references", "science"))
    angles = np.loadtxt(os.path.join(folder, "angles.txt"))
    center = (ref.shape[1] + 1) / 2
    y, x = np.indices(ref.shape[1:]) + 1.0 - center
    region = (np.hypot(x, y) >= INNER) & (np.hypot(x, y) <= OUTER)
    ref, sci = ref[:, region], sci[:, region]
    mean = np.nansum(ref, axis=0) / np.maximum(np.isfinite(ref).sum(axis=0), 1)
    ref, sci = (np.nan_to_num(c - (np.nanmean(c, axis=1, keepdims=True) if klip else mean))
                for c in (ref, sci))
    modes = np.linalg.svd(ref, full_matrices=False)[2]
    tried = []
    for k in (k for k in COUNTS if k <= len(modes)):
        cube = np.zeros((len(sci),) + region.shape)
        cube[:, region] = sci - sci @ modes[:k].T @ modes[:k]
        tried.append(judge(derotate(cube, angles, center), disk, ring) + (k,))
    return min(tried, key=lambda result: result[1])


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


def measure(contrast, seed):
    """One observation: S/N per element, then (flux, image error) of each reduction."""
    folder, dark = observe(contrast, seed), observe(0, seed)
    disk = fits.getdata(os.path.join(folder, "truth.fits"), "DISK").astype(float)
    y, x = np.indices(disk.shape) + 0.5 - disk.shape[0] / 2
    ring = (disk > 0.01 * disk.max()) & (np.hypot(x, y) >= INNER + 1) & \
        (np.hypot(x, y) <= OUTER - 1)
    for place in (folder, dark):
        fits.writeto(os.path.join(place, "ring.fits"), ring.astype("f4"), overwrite=True)
    imputation = "{exclude_mask: ring.fits}"
    empty = reduce(dark, "imputation", imputation)
    imputed, fraction = reduce(folder, "imputation", imputation), reduce(folder, "bff",
                                                                         "{scaling: bff}")
    return (element_snr(empty, disk, ring), *judge(imputed, disk, ring),
            *judge(fraction, disk, ring), *pca(folder, disk, ring, klip=True),
            *pca(folder, disk, ring, klip=False))


def met(snr, imputation, fraction, klip):
    """Whether the requirement holds; each reduction: flux, image error, ..."""
    off, off_fraction, off_klip = (abs(r[0] - 1) for r in (imputation, fraction, klip))
    return snr < 5 or (off <= 0.03 and off_fraction <= 0.1 and off_klip > max(
        off, off_fraction) and klip[1] > max(imputation[1], fraction[1]))


def main():
    print("| ring contrast | S/N per element | flux: imputation | bff | KLIP | mean-subtracted PCA | "
          "image error: imputation | bff | KLIP (modes) | PCA (modes) |")
    print("| --: " * 10 + "|")
    good = True
    for contrast in CONTRASTS:
        seeds = np.array([measure(contrast, seed) for seed in SEEDS])
        snr, *rest = seeds.mean(axis=0)
        scatter = seeds.std(axis=0, ddof=1)
        a, b, c, d = rest[:2], rest[2:4], rest[4:7], rest[7:]
        print(f"| {contrast:g} | {snr:.1f} | {a[0]:.3f} +- {scatter[1]:.3f} | "
              f"{b[0]:.3f} +- {scatter[3]:.3f} | {c[0]:.3f} +- {scatter[5]:.3f} | "
              f"{d[0]:.3f} +- {scatter[8]:.3f} | {a[1]:.3f} | {b[1]:.3f} | "
              f"{c[1]:.3f} ({c[2]:.0f}) | {d[1]:.3f} ({d[2]:.0f}) |", flush=True)
        good &= met(snr, a, b, c)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
