"""What the checks of whole runs share: run the program, read its products."""
import os
import shutil
import subprocess
import sys

try:
    import numpy as np
    from astropy.io import fits
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)

PROGRAM, SOURCE = sys.argv[1:3]
SHARED = os.path.join(SOURCE, "..", "shared", "data")
VARIABLE = {"DATE", "CHECKSUM"}


def need(*paths):
    """Skip the test, visibly, unless all paths exist."""
    for path in paths:
        if not os.path.exists(path):
            print("skipped: no", path)
            sys.exit(77)


def run(*arguments, expect=0, threads=None):
    """Run the program; its exit code must be as expected. Returns the completed process."""
    command = [PROGRAM, *map(str, arguments)]
    if threads:
        command += ["--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == expect, (
        f"{' '.join(command)}: exit {done.returncode}, expected {expect}\n{done.stderr}")
    return done


def fresh(name):
    """An empty folder of this name."""
    shutil.rmtree(name, ignore_errors=True)
    return name


def write_config(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    return name


def write_cube(name, sci, err=None, dq=None, header=None):
    """A file with SCI and, where given, ERR and DQ."""
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(sci, name="SCI", header=header)]
    if err is not None:
        hdus.append(fits.ImageHDU(err, name="ERR"))
    if dq is not None:
        hdus.append(fits.ImageHDU(dq, name="DQ"))
    fits.HDUList(hdus).writeto(name, overwrite=True)
    return name


def read(folder, product, extname):
    """Array of one HDU, as native doubles or as it is."""
    with fits.open(os.path.join(folder, product)) as hdus:
        return np.array(hdus[extname].data)


def datasums(folder):
    """DATASUM of every HDU of every FITS product, and the bytes of csv and png."""
    result = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith(".fits"):
            with fits.open(path) as hdus:
                for i, hdu in enumerate(hdus):
                    result[name, i, hdu.name] = hdu.header["DATASUM"]
        elif name.endswith((".csv", ".png")):
            with open(path, "rb") as file:
                result[name] = file.read()
    return result


def headers(folder, product):
    """Cards of all HDUs that may not differ between equal runs."""
    with fits.open(os.path.join(folder, product)) as hdus:
        return [[str(card) for card in hdu.header.cards if card.keyword not in VARIABLE]
                for hdu in hdus]


def verify(folder):
    """fitsverify finds nothing to say about any FITS product."""
    if shutil.which("fitsverify") is None:
        print("fitsverify is not installed: not checked")
        return
    for name in sorted(os.listdir(folder)):
        if name.endswith(".fits"):
            path = os.path.join(folder, name)
            done = subprocess.run(["fitsverify", "-q", path], capture_output=True, text=True)
            assert "OK" in done.stdout and "0 warning" not in done.stderr, done.stdout


def snr(image, center, position, fwhm, skip=0):
    """S/N of an aperture of 1 fwhm (Mawet et al. 2014), our own plain way; FITS pixels.

    `skip` leaves out that many neighbours on either side: with angular differential imaging
    they hold the negative lobes of the source itself, not noise.
    """
    y, x = np.mgrid[1:image.shape[0] + 1, 1:image.shape[1] + 1]

    def flux(px, py):
        total = 0.0
        for dy in (np.arange(10) + 0.5) / 10 - 0.5:  # sub-pixels: exact enough for 1 %
            for dx in (np.arange(10) + 0.5) / 10 - 0.5:
                inside = np.hypot(x + dx - px, y + dy - py) <= fwhm / 2
                total += image[inside].sum()
        return total / 100

    dx, dy = position[0] - center[0], position[1] - center[1]
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    n = int(2 * np.pi * radius / fwhm)
    fluxes = np.array([flux(center[0] + radius * np.cos(angle + 2 * np.pi * k / n),
                            center[1] + radius * np.sin(angle + 2 * np.pi * k / n))
                       for k in range(n)])
    others = fluxes[1 + skip:n - skip]
    others = others[np.isfinite(others)]
    return (fluxes[0] - others.mean()) / (others.std(ddof=1) * np.sqrt(1 + 1 / others.size))
