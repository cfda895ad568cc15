"""Task spectra from outside: surveys as they are published, a simulated one, and bad input."""
import json
import os

from sequin_run import SHARED, datasums, fits, fresh, need, np, read, run, verify, write_config
from survey_run import K, M, N, WAVE, configure, cosines, planted, write_survey

RNG = np.random.default_rng(21)

def simulated():
    """Shapes, coefficients within their errors, gaps filled; clipping is biased beside it."""
    templates, amounts, truth, data, sigma, missing = planted()
    ivar = np.where(missing, 0.0, 1 / sigma ** 2)
    filled = np.where(missing, 1e30, data)
    write_survey("planted.fits", filled, ivar)
    run("run", configure("planted.yaml", "planted.fits"), "--output", fresh("planted"))
    verify("planted")
    overlap = cosines(read("planted", "components.fits", "COMPONENTS"), templates)
    assert overlap.max(axis=0).min() > 0.99, overlap
    # The coefficients with the true templates: unbiased, and of the width that is said.
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(templates.astype("f4"), name="COMPONENTS"),
                  fits.ImageHDU(WAVE, name="WAVELENGTH")]).writeto("truth.fits",
                                                                   overwrite=True)
    text = ("task: spectra\nspectra: {files: [planted.fits]}\n"
            "components: {load: truth.fits}\n")
    run("run", write_config("known.yaml", text), "--output", fresh("known"))
    found = read("known", "components.fits", "COEFFICIENTS")
    error = read("known", "components.fits", "COEFFICIENTS_ERR")
    strong = amounts > 5 * np.nanmedian(error)  # away from the bound at 0
    strong &= error > 0
    pull = (found - amounts)[strong] / error[strong]
    print(f"pulls: mean {pull.mean():.3f}, width {pull.std():.3f}, {pull.size} of them")
    assert abs(pull.mean()) < 0.05 + 2 / np.sqrt(pull.size)
    assert abs(pull.std() - 1) < 0.1
    # Where data are missing the model predicts them, within its error.
    model = read("planted", "model.fits", "SCI")
    model_err = read("planted", "model.fits", "ERR")
    known = missing & (model_err > 0)
    gap = (model - truth)[known] / model_err[known]
    print(f"gaps: mean pull {gap.mean():.3f}, width {gap.std():.3f}")
    assert np.isfinite(model).all() and abs(gap.std() - 1) < 0.15
    residual = read("planted", "residual.fits", "SCI")
    assert (np.isnan(residual) == missing).all()
    # Zero in the place of what is negative: faint light is overestimated.
    write_survey("clipped.fits", np.where(missing, 0.0, np.maximum(data, 0.0)), ivar)
    run("run", configure("clipped.yaml", "clipped.fits"), "--output", fresh("clipped"))
    faint = truth < 0.5 * sigma
    bias = [np.mean((read(name, "model.fits", "SCI") - truth)[faint] / sigma[faint])
            for name in ("planted", "clipped")]
    print(f"faint light: kept {bias[0]:.3f} sigma, clipped {bias[1]:.3f} sigma")
    assert bias[0] < 0.1 and bias[1] > 3 * bias[0]


def loaded():
    """The file that a run writes is taken back; training spectra get the same coefficients."""
    text = ("task: spectra\nspectra: {files: [planted.fits]}\n"
            "components: {load: planted/components.fits}\n")
    run("run", write_config("again.yaml", text), "--output", fresh("again"))
    a = read("planted", "components.fits", "COEFFICIENTS")
    b = read("again", "components.fits", "COEFFICIENTS")
    assert np.abs(a - b).max() <= 1e-4 * np.abs(a).max(), np.abs(a - b).max()
    # On a part of the wavelengths, and redshifted by 13 pixels: still their grid.
    with fits.open("planted.fits") as hdus:
        flux, ivar = hdus["FLUX"].data, hdus["IVAR"].data
    z = np.full(N, 10 ** (13e-4) - 1)
    write_survey("shifted.fits", flux[:, 50:350], ivar[:, 50:350], WAVE[50:350] * (1 + z[0]),
                 z=z)
    text = ("task: spectra\nspectra: {files: [shifted.fits], frame: rest}\n"
            "components: {load: planted/components.fits}\n")
    run("run", write_config("shifted.yaml", text), "--output", fresh("shifted"))
    assert read("shifted", "model.fits", "SCI").shape == (N, M)
    flags = read("shifted", "model.fits", "FLAGS")
    assert (flags[:, :50] & 1).all() and (flags[:, 350:] & 1).all()
    c = read("shifted", "components.fits", "COEFFICIENTS")
    error = read("shifted", "components.fits", "COEFFICIENTS_ERR")
    assert np.nanmedian(np.abs(c - a) / np.maximum(error, 1e-9)) < 1.0
    run("run", write_config("count.yaml", text.replace(
        "fits}\n", "fits, count: 7}\n")), "--output", fresh("count"), expect=78)


def normalised():
    """Normalisation is undone: coefficients and model are in the unit of the data."""
    configure("norm.yaml", "planted.fits", "  normalise: mean\n")
    done = run("run", "norm.yaml", "--output", fresh("norm"))
    table = fits.getdata("norm/components.fits", "SPECTRA")
    with fits.open("planted.fits") as hdus:
        flux = np.where(hdus["IVAR"].data > 0, hdus["FLUX"].data, np.nan)
    mean = np.nanmean(flux.astype("f8"), axis=1)
    used = mean > 0
    assert np.allclose(table["norm"][used], mean[used], rtol=1e-5)
    assert np.isnan(table["norm"][~used]).all() and (~used).any() and "W_NORM" in done.stderr
    assert (table["TARGETID"] == 39627658000000000 + np.arange(N)).all()
    model, residual = read("norm", "model.fits", "SCI"), read("norm", "residual.fits", "SCI")
    assert np.nanmax(np.abs(flux - model - residual)) < 1e-4 * np.nanmax(flux)
    products = read("norm", "components.fits", "COEFFICIENTS") @ np.nan_to_num(
        read("norm", "components.fits", "COMPONENTS"))
    assert np.nanmax(np.abs(products - model)) < 1e-4 * np.nanmax(model)


def guarantees():
    """Bits depend neither on threads nor on what lies under weight 0; run.yaml repeats a run."""
    run("run", "planted.yaml", "--output", fresh("one"), threads=1)
    run("run", "planted/run.yaml", "--output", fresh("repeated"))
    first = datasums("planted")
    assert first == datasums("one")
    assert first == datasums("repeated")
    with fits.open("planted.fits") as hdus:
        hdus["FLUX"].data[hdus["IVAR"].data == 0] = np.nan
        os.makedirs("masked", exist_ok=True)
        hdus.writeto("masked/planted.fits", overwrite=True)  # SPECTRA holds the name
    run("run", configure("nan.yaml", "masked/planted.fits"), "--output", fresh("nan"))
    assert first == datasums("nan")


def smooth():
    """The penalty takes noise out of the templates; redrock's layout is taken back."""
    text = ("task: spectra\nspectra: {files: [planted.fits], template: "
            "{type: GALAXY, igm: Inoue14, redshifts: [0.01, 1.7, 3.0e-4]}}\n"
            f"components: {{count: {K}, smooth: 30, tolerance: 1.0e-3}}\n")
    run("run", write_config("smooth.yaml", text), "--output", fresh("smooth"))
    verify("smooth")
    rough, fine = (read(name, "components.fits", "COMPONENTS") for name in ("planted", "smooth"))
    bends = [np.square(np.diff(np.nan_to_num(x), 2, axis=1)).sum() for x in (rough, fine)]
    print(f"second differences: {bends[0]:.2e} without, {bends[1]:.2e} with the penalty")
    assert bends[1] < 0.1 * bends[0]
    card = fits.getheader("smooth/rrtemplate.fits", "BASIS_VECTORS")
    wave = 10 ** (card["CRVAL1"] + card["CDELT1"] * np.arange(card["NAXIS1"]))
    # What redrock's reader asks for, in its own words.
    assert card["LOGLAM"] == 1 and card["RRTYPE"] == "GALAXY" and card["RRMETHOD"] == "NMF"
    assert card["RRSUBTYP"] == "" and card["RRIGM"] == "Inoue14" and card["VERSION"]
    assert np.allclose(read("smooth", "rrtemplate.fits", "REDSHIFTS"), 10 ** np.arange(
        np.log10(1.01), np.log10(2.7), 3e-4) - 1, rtol=1e-12)
    assert np.isfinite(read("smooth", "rrtemplate.fits", "BASIS_VECTORS")).all()
    assert np.allclose(wave, WAVE, rtol=1e-12)
    text = ("task: spectra\nspectra: {files: [planted.fits]}\n"
            "components: {load: smooth/rrtemplate.fits}\n")
    run("run", write_config("redrock.yaml", text), "--output", fresh("redrock"))
    a, b = (read(name, "components.fits", "COEFFICIENTS") for name in ("smooth", "redrock"))
    assert np.abs(a - b).max() < 1e-4 * np.abs(a).max()


def bad_input():
    """One clear line each, or the documented treatment."""
    flux, ivar = RNG.random((6, M)) + 1, np.ones((6, M))
    flux[1], flux[2], ivar[2] = 0.0, np.nan, 0.0
    write_survey("odd.fits", flux, ivar)
    done = run("run", configure("odd.yaml", "odd.fits", count=2), "--output", fresh("odd"))
    assert "1 of 6 spectra hold no valid data" in done.stderr
    coeff = read("odd", "components.fits", "COEFFICIENTS")
    assert np.isnan(coeff[2]).all() and (coeff[1] == 0).all()
    wave = WAVE.copy()
    wave[7] = np.nan
    for name, bad, word in (("nan_wave", wave, "wavelength 8 is not a finite number"),
                            ("zigzag", WAVE[RNG.permutation(M)], "neither rise nor fall"),
                            ("negative", -WAVE, "wavelength 1 is -")):
        write_survey(name + ".fits", flux, ivar, bad, loglam=False)
        done = run("run", configure(name + ".yaml", name + ".fits"), "--output", fresh(name),
                   expect=65)
        lines = [line for line in done.stderr.splitlines() if "error" in line]
        assert len(lines) == 1 and "E_WAVELENGTH" in lines[0] and word in lines[0], lines
    write_survey("falling.fits", flux[:, ::-1], ivar, WAVE[::-1])
    run("run", configure("falling.yaml", "falling.fits", count=2), "--output",
        fresh("falling"))
    assert (read("odd", "components.fits", "COMPONENTS")
            == read("falling", "components.fits", "COMPONENTS")).all()
    # Grids that differ: the union, resampled.
    write_survey("other.fits", flux[3:], ivar[3:], np.linspace(4100, 4300, M), loglam=False)
    done = run("run", configure("two.yaml", "odd.fits, other.fits", count=2), "--output",
               fresh("two"), "-v")
    assert "3 resampled" in open("two/run.log", encoding="utf-8").read()


def real():
    """Published files: whole pixels to rest give the file that was moved by others."""
    folder = os.path.join(SHARED, "spectra")
    observed = os.path.join(folder, "boss3655_qso_obs.fits")
    rest = os.path.join(folder, "boss3655_qso_rest.fits")
    desi = os.path.join(folder, "desi_coadd_quasarnp.fits")
    need(observed, rest, desi)
    window = ("  range: [1150.0, 3000.0]\n"  # the first fibres begin before the observed file
              "  select: {column: FIBERID, range: [67, 1000]}\n")
    run("run", configure("moved.yaml", observed, window + "  frame: rest\n"), "--output",
        fresh("moved"))
    run("run", configure("given.yaml", rest, window), "--output", fresh("given"))
    for name in ("COMPONENTS", "COEFFICIENTS"):
        a, b = read("moved", "components.fits", name), read("given", "components.fits", name)
        assert np.array_equal(a, b, equal_nan=True), name
    verify("moved")
    # Emission lines stand where they belong, in every template.
    for count in (1, 2):
        run("run", configure("lines.yaml", observed, "  range: [1150.0, 3000.0]\n"
                             "  frame: rest\n  normalise: median\n"
                             "  select: {column: Z, range: [2.0, 5.0]}\n", count=count),
            "--output", fresh("lines"))
        wave = read("lines", "components.fits", "WAVELENGTH")
        for k, template in enumerate(read("lines", "components.fits", "COMPONENTS")):
            smooth = np.convolve(np.nan_to_num(template), np.ones(15) / 15, "same")
            for line, low, high in ((1215.7, 1195, 1235), (1549.1, 1500, 1590),
                                    (2799.1, 2750, 2850)):
                inside = (wave > low) & (wave < high)
                peak = wave[inside][np.argmax(smooth[inside])]
                print(f"template {k + 1} of {count}, line {line}: peak at {peak:.1f}")
                assert abs(peak - line) < 0.006 * line, (line, peak)
    run("run", configure("desi.yaml", desi, "  arms: [B, R, Z]\n"), "--output",
        fresh("desi"))
    assert read("desi", "components.fits", "WAVELENGTH").size == 7781
    numbers = json.load(open("desi/manifest.json", encoding="utf-8"))["summary"]
    assert numbers["n_spectrum"] == 25 and numbers["n_with_data"] == 24
    # Single files with masks, and a plate with neither inverse variances nor a table.
    single = os.path.join(folder, "spec-3655-55240-*.fits")
    run("run", configure("single.yaml", f'"{single}"', "  range: [4000.0, 9000.0]\n", count=1),
        "--output", fresh("single"))
    table = fits.getdata("single/components.fits", "SPECTRA")
    assert list(table["FIBERID"]) == [2, 30, 66] and abs(table["z"][0] - 2.3552384) < 1e-6
    with fits.open(single.replace("*", "0030")) as hdus:
        spec = hdus[1].data
    keep = (spec["loglam"] > np.log10(4000)) & (spec["loglam"] < np.log10(9000))
    assert table["n_valid"][1] == ((spec["ivar"] > 0) & (spec["and_mask"] == 0) & keep).sum()
    plate = os.path.join(folder, "boss_spPlate-4055-55359-0020.fits")
    done = run("run", configure("plate.yaml", plate, count=1), "--output", fresh("plate"))
    assert "W_NOISE_UNIFORM" in done.stderr
    assert abs(read("plate", "components.fits", "WAVELENGTH")[0] - 10 ** 3.5529) < 1e-4
    done = run("run", configure("armless.yaml", desi), "--output", fresh("armless"),
               expect=65)
    assert "spectra.arms: [B, R, Z]" in done.stderr


simulated()
loaded()
normalised()
guarantees()
smooth()
bad_input()
real()
