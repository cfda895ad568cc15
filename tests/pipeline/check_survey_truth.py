"""Task spectra against what was planted: many spectra, either orientation, every option."""
import json

from sequin_run import fits, fresh, np, read, run, verify, write_config
from survey_run import K, configure, cosines, planted, write_survey

N, M = 4000, 200
WAVE = 10 ** (3.6 + 1e-4 * np.arange(M))
TEMPLATES, AMOUNTS, TRUTH, DATA, SIGMA, MISSING = planted(N, M, 31)
IVAR = np.where(MISSING, 0.0, 1 / SIGMA ** 2)


def write_templates(name, templates):
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(templates.astype("f4"), name="COMPONENTS"),
                  fits.ImageHDU(WAVE, name="WAVELENGTH")]).writeto(name, overwrite=True)


def pulls(folder, order=None, interior=False):
    """Of coefficients away from the bound at 0; `interior`: of spectra in which all are."""
    order = np.arange(K) if order is None else order
    found = read(folder, "components.fits", "COEFFICIENTS")[:, order]
    error = read(folder, "components.fits", "COEFFICIENTS_ERR")[:, order]
    strong = (AMOUNTS > 5 * np.nanmedian(error)) & (error > 0)
    if interior:
        strong &= strong.all(axis=1, keepdims=True)
    return (found - AMOUNTS)[strong] / error[strong]


def absent(folder, order=None):
    """What templates get in spectra that do not have them, over the median error."""
    order = np.arange(K) if order is None else order
    found = read(folder, "components.fits", "COEFFICIENTS")[:, order]
    error = read(folder, "components.fits", "COEFFICIENTS_ERR")
    return found[AMOUNTS == 0].mean() / np.median(error[error > 0])


def coefficients():
    """Unbiased within their errors with known templates; negatives set to 0 bias them.

    Beside a template that is held at 0 the others are not free to scatter, so that their errors
    lean a little to one side: where all are free there is no bias.
    """
    write_templates("truth.fits", TEMPLATES)
    write_survey("many.fits", np.where(MISSING, 0.0, DATA), IVAR, WAVE)
    write_survey("clipped.fits", np.where(MISSING, 0.0, np.maximum(DATA, 0.0)), IVAR, WAVE)
    lean = {}
    for name in ("many", "clipped"):
        run("run", write_config(f"{name}_known.yaml", "task: spectra\n"
                                f"spectra: {{files: [{name}.fits]}}\n"
                                "components: {load: truth.fits}\n"),
            "--output", fresh(f"{name}_known"))
        for interior in (False, True):
            pull = pulls(f"{name}_known", interior=interior)
            lean[name, interior] = pull.mean()
            print(f"{name}, {'all free' if interior else 'free'}: pull mean {pull.mean():.3f}, "
                  f"width {pull.std():.3f}, {pull.size} of them")
            assert name == "clipped" or abs(pull.std() - 1) < 0.1
        lean[name] = absent(f"{name}_known")
        print(f"{name}: absent templates get {lean[name]:.3f} of an error")
    assert abs(lean["many", True]) < 0.05 and abs(lean["many", False]) < 0.075
    assert abs(lean["clipped", False]) > 1.5 * abs(lean["many", False])
    assert lean["clipped"] > 1.5 * lean["many"]


def shapes():
    """Templates of many spectra; their errors; the pulls with these templates, too."""
    run("run", configure("many.yaml", "many.fits"), "--output", fresh("many"))
    verify("many")
    overlap = cosines(read("many", "components.fits", "COMPONENTS"), TEMPLATES)
    order = overlap.argmax(axis=0)
    print("cosines", np.round(overlap.max(axis=0), 5))
    assert overlap.max(axis=0).min() > 0.999
    found = read("many", "components.fits", "COMPONENTS")[order]
    error = read("many", "components.fits", "COMPONENTS_ERR")[order]
    strong = (error > 0) & (TEMPLATES > 5 * error)
    scatter = ((found - TEMPLATES) / np.where(error > 0, error, np.nan))[strong]
    print(f"templates over their errors: width {1.4826 * np.median(abs(scatter)):.3f}")
    assert abs(1.4826 * np.median(abs(scatter)) - 1) < 0.2
    own = pulls("many", order)
    print(f"with these templates: pull mean {own.mean():.3f}, width {own.std():.3f}")
    run("run", configure("zeroed.yaml", "clipped.fits"), "--output", fresh("zeroed"))
    overlap = cosines(read("zeroed", "components.fits", "COMPONENTS"), TEMPLATES)
    zeroed = pulls("zeroed", overlap.argmax(axis=0))
    print(f"negatives set to 0: cosines {np.round(overlap.max(axis=0), 5)}, pull mean "
          f"{zeroed.mean():.3f}")
    assert abs(zeroed.mean()) > 3 * abs(own.mean())


def orientation():
    """Spectra long or wavelengths long: the same templates and errors."""
    n = 203  # two more wavelengths of next to no weight make these the longer axis
    flux, ivar = np.where(MISSING, 0.0, DATA)[:n], IVAR[:n]
    wave = np.append(WAVE, WAVE[-1] * 10 ** (1e-4 * np.arange(1, 5)))
    light = np.full((n, 4), 1e-9)
    write_survey("narrow.fits", flux, ivar, WAVE)
    write_survey("wide.fits", np.hstack([flux, np.ones((n, 4))]), np.hstack([ivar, light]), wave)
    for name in ("narrow", "wide"):
        write_config(name + ".yaml", f"task: spectra\nspectra: {{files: [{name}.fits]}}\n"
                                     f"components: {{count: {K}, tolerance: 1.0e-9, "
                                     "max_iterations: 5000}\n")
        run("run", name + ".yaml", "--output", fresh(name))
    for extname, limit in (("COMPONENTS", 2e-3), ("COMPONENTS_ERR", 2e-2)):
        a, b = (read(name, "components.fits", extname)[:, :M] for name in ("narrow", "wide"))
        difference = np.abs(a - b).max() / a.max()
        print(f"{extname} of either orientation differ by {difference:.1e} of the largest")
        assert difference < limit


def loaded():
    """Templates taken back with every option: training spectra keep their coefficients."""
    z = np.full(300, 10 ** 13e-4 - 1)
    flux = np.where(MISSING, 0.0, DATA + 1.385)[:300]
    write_survey("moved.fits", flux, IVAR[:300], WAVE * (1 + z[0]), z=z)
    for name, spectra, components in (
            ("plain", "", ""), ("flat", "", ", background: flat"),
            ("median", "  normalise: median\n", ""), ("rest", "  frame: rest\n", ""),
            ("all", "  frame: rest\n  normalise: mean\n", ", background: flat")):
        text = f"task: spectra\nspectra:\n  files: [moved.fits]\n{spectra}components: {{"
        run("run", write_config("build.yaml", f"{text}count: {K}{components}}}\n"), "--output",
            fresh("build"))
        run("run", write_config("load.yaml", f"{text}load: build/components.fits{components}}}\n"),
            "--output", fresh("load"))
        for extname in ("COEFFICIENTS", "COEFFICIENTS_ERR"):
            a, b = (read(folder, "components.fits", extname) for folder in ("build", "load"))
            difference = np.nanmax(np.abs(a - b)) / np.nanmax(np.abs(a))
            print(f"{name}: {extname} differ by {difference:.1e} of the largest")
            assert difference < 1e-4 and (np.isnan(a) == np.isnan(b)).all()
        table = [fits.getdata(f"{folder}/components.fits", "SPECTRA")
                 for folder in ("build", "load")]
        for column in set(table[0].names) - {"file"}:
            a, b = table[0][column], table[1][column]
            assert np.allclose(a, b, rtol=1e-4, atol=1e-4, equal_nan=True), column
        assert ("background" in table[0].names) == bool(components)


def noise():
    """Outliers are missing and flagged; errors get their scale; hidden data choose the count."""
    rng = np.random.default_rng(5)
    flux, hit = np.where(MISSING, 0.0, DATA)[:300], np.zeros((300, M), bool)
    places = np.argwhere(~MISSING[:300])
    hit[tuple(places[rng.choice(len(places), 60, replace=False)].T)] = True
    flux = flux + 40 * SIGMA[:300] * hit
    write_survey("hit.fits", flux, 4 * IVAR[:300], WAVE)  # errors too small by a half
    for name, components in (("own", f"count: {K}"), ("known", "load: truth.fits")):
        run("run", write_config(
            f"{name}.yaml", "task: spectra\nspectra: {files: [hit.fits]}\n"
            f"components: {{{components}}}\nnoise: {{clip_sigma: 5, rescale: true}}\n"),
            "--output", fresh(name))
        flags = read(name, "residual.fits", "FLAGS")
        found = (flags & 16) != 0
        with open(f"{name}/run.log", encoding="utf-8") as log:
            scale = float(log.read().split("multiplied by ")[1].split()[0])
        print(f"{name}: {(found & hit).sum()} of 60 outliers found, {(found & ~hit).sum()} others, "
              f"scale {scale}")
        assert (found & hit).sum() >= 57 and (found & ~hit).sum() <= 6
        assert (flags[found] & 1).all() and abs(scale - 2) < 0.1
        summary = json.load(open(f"{name}/manifest.json", encoding="utf-8"))["summary"]
        assert abs(summary["chi2_reduced_median"] - 1) < 0.1, summary
        assert summary["n_clipped"] == found.sum() and abs(summary["error_scale"] - scale) < 1e-3
    run("run", configure("auto.yaml", "many.fits", count="auto, max_count: 6"), "--output",
        fresh("auto"))
    report = open("auto/report.html", encoding="utf-8").read()
    chosen = read("auto", "components.fits", "COMPONENTS").shape[0]
    heldout = read("auto", "components.fits", "FRV")["frv_heldout"]
    print(f"auto: {chosen} templates, frv_heldout {np.round(heldout, 4)}")
    assert chosen == K and "predict hidden data" in report and np.isfinite(heldout).all()


coefficients()
shapes()
orientation()
loaded()
noise()
