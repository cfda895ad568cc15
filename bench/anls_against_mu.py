#!/usr/bin/env python3
"""Tables of docs/validation.md: anls against 1000 iterations of the published rule a stage.

Usage: anls_against_mu.py PROGRAM [CUBE.fits [RADIUS]] [--components K] [--seeds N]
[--iterations N]. Without a cube: a simulated one. RADIUS: pixels about the middle that take
part. Negative data become 0, as the published rule needs.
"""
import argparse
import os
import struct
import subprocess
import sys
import tempfile

import numpy as np


def simulated():
    """Speckles: 25 smooth intensity patterns of falling strength, photon noise, 2 % holes."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:71, :71] / 71 - 0.5
    envelope = np.exp(-24 * (x**2 + y**2))
    patterns = []
    for strength in 1 / np.arange(1, 26):
        waves = sum(np.cos(40 * (rng.random() - 0.5) * x + 40 * (rng.random() - 0.5) * y
                           + 6.28 * rng.random()) for _ in range(4))
        patterns.append(strength * envelope * waves**2)
    amounts = rng.gamma(2, 0.5, (50, 25))
    model = 1e3 * amounts @ np.array(patterns).reshape(25, -1)
    variance = model + 25
    data = model + np.sqrt(variance) * rng.normal(size=model.shape)
    weight = np.where(rng.random(model.shape) < 0.02, 0, 1 / variance)
    return data, weight


def from_file(path, radius):
    """All finite values inside the radius, with one weight per frame."""
    from astropy.io import fits
    cube = next(hdu.data for hdu in fits.open(path) if hdu.data is not None).astype(float)
    y, x = np.indices(cube.shape[1:])
    middle = (np.array(cube.shape[1:]) - 1) / 2
    inside = np.hypot(y - middle[0], x - middle[1]) <= radius
    data = cube[:, inside]
    mad = np.nanmedian(np.abs(data - np.nanmedian(data, axis=1, keepdims=True)), axis=1)
    weight = np.where(np.isfinite(data), 1 / (1.4826 * mad[:, None]) ** 2, 0)
    return data, weight


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("cube", nargs="?")
    parser.add_argument("radius", nargs="?", type=float, default=1e9)
    parser.add_argument("--components", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--iterations", type=int, default=1000)
    ask = parser.parse_args()
    data, weight = from_file(ask.cube, ask.radius) if ask.cube else simulated()
    data = np.maximum(data, 0)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.bin")
        with open(path, "wb") as out:
            out.write(struct.pack("<2q", *data.shape))
            out.write(data.astype("<f4").tobytes() + weight.astype("<f4").tobytes())
        print(f"{data.shape[0]} frames, {data.shape[1]} pixels, {ask.components} components\n",
              flush=True)
        return subprocess.run([ask.program, path, str(ask.components), str(ask.seeds),
                               str(ask.iterations)]).returncode


if __name__ == "__main__":
    sys.exit(main())
