"""`combine.by: file`: every group is combined, and judged, not only the first."""
import json
import os

from sequin_run import SOURCE, fits, fresh, np, read, run, verify

with fits.open(os.path.join(SOURCE, "testdata/science.fits")) as hdus:
    sci, sigma, dq = (np.array(hdus[name].data) for name in ("SCI", "ERR", "DQ"))
    header = hdus["SCI"].header

y, x = np.mgrid[1:97, 1:97]
radius = np.hypot(x - 48.5, y - 48.5)
noise = sigma[:, 48, 90].mean()
sci[5:] += 400 * noise * np.exp(-((x - 30) ** 2 + (y - 22) ** 2) / 6)  # only in the second
sci[5:, (radius > 41) & (radius < 44)] -= 20 * noise
for name, part in (("a.fits", slice(0, 5)), ("b.fits", slice(5, 10))):
    new = [fits.PrimaryHDU()]
    for extname, data in (("SCI", sci), ("ERR", sigma), ("DQ", dq)):
        new.append(fits.ImageHDU(data[part], name=extname))
    for key in ("STARCENX", "STARCENY", "BUNIT"):
        new[1].header[key] = header[key]
    fits.HDUList(new).writeto(name, overwrite=True)

with open("groups.yaml", "w", encoding="utf-8") as file:
    file.write(f"""task: imaging
science: {{files: [a.fits, b.fits], fwhm: 4.0}}
references: {{files: [{os.path.join(SOURCE, 'testdata/references.fits')}]}}
region: {{inner_radius: 8, outer_radius: 46}}
components: {{count: 2}}
combine: {{by: file}}
""")
done = run("run", "groups.yaml", "--output", fresh("out"))
verify("out")
assert "W_OVERSUBTRACTION" in done.stderr and "group 2 of 2 (b.fits)" in done.stderr, done.stderr

snr = read("out", "disk.fits", "SNR")
assert snr.shape == (2, 2, 96, 96)
summary = json.load(open("out/manifest.json", encoding="utf-8"))["summary"]
assert summary["n_group"] == 2 and summary["snr_peak_group"] == 2
assert np.allclose(summary["snr_peak_of_group"], np.nanmax(snr[:, -1], axis=(1, 2)))
assert np.isclose(summary["snr_peak"], np.nanmax(snr[:, -1]))
assert np.hypot(summary["snr_peak_x"] - 30, summary["snr_peak_y"] - 22) < 5

report = open("out/report.html", encoding="utf-8").read()
assert f"is {summary['snr_peak']:.1f}, at (" in report and "in group 2 of 2 (b.fits)" in report
assert "By group of frames" in report
