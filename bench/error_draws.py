#!/usr/bin/env python3
"""Errors of the products against the scatter of draws of the noise: table of docs/validation.md.

Usage: error_draws.py SEQUIN [FOLDER] [--draws N] [--case NAME ...] [--jobs N]

A scene without noise (planted: three patterns; or the star of `sequin simulate`) is drawn again
and again with the noise of references and science frames, given as ERR; every draw is one
`sequin run`. Predicted over observed: root of the mean ERR^2 over the standard deviation of SCI,
pixel by pixel; the median over the pixels and, in brackets, the range that holds the middle 68 %
(200 draws alone make +- 5 %). Classes of pixels: fitted, and excluded (imputed). The disk image
is judged in apertures of one resolution element too: APERTURE_ERR against the scatter of the sums
over circles of one FWHM; beside it sqrt(sum ERR^2), which is what independent pixels would have.
The model is that of the same frames, so
its ERR is judged in the pixels too; COEFFICIENTS_ERR on components that are held (loaded from
the first draw), because components of another draw are other components. Exit status 1 where a median is off by more
than 10 %.
"""
import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys

import numpy as np
from astropy.io import fits

SIZE, FWHM, OUTER = 64, 3.0, 30.0
MARGIN = 0.1  # required of fitted pixels and apertures

# scene, references, components, angles (degrees), method
CASES = {
    "turned10": ("planted", 10, 3, (-50, -10, 30, 80), "mean"),
    "turned60": ("planted", 60, 3, (-50, -10, 30, 80), "mean"),
    "close10": ("planted", 10, 3, (0, 1.5, 3, 4.5), "mean"),
    "still10": ("planted", 10, 3, (0, 0, 0, 0), "mean"),
    "many10": ("planted", 10, 3, tuple(range(20)), "mean"),
    "manystar10": ("star", 10, 4, tuple(range(20)), "mean"),
    "manystar60": ("star", 60, 4, tuple(range(20)), "mean"),
    "median10": ("planted", 10, 3, (-50, -10, 10, 30, 80), "median"),
    "weighted10": ("planted", 10, 3, (-50, -10, 30, 80), "weighted"),
    "star10": ("star", 10, 4, (-50, -10, 30, 80), "mean"),
    "star60": ("star", 60, 4, (-50, -10, 30, 80), "mean"),
}
RUN = """task: imaging
science: {files: [science.fits], fwhm: 3, angles: {values: ANGLES}}
references: {files: [references.fits]}
region: {inner_radius: 5, outer_radius: 30}
components: {COMPONENTS}
model: {scaling: none, exclude_circles: [[48.5, 32.5, 5]]}
combine: {method: METHOD}
output: {report: false, plots: false}
"""


def planted(n):
    """Three patterns of speckles in a halo, all of them everywhere; brightnesses that vary."""
    rng = np.random.default_rng(5)
    y, x = np.indices((SIZE, SIZE)) - (SIZE - 1) / 2
    halo = 4000 * np.exp(-np.hypot(x, y) / 9)
    patterns = []
    for share in (1, 0.5, 0.3):
        field = sum(np.exp(1j * (k @ np.array([x.ravel(), y.ravel()]) + rng.uniform(0, 6.28)))
                    for k in rng.uniform(-0.8, 0.8, (12, 2)))
        patterns.append(share * halo * (np.abs(field.reshape(SIZE, SIZE)) ** 2 / 12 + 0.1))
    return np.einsum("ik,kyx->iyx", rng.uniform(0.7, 1.3, (n, 3)), patterns)


def star(folder, sequin, n_ref, n_sci):
    """The star of the simulator without noise, all frames of one observation; references first."""
    config = os.path.join(folder, "simulate.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"simulate: {{size: {SIZE}, n_references: 2, n_science: {n_ref + n_sci}, "
                   "fwhm: 3, star_flux: 1.0e+8, drift_rms: 0.002, jitter: 0.02}\n")
    call(sequin, "simulate", config, "--output", os.path.join(folder, "scene"), "--overwrite")
    return fits.getdata(os.path.join(folder, "scene/truth.fits"), "STAR").astype(float)


def call(*arguments):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([*arguments, "-q"], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: exit {done.returncode}\n{done.stderr}")


def write(path, sci, err):
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(sci.astype("f4"), name="SCI"),
                  fits.ImageHDU(err.astype("f4"), name="ERR")]).writeto(path, overwrite=True)


class Case:
    """One scene and how it is reduced."""

    def __init__(self, name, sequin, folder):
        self.kind, self.n_ref, self.n_comp, self.angles, self.method = CASES[name]
        self.sequin, self.folder = sequin, os.path.join(folder, name)
        os.makedirs(self.folder, exist_ok=True)
        n_sci = len(self.angles)
        self.scene = (planted(self.n_ref + n_sci) if self.kind == "planted"
                      else star(self.folder, sequin, self.n_ref, n_sci))
        self.sigma = np.sqrt(np.maximum(self.scene, 0) + 10.0)  # photons and readout

    def turns(self):
        """The angles as the table shows them."""
        if len(self.angles) > 6:
            return f"{self.angles[0]} .. {self.angles[-1]}"
        return ", ".join(map(str, self.angles))

    def draw(self, seed, held=None):
        """Products of one draw; held: components that are loaded, not built."""
        place = os.path.join(self.folder, f"draw{seed}" + ("-held" if held else ""))
        os.makedirs(place, exist_ok=True)
        noise = np.random.default_rng(1000 + seed).normal(size=self.scene.shape)
        data = self.scene + self.sigma * noise
        config = RUN.replace("ANGLES", str(list(map(float, self.angles))))
        config = config.replace("METHOD", self.method)
        config = config.replace("COMPONENTS", f"load: {held}" if held
                                else f"count: {self.n_comp}, tolerance: 1.0e-6")
        write(os.path.join(place, "science.fits"), data[self.n_ref:], self.sigma[self.n_ref:])
        write(os.path.join(place, "references.fits"), data[:self.n_ref],
              self.sigma[:self.n_ref])
        with open(os.path.join(place, "run.yaml"), "w", encoding="utf-8") as file:
            file.write(config)
        out = os.path.join(place, "out")
        call(self.sequin, "run", os.path.join(place, "run.yaml"), "--output", out, "--overwrite")
        found = {}
        for product in ("model", "residual", "disk"):
            with fits.open(os.path.join(out, product + ".fits")) as hdus:
                for part in ("SCI", "ERR", "APERTURE_ERR", "FLAGS", "COEFFICIENTS",
                             "COEFFICIENTS_ERR"):
                    if part in hdus:
                        found[product, part] = np.array(hdus[part].data, dtype=float)
        components = os.path.abspath(os.path.join(out, "components.fits"))
        if seed == 0 and not held:
            shutil.copy(components, os.path.join(self.folder, "components.fits"))
        shutil.rmtree(place)
        return found


def ratio(values, errors):
    """Predicted over observed, element by element."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(np.mean(errors ** 2, axis=0)) / np.std(values, axis=0, ddof=1)


def said(numbers):
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size == 0:
        return "-", np.nan
    low, middle, high = np.percentile(numbers, (16, 50, 84))
    return f"{middle:.3f} ({low:.2f} .. {high:.2f})", middle


def apertures(center):
    """Centres (x, y), every three pixels in the region, and the overlap of pixels with a circle."""
    y, x = np.indices((5, 5)) - 2.0
    fine = (np.arange(50) + 0.5) / 50 - 0.5
    overlap = np.mean([np.hypot(x + dx, y + dy) <= FWHM / 2 for dx in fine for dy in fine], axis=0)
    middles = [(cx, cy) for cy in range(3, SIZE - 3, 3) for cx in range(3, SIZE - 3, 3)
               if 8 <= np.hypot(cx - center, cy - center) <= OUTER - 5]
    return middles, overlap


def sums(images, middles, overlap):
    """Sums over the circles, [draw, circle]."""
    return np.array([(images[:, cy - 2:cy + 3, cx - 2:cx + 3] * overlap).sum(axis=(1, 2))
                     for cx, cy in middles]).T


def judge(case, draws, jobs):
    """The row of the table, and whether it is within the margin."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        found = list(pool.map(case.draw, range(draws)))
        held = os.path.abspath(os.path.join(case.folder, "components.fits"))
        fixed = list(pool.map(lambda seed: case.draw(seed, held), range(draws)))
    stack = {key: np.array([f[key] for f in found]) for key in found[0]}
    flags = found[0]["residual", "FLAGS"].astype(int)
    fitted, excluded = flags == 0, flags == 8
    cells, medians = [], []
    for product, classes in (("residual", (fitted, excluded)), ("model", (fitted, excluded))):
        all_ratios = ratio(stack[product, "SCI"], stack[product, "ERR"])
        for chosen in classes:
            text, middle = said(all_ratios[chosen])
            cells.append(text)
            medians.append(middle)
    sci, err = stack["disk", "SCI"][:, -1], stack["disk", "ERR"][:, -1]
    text, middle = said(ratio(sci, err))
    cells.append(text)
    medians.append(middle)
    middles, overlap = apertures((SIZE - 1) / 2)
    light = sums(sci, middles, overlap)
    x, y = np.array(middles).T
    text, middle = said(ratio(light, stack["disk", "APERTURE_ERR"][:, -1, y, x]))
    cells.append(text)
    medians.append(middle)
    cells.append(said(ratio(light, np.sqrt(sums(err ** 2, middles, overlap ** 2))))[0])
    coefficients = ratio(*(np.array([f["model", part] for f in fixed])
                           for part in ("COEFFICIENTS", "COEFFICIENTS_ERR")))
    text, middle = said(coefficients)
    cells.append(text)
    medians.append(middle)
    return cells, np.nanmax(np.abs(np.array(medians) - 1)) <= MARGIN


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sequin")
    parser.add_argument("folder", nargs="?", default="error-draws")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--case", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--jobs", type=int, default=1)
    ask = parser.parse_args()
    print("| case | references | components | frames at | residual, fitted | residual, imputed | "
          "model, fitted | model, imputed | disk, pixel | disk, APERTURE_ERR | sqrt(sum ERR^2) | "
          "coefficients |")
    print("| --- " + "| --: " * 11 + "|")
    good = True
    for name in ask.case:
        case = Case(name, os.path.abspath(ask.sequin), ask.folder)
        cells, met = judge(case, ask.draws, ask.jobs)
        print(f"| {name} | {case.n_ref} | {case.n_comp} | "
              f"{case.turns()} | {' | '.join(cells)} |", flush=True)
        good &= met
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
