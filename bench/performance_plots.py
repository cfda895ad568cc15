"""The plots of docs/performance.md."""
import os

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy  # noqa: E402

COLOURS = {"small": "#4477aa", "medium": "#ee6677", "large": "#228833", "spectra": "#aa3377"}
SIZE = (7.0, 4.2)  # inches


def logarithmic(axes, *names):
    """Logarithmic axes, where there is anything to draw."""
    if any((numpy.asarray(line.get_ydata()) > 0).any() for line in axes.get_lines()
           if len(line.get_xdata()) and line.get_transform() == axes.transData):
        axes.set(**{f"{name}scale": "log" for name in names})


def finish(figure, folder, name):
    figure.tight_layout()
    figure.savefig(os.path.join(folder, name), dpi=90, metadata={"Software": None})
    plt.close(figure)


def intensity(k):
    """Operations per byte of data and weights."""
    return 2 * k * (k + 5) / 8


def roofline(folder, t):
    figure, axes = plt.subplots(figsize=SIZE)
    best = t.values_of("kind", section="machine", quantity="multiply_add_peak")
    peak = t.value(section="machine", kind=best[-1] if best else "", threads=2,
                   quantity="multiply_add_peak")
    memory = t.value(section="machine", kind="512 MiB", threads=2, quantity="read_bandwidth")
    x = [intensity(1) / 2, intensity(60) * 2]
    edge = peak / memory
    axes.plot([x[0], edge, x[1]], [x[0] * memory, peak, peak], color="black",
              label="peak and memory (512 MiB)")
    for name, colour in COLOURS.items():
        found = t.find(section="pass", set=name, quantity="speed", threads=2)
        k = [int(row["k"]) for row in found]
        axes.plot([intensity(n) for n in k], [float(row["value"]) for row in found], "o-",
                  color=colour, label=name)
    for k in (1, 5, 10, 30, 60):
        axes.axvline(intensity(k), color="0.9", zorder=0)
        axes.text(intensity(k), 1.02, f"k = {k}", transform=axes.get_xaxis_transform(),
                  ha="center", fontsize=8)
    axes.set(xlabel="operations per byte", ylabel="GF/s")
    logarithmic(axes, "x", "y")
    axes.legend(fontsize=8)
    finish(figure, folder, "roofline.png")


def cumulative(values):
    total, sums = 0.0, []
    for value in values:
        total += value
        sums.append(total)
    return sums


def stages(t, section, kind, quantity):
    """Seconds up to and with each stage of the medium set, as far as they were measured."""
    seconds = []
    for k in range(1, 31):
        found = [row for row in t.find(section=section, set="medium", quantity=quantity,
                                       kind=f"{kind} stage {k}", threads=2)]
        if not found:
            break
        longest = max(found, key=lambda row: int(row["k"]))
        seconds.append(float(longest["value"]))
    return cumulative(seconds)


def build(folder, t):
    figure, axes = plt.subplots(figsize=SIZE)
    for section, kind, quantity, label, colour in (
            ("peers", "published", "seconds_estimated", "published scheme, NumPy", "#ccbb44"),
            ("mu", "mu", "seconds", "published rule, Sequin's mu", "#66ccee"),
            ("build", "anls", "seconds", "Sequin", "#ee6677")):
        seconds = stages(t, section, kind, quantity)
        axes.plot(range(1, len(seconds) + 1), seconds, "o-", ms=4, color=colour, label=label)
    axes.plot([10], [t.value(section="peers", set="medium", kind="sklearn cd",
                             quantity="seconds")], "s", color="#aa3377",
              label="scikit-learn (no weights)")
    axes.plot([10], [t.value(section="peers", set="medium", kind="klip",
                             quantity="seconds")], "^", color="black",
              label="principal components")
    axes.set(xlabel="components", ylabel="seconds, medium set")
    logarithmic(axes, "y")
    axes.legend(fontsize=8)
    finish(figure, folder, "build.png")


def scaling(folder, t):
    figure, panels = plt.subplots(1, 3, figsize=(9.0, 3.4), sharey=True)
    rows = t.find(section="scaling", quantity="pass")
    cases = [("frames", "n_frame", lambda row: row["n_pix"] == "65536" and row["k"] == "10",
              {at: at for at in (25, 50, 100, 200, 400)}),
             ("pixels", "n_pix", lambda row: row["n_frame"] == "100" and row["k"] == "10",
              {side**2: f"{side}\u00b2" for side in (64, 128, 256, 512)}),
             ("components", "k", lambda row: row["set"] == "100x256x256",
              {at: at for at in (1, 2, 5, 10, 20, 60)})]
    for axes, (label, column, chosen, ticks) in zip(panels, cases):
        for threads, style in ((1, "o-"), (2, "s-")):
            points = {int(row[column]): 1e3 * float(row["value"]) for row in rows
                      if chosen(row) and row["threads"] == str(threads)}
            x = sorted(points)
            axes.plot(x, [points[at] for at in x], style, ms=4,
                      label=f"{threads} thread" + ("s" if threads > 1 else ""))
            if threads == 2 and x:
                middle = x[len(x) // 2]
                size = intensity if column == "k" else float
                axes.plot(x, [points[middle] * size(at) / size(middle) for at in x], ":",
                          color="0.5")
        axes.set(xlabel=label)
        logarithmic(axes, "x", "y")
        axes.set_xticks(list(ticks), list(ticks.values()))
        axes.minorticks_off()
    panels[0].set_ylabel("a pass, ms")
    panels[0].legend(fontsize=8)
    finish(figure, folder, "scaling.png")


def draw(folder, t):
    """All plots, into a folder that exists."""
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False,
                         "axes.spines.right": False})
    roofline(folder, t)
    build(folder, t)
    scaling(folder, t)
