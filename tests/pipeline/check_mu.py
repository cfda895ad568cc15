#!/usr/bin/env python3
"""The published rule (Zhu 2016) in plain NumPy loops, against Sequin's iterates.

Usage: check_mu.py PATH_OF_mu_iterates. Exits 77 (skipped) without NumPy.
"""
import struct
import subprocess
import sys

try:
    import numpy as np
except ImportError:
    print("SKIPPED: numpy is not installed")
    sys.exit(77)

N_ITERATION = 100
LIMIT = 1e-10


def step(x, v, w, h):
    """One iteration, frame by frame and pixel by pixel: W first, then H with the new W."""
    w, h = w.copy(), h.copy()
    for i in range(x.shape[0]):
        num = h @ (v[i] * x[i])
        den = h @ (v[i] * (w[i] @ h))
        w[i] = np.where(den > 0, w[i] * num / np.where(den > 0, den, 1), w[i])
    for j in range(x.shape[1]):
        num = w.T @ (v[:, j] * x[:, j])
        den = w.T @ (v[:, j] * (w @ h[:, j]))
        h[:, j] = np.where(den > 0, h[:, j] * num / np.where(den > 0, den, 1), h[:, j])
    return w, h


def scene(n_frame, n_pix, n_comp, rng):
    """Data of rank 4 with noise, holes and some negative values; a start of n_comp columns."""
    model = rng.gamma(2, 1, (n_frame, 4)) @ rng.gamma(0.5, 1, (4, n_pix))
    sigma = 0.05 + 0.05 * np.sqrt(model)
    x = (model + sigma * rng.normal(size=model.shape)).astype(np.float32)
    v = (1 / sigma**2).astype(np.float32)
    hole = rng.random(x.shape) < 0.1
    x[hole], v[hole] = np.nan, 0
    w = rng.random((n_frame, n_comp)) + 0.01
    h = rng.random((n_comp, n_pix)) + 0.01
    h[0, 3] = 0.0  # stays 0
    return x, v, w, h


def compare(program, shape, rng):
    """Largest relative difference over all iterates."""
    x, v, w, h = scene(*shape, rng)
    with open("mu_start.bin", "wb") as start:
        start.write(struct.pack("<4q", *shape, N_ITERATION))
        for array in (x, v, w, h):
            start.write(array.tobytes())
    out = np.frombuffer(subprocess.run([program, "mu_start.bin"], check=True,
                                       stdout=subprocess.PIPE).stdout)
    out = out.reshape(N_ITERATION, w.size + h.size + 1)
    v = v.astype(float)
    x = np.where(v > 0, np.maximum(np.nan_to_num(x.astype(float)), 0), 0)  # as published
    worst = 0.0
    for row in out:
        w, h = step(x, v, w, h)
        chi2 = (v * (x - w @ h) ** 2).sum()
        theirs_w = row[:w.size].reshape(w.shape)
        theirs_h = row[w.size:-1].reshape(h.shape)
        worst = max(worst, np.abs(theirs_w - w).max() / np.abs(w).max(),
                    np.abs(theirs_h - h).max() / np.abs(h).max(),
                    abs(row[-1] - chi2) / chi2)
    return worst


def main():
    rng = np.random.default_rng(20161201)
    good = True
    for shape in ((12, 150, 3), (90, 14, 2), (20, 20, 5)):
        worst = compare(sys.argv[1], shape, rng)
        print(f"{shape}: largest relative difference {worst:.2e} in {N_ITERATION} iterations")
        good = good and worst <= LIMIT
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
