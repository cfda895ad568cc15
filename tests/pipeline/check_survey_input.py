"""Task spectra: every form of input that is understood, and one clear line for what is not."""
import os

from sequin_run import SHARED, fits, fresh, np, read, run, write_config
from survey_run import write_survey

N, M = 6, 300
RNG = np.random.default_rng(8)
WAVE = 10 ** (3.6 + 1e-4 * np.arange(M))
FLUX = ((RNG.random((N, 1)) + 1) * (1 + 0.3 * np.sin(np.arange(M) / 20))
        + 0.05 * RNG.standard_normal((N, M))).astype("f4")
IVAR = np.full((N, M), 400.0, "f4")
LOGLAM = np.log10(WAVE)


def images(name, *hdus, primary=None):
    fits.HDUList([primary or fits.PrimaryHDU(), *hdus]).writeto(name, overwrite=True)


def image(data, name, **cards):
    hdu = fits.ImageHDU(data, name=name)
    for key, value in cards.items():
        hdu.header[key] = value
    return hdu


def table(name, **columns):
    """A table of columns (format, values)."""
    return fits.BinTableHDU.from_columns(
        [fits.Column(key, form, array=values) for key, (form, values) in columns.items()],
        name=name)


def single(name, **columns):
    """A file of one spectrum, as SDSS writes them; columns may be replaced."""
    images(name, table("COADD", **{"flux": ("E", FLUX[0]), "loglam": ("D", LOGLAM),
                                   "ivar": ("E", IVAR[0]), **columns}))


def attempt(name, spectra, code=0, word="", id_=None, count=1):
    """Run with these lines of the block; one error line with its id and words, or warnings."""
    done = run("run", write_config(f"{name}.yaml", f"task: spectra\nspectra:\n{spectra}"
                                   f"components: {{count: {count}}}\n"
                                   "output: {plots: false, report: false}\n"), "--output",
               fresh(f"out_{name}"), "-q", expect=code)
    lines = [line for line in done.stderr.splitlines() if ": error: " in line]
    assert len(lines) == (code != 0), done.stderr
    assert word in done.stderr and (id_ or "") in done.stderr, (name, done.stderr)
    return f"out_{name}"


def wavelengths():
    """Linear and logarithmic WCS, look-up tables, units; the products are in Angstrom."""
    lookup = table("WCS-TAB", WAVE=(f"{M}D", WAVE.reshape(1, M)))
    lookup.header["TDIM1"] = f"(1,{M})"
    linear, nm = 4000 + 1.5 * np.arange(M), {"CTYPE1": "WAVE", "CUNIT1": "nm"}
    forms = {
        "linear": (linear, "", [image(FLUX, "FLUX", CRVAL1=4000.0, CDELT1=1.5, CTYPE1="WAVE",
                                      CUNIT1="Angstrom")]),
        "middle": (linear, "", [image(FLUX, "FLUX", CRVAL1=400.0 + 0.15 * 99, CD1_1=0.15,
                                      CRPIX1=100.0, **nm)]),
        "flag": (WAVE, "", [image(FLUX, "FLUX", CRVAL1=3.6, CD1_1=1e-4, **{"DC-FLAG": 1})]),
        "coeff": (WAVE, "", [image(FLUX, "FLUX", COEFF0=3.6, COEFF1=1e-4)]),
        "log": (4000 * np.exp(np.arange(M) / 4000), "",
                [image(FLUX, "FLUX", CRVAL1=4000.0, CDELT1=1.0, CTYPE1="WAVE-LOG",
                       CUNIT1="Angstrom")]),
        "tab": (WAVE, "", [image(FLUX, "FLUX", CRVAL1=1.0, CDELT1=1.0, CTYPE1="WAVE-TAB",
                                 CUNIT1="Angstrom", PS1_0="WCS-TAB", PS1_1="WAVE", PV1_1=1,
                                 PV1_2=1, PV1_3=1), lookup]),
        "hdu": (WAVE, "", [image(FLUX, "FLUX"), image(LOGLAM, "LOGLAM")]),
        "um": (WAVE, "  wavelength_unit: um\n",
               [image(FLUX, "FLUX"), image(WAVE / 1e4, "WAVELENGTH")]),
        "ln": (WAVE, "  wavelength_scale: ln\n  wavelength_hdu: LAMBDAS\n",
               [image(FLUX, "FLUX"), image(np.log(WAVE), "LAMBDAS")]),
    }
    for name, (expected, lines, hdus) in forms.items():
        images(name + ".fits", *hdus)
        out = attempt(name, f"  files: [{name}.fits]\n{lines}", word="W_NOISE_UNIFORM")
        found = read(out, "components.fits", "WAVELENGTH")
        assert np.allclose(found, expected, rtol=1e-8), (name, found[[0, -1]], expected[[0, -1]])
        assert read(out, "model.fits", "SCI").shape == (N, M)


def redshifts():
    """Of a column, of a catalogue in the order of the spectra or by a key, and without a match."""
    write_survey("ok.fits", FLUX, IVAR, WAVE, z=np.array([0.01, 0.02, -2.0, np.nan, 0.03, 0.04]))
    first = 39627658000000000
    images("key.fits", table("ZCAT", TARGETID=("K", first + np.array([5, 4, 3, 2, 1])),
                             ZBEST=("D", np.array([0.05, 0.04, 0.03, 0.02, 0.01]))))
    images("row.fits", table("ZCAT", Z=("D", np.arange(1, 7) / 100)))
    images("none.fits", table("ZCAT", TARGETID=("K", np.array([5, 4])),
                              Z=("D", np.array([0.05, 0.04]))))
    base = "  files: [ok.fits]\n  frame: rest\n"
    for name, lines, expected in (
            ("own", "", [0.01, 0.02, 0.03, 0.04]),
            ("key", "  redshift: {file: key.fits, column: ZBEST, match: TARGETID}\n",
             [0.01, 0.02, 0.03, 0.04, 0.05]),
            ("row", "  redshift: {file: row.fits, hdu: 1}\n", np.arange(1, 7) / 100),
            ("chosen", "  select: {column: Z, range: [0.015, 0.035]}\n", [0.02, 0.03])):
        out = attempt(name, base + lines)
        found = fits.getdata(f"{out}/components.fits", "SPECTRA")["z"]
        assert np.allclose(found, expected), (name, found)
        wave = read(out, "components.fits", "WAVELENGTH")
        second = sorted(expected)[-2]  # where two spectra reach
        assert abs(wave[0] * (1 + second) / WAVE[0] - 1) < 2e-4, name
    for name, lines, word in (
            ("short", "{file: none.fits}", "2 redshifts for 6 spectra"),
            ("unmatched", "{file: none.fits, match: TARGETID}", "no spectrum is left of 6"),
            ("column", "{column: ZZ}", "has a column ZZ"),
            ("catalogue", "{file: row.fits, column: ZZ}", "has a column ZZ"),
            ("match", "{file: row.fits, match: FIBER}", "has a column FIBER")):
        attempt(name, f"{base}  redshift: {lines}\n", 65, word)
    attempt("absent", base + "  redshift: {file: nowhere.fits}\n", 66, "nowhere.fits")


def plates():
    """HDUs by number, flags by bit, identifiers of headers and tables."""
    flags = np.zeros((N, M), "i4")
    flags[:, 5], flags[:, 9] = 1, 2 ** 22
    primary = fits.PrimaryHDU(FLUX)
    for key, value in (("CRVAL1", 3.6), ("CD1_1", 1e-4), ("DC-FLAG", 1), ("PLATE", 266),
                       ("MJD", 51630)):
        primary.header[key] = value
    images("plate.fits", fits.ImageHDU(IVAR), fits.ImageHDU(flags),
           table("", FIBERID=("J", np.arange(1, N + 1)), NAME=("4A", ["a", "b", "c"] * 2)),
           primary=primary)
    lines = "  files: [plate.fits]\n  flux_hdu: 0\n  ivar_hdu: 1\n  mask_hdu: 2\n"
    out = attempt("plate", lines + "  mask_bits: [22]\n")
    spectra = fits.getdata(f"{out}/components.fits", "SPECTRA")
    assert (spectra["FIBERID"] == np.arange(1, N + 1)).all() and (spectra["PLATE"] == 266).all()
    assert (spectra["MJD"] == 51630).all() and (spectra["n_valid"] == M - 1).all()
    out = attempt("allbits", lines + "  id_columns: [NAME]\n")
    spectra = fits.getdata(f"{out}/components.fits", "SPECTRA")
    assert list(spectra["NAME"][:3]) == ["a", "b", "c"] and (spectra["n_valid"] == M - 2).all()
    assert "PLATE" not in spectra.names


def arms():
    """Overlapping arms: the mean by inverse variance, and its inverse variance."""
    hdus = []
    for k, (arm, first) in enumerate((("B", 0), ("R", 200))):
        hdus += [image(FLUX[:, first:] + 0.1 * k, f"{arm}_FLUX"),
                 image(IVAR[:, first:] * (1 + 2 * k), f"{arm}_IVAR"),
                 image(WAVE[first:], f"{arm}_WAVELENGTH")]
    hdus[0] = image(FLUX[:, :250], "B_FLUX")
    hdus[1] = image(IVAR[:, :250], "B_IVAR")
    hdus[2] = image(WAVE[:250], "B_WAVELENGTH")
    images("arms.fits", *hdus)
    out = attempt("arms", "  files: [arms.fits]\n  arms: [R, B]\n")
    model, residual = (read(out, name, "SCI") for name in ("model.fits", "residual.fits"))
    joined = FLUX.astype("f8") + np.where(np.arange(M) < 200, 0, np.where(np.arange(M) < 250,
                                                                         0.075, 0.1))
    assert np.abs(model + residual - joined).max() < 1e-5
    error = read(out, "residual.fits", "ERR") ** 2 + read(out, "model.fits", "ERR") ** 2
    assert np.allclose(1 / error, 400 * np.where(np.arange(M) < 200, 1, np.where(
        np.arange(M) < 250, 4, 3)), rtol=1e-3)
    attempt("armless", "  files: [arms.fits]\n", 65, "spectra.arms: [B, R, Z]")
    attempt("noarm", "  files: [arms.fits]\n  arms: [B, X]\n", 65, "no HDU is named X_FLUX")


def refused():
    """One line each: what is wrong, and where."""
    single("one.fits")
    for name, columns, spectra, word in (
            ("fluxcol", {}, "  flux_column: counts\n", "columns counts, loglam or wavelength"),
            ("ivarcol", {}, "  ivar_column: iv\n", "columns flux, loglam or wavelength, iv"),
            ("errcol", {}, "  error_column: sig\n", "columns flux, loglam or wavelength, sig"),
            ("maskcol", {}, "  mask_column: mm\n", "columns flux, loglam or wavelength, mm"),
            ("wavecol", {}, "  wavelength_column: ll\n", "columns flux, ll"),
            ("longmask", {"and_mask": ("3J", np.zeros((M, 3)))}, "",
             "and_mask holds 3 values a row in 300 rows"),
            ("nanwave", {"loglam": ("D", np.where(np.arange(M) == 7, np.nan, LOGLAM))}, "",
             "wavelength 8 is not a finite number"),
            ("zigzag", {"loglam": ("D", np.roll(LOGLAM, 5))}, "", "neither rise nor fall")):
        single(name + ".fits", **columns)
        attempt(name, f"  files: [{name}.fits]\n{spectra}", 65, word)
    for name, hdus, word in (
            ("ivarshape", [image(FLUX, "FLUX"), image(IVAR[:, 1:], "IVAR")],
             "the image is [6, 299], the flux is [6, 300]"),
            ("maskshape", [image(FLUX, "FLUX"), image(np.zeros((N, M - 2), "i4"), "MASK")],
             "the image is [6, 298], the flux is [6, 300]"),
            ("waveshape", [image(FLUX, "FLUX"), image(LOGLAM[3:], "LOGLAM")],
             "there are 297 wavelengths for 300 pixels"),
            ("nowave", [image(FLUX, "FLUX")], "the header has no wavelengths"),
            ("cube", [image(np.ones((2, 3, M), "f4"), "FLUX")], "not [n_spectra, n_wave]"),
            ("empty", [image(FLUX, "FLUX"), image(0 * IVAR, "IVAR"), image(LOGLAM, "LOGLAM")],
             "no spectrum holds a valid pixel")):
        images(name + ".fits", *hdus)
        attempt(name, f"  files: [{name}.fits]\n", 65, word)
    for name, lines, word in (
            ("noflux", "  flux_hdu: LIGHT\n", "no HDU is named LIGHT"),
            ("noid", "  id_columns: [NOPE]\n", "has a column NOPE"),
            ("noselect", "  select: {column: NOPE, range: [0, 1]}\n", "has a column NOPE"),
            ("none", "  select: {column: Z, range: [5, 6]}\n", "no spectrum is left of 6"),
            ("norange", "  range: [10.0, 20.0]\n", "no datum lies within 10 to 20 Angstrom")):
        attempt(name, f"  files: [ok.fits]\n{lines}", 65, word)


def treated():
    """What is treated as the documentation says, with a warning where something is lost."""
    ivar = IVAR.copy()
    ivar[2], ivar[3, 5] = -1.0, np.nan
    write_survey("negative.fits", FLUX, ivar, WAVE)
    out = attempt("negative", "  files: [negative.fits]\n", word="301 errors or inverse variances")
    assert list(fits.getdata(f"{out}/components.fits", "SPECTRA")["n_valid"]) == [M, M, 0, M - 1,
                                                                                 M, M]
    single("zero.fits", flux=("E", 0 * FLUX[0]))
    out = attempt("zero", "  files: [one.fits, zero.fits]\n")
    assert (read(out, "components.fits", "COEFFICIENTS")[1] == 0).all()
    attempt("zeromean", "  files: [one.fits, zero.fits]\n  normalise: mean\n",
            word="1 of 2 spectra have no positive flux")
    single("falling.fits", loglam=("D", LOGLAM[::-1]), flux=("E", FLUX[0, ::-1]))
    out = attempt("falling", "  files: [one.fits, falling.fits]\n")
    model = read(out, "model.fits", "SCI")
    assert np.abs(model[0] - model[1]).max() < 1e-6
    single("shifted.fits", loglam=("D", LOGLAM + 3.3e-5))
    out = attempt("shifted", "  files: [one.fits, shifted.fits]\n")
    assert "1 resampled" in open(f"{out}/run.log", encoding="utf-8").read()
    # Equal weights that were asked for need no warning.
    images("bare.fits", image(FLUX, "FLUX"), image(LOGLAM, "LOGLAM"))
    done = run("run", write_config("bare.yaml", "task: spectra\nspectra: {files: [bare.fits]}\n"
                                   "noise: {model: uniform}\ncomponents: {count: 1}\n"),
               "--output", fresh("out_bare"), "-q")
    assert "warning" not in done.stderr


def scales():
    """1 sigma in the place of inverse variance; norms within a window; ranges and bins."""
    write_survey("ivar.fits", FLUX, IVAR, WAVE)
    images("sigma.fits", image(FLUX, "FLUX"), image(1 / np.sqrt(IVAR), "NOISE"),
           image(LOGLAM, "LOGLAM"))
    single("columns.fits", sigma=("E", 1 / np.sqrt(IVAR[0])), light=("E", FLUX[0]))
    pairs = [("ivar", ""), ("sigma", "  error_hdu: NOISE\n")]
    a, b = (attempt(name, f"  files: [{name}.fits]\n{lines}") for name, lines in pairs)
    for product, extname in (("components.fits", "COEFFICIENTS"),
                             ("components.fits", "COEFFICIENTS_ERR"), ("residual.fits", "ERR")):
        assert np.allclose(read(a, product, extname), read(b, product, extname), rtol=1e-5)
    out = attempt("columns", "  files: [columns.fits]\n  flux_column: LIGHT\n"
                             "  error_column: Sigma\n")
    assert np.allclose(read(out, "residual.fits", "SCI") + read(out, "model.fits", "SCI"), FLUX[0],
                       atol=1e-6)
    window = (WAVE > 4050) & (WAVE < 4100)
    for kind, norm in (("mean", np.mean), ("median", np.median)):
        out = attempt(kind, f"  files: [ivar.fits]\n  normalise: {kind}\n"
                            "  normalise_window: [4050.0, 4100.0]\n")
        found = fits.getdata(f"{out}/components.fits", "SPECTRA")["norm"]
        assert np.allclose(found, norm(FLUX[:, window].astype("f8"), axis=1), rtol=1e-6), kind
    out = attempt("bins", "  files: [ivar.fits]\n  range: [4000.0, 4200.0]\n  bin: 4\n")
    wave = read(out, "components.fits", "WAVELENGTH")
    assert np.allclose(np.diff(np.log10(wave)), 4e-4) and 4000 <= wave[0] < wave[-1] <= 4200
    total = read(out, "residual.fits", "ERR") ** 2 + read(out, "model.fits", "ERR") ** 2
    assert abs(np.median(1 / total) / 1600 - 1) < 0.01  # four pixels of ivar 400


def lists():
    """Many files by a list: the order, the identifiers, and where each spectrum came from."""
    names = [f"spec-{k:03d}.fits" for k in range(40)]
    for k, name in enumerate(names):
        single(name, flux=("E", FLUX[k % N] * (1 + k)))
        fits.setval(name, "FIBERID", value=1000 - k)
    with open("list.txt", "w", encoding="utf-8") as file:
        file.write("\n".join(names) + "\n")
    out = attempt("list", '  files: ["@list.txt"]\n  normalise: median\n')
    spectra = fits.getdata(f"{out}/components.fits", "SPECTRA")
    assert list(spectra["file"]) == names and (spectra["FIBERID"] == 1000 - np.arange(40)).all()


wavelengths()
redshifts()
plates()
arms()
refused()
treated()
scales()
lists()
