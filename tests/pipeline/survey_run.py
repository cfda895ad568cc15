"""What the checks of task spectra share: simulated surveys with known templates, and files."""
from sequin_run import fits, np, write_config

N, M, K = 400, 400, 3
WAVE = 10 ** (3.6 + 1e-4 * np.arange(M))


def planted(n=N, m=M, seed=20):
    """Templates, coefficients, truth, and noisy data: 11 % below zero, 60 % missing.

    Each template is 0 somewhere where each of the others is not, and absent from some spectra:
    otherwise one could be taken from another, and no factorisation could tell them apart.
    """
    rng = np.random.default_rng(seed)
    x = np.arange(m) / m
    templates = np.array([(np.clip(1.0 - 1.25 * x, 0, None) + np.clip(8 * x - 7.5, 0, None))
                          * (abs(x - 0.26) > 0.02),
                          np.exp(-0.5 * ((x - 0.3) / 0.05) ** 2) * (abs(x - 0.3) < 0.15),
                          np.clip(1.5 * x - 0.4, 0, None) * (x < 0.93)])
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    amounts = rng.gamma(2.0, 10.0 * (m / M) ** 0.2, (n, K)) * (rng.random((n, K)) < 0.75)
    truth = amounts @ templates
    sigma = np.full((n, m), 0.45)
    data = truth + sigma * rng.standard_normal((n, m))
    missing = rng.random((n, m)) < 0.6
    negative, share = np.mean(data[~missing] < 0), missing.mean()
    print(f"{100 * negative:.1f} % negative, {100 * share:.1f} % missing")
    assert abs(negative - 0.11) < 0.01 and abs(share - 0.6) < 0.01
    return templates, amounts, truth, data, sigma, missing


def write_survey(name, flux, ivar, wave=WAVE, loglam=True, z=None, mask=None):
    """FLUX, IVAR, MASK and wavelengths as images, TARGETID (and Z) in a table."""
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(flux.astype("f4"), name="FLUX")]
    if ivar is not None:
        hdus.append(fits.ImageHDU(ivar.astype("f4"), name="IVAR"))
    if mask is not None:
        hdus.append(fits.ImageHDU(mask.astype("i4"), name="MASK"))
    hdus.append(fits.ImageHDU(np.log10(wave) if loglam else wave,
                              name="LOGLAM" if loglam else "WAVELENGTH"))
    columns = [fits.Column("TARGETID", "K", array=39627658000000000 + np.arange(len(flux)))]
    if z is not None:
        columns.append(fits.Column("Z", "D", array=z))
    hdus.append(fits.BinTableHDU.from_columns(columns, name="META"))
    fits.HDUList(hdus).writeto(name, overwrite=True)
    return name


def configure(name, files, extra="", count=K, blocks=""):
    return write_config(name, f"task: spectra\ntitle: survey\nspectra:\n  files: [{files}]\n{extra}"
                              f"components: {{count: {count}}}\n{blocks}")


def cosines(found, templates):
    """Of found and planted templates, [found, planted]."""
    found = np.nan_to_num(found)
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    return found @ templates.T
