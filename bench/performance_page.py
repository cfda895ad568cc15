"""docs/performance.md out of the measured rows."""
import math
import os

import performance_plots
from performance_table import Table, count, markdown, milliseconds, number, percent

SETS = ["small", "medium", "large", "spectra"]
SIZES = {"small": "50 x 100^2", "medium": "100 x 256^2", "large": "300 x 400^2",
         "spectra": "5000 x 2000"}

INTRODUCTION = """# Performance

What Sequin takes, against what the machine can do and against other programs, all measured by `bench/` (its README says how to repeat it). Every number
is a median; every ratio and every fraction is formed from measurements taken in turn in the same run. The table behind this page is [`performance/measurements.csv`](performance/measurements.csv). A dash: not measured this time.

Machine: {processor}, {system}, {compiler}; {date}. Other programs used up to {load} of the processors while it was measured.
"""

METHOD = """## How it was measured

* **Data** are generated (`bench/scene.h`): speckles of a star whose 24 fields wander with time, under a halo, with photon and read noise, 0.5 % of the data missing and the
  star behind a mask; spectra of 20 kinds with 10 % missing. Weights are the inverse variances of each datum: nothing the solver could take a short cut for, unless said.
  Negative data are set to 0, because the peers demand it.
* **A pass** is one reading of the data with all its products, without the solution of the short side, which is given beside it. Peak, memory and pass are measured one after
  the other, round by round, and the fraction is the median of the rounds' fractions. Two operations are counted for each of k (k + 5) multiply-adds per element: two residuals (2 k), two gradients (2 k), two sets of Gram
  matrices (k (k + 1)); nothing else is counted. A kept pass takes the Gram matrices of an earlier one and has 4 k of these, if there is room to keep all of them and weights are not equal. The peak is what independent multiply-adds in registers reach with the widest instruction set; memory is read from a buffer of the size of the set's matrix.
* **A build** is `sqn_nmf_fit` with default options: one component after the other, the last stage to a relative fall of 1e-5 twice in a row, the others to 1e-4. Its passes are reads of the data; those of a sample count by its share.
* **The published scheme** is the rule of Zhu (2016) written in NumPy in the order of the published code and in double precision, with its default end: 1000 iterations per stage or a relative fall below 1e-5. One
  iteration of each stage is timed (the median of three) and multiplied by 3 for the first and 1000 for every later one, 9003 for ten components: the most that it can take. A stage may stop earlier:
  on the small set the scheme is also run to its end, and for the medium set its time is also given for the numbers of iterations that `mu`, the same rule from a random start, took in each stage.
* **scikit-learn** gets the same numbers with equal weights and nothing missing, single precision, its default start and end; then Sequin is timed until its chi2 is as low.
* **Principal components** (what KLIP uses): covariance of the frames, its eigenvectors, the basis, and the model of one frame, in double precision. It is another model: no weights, no missing data, not positive.
* **Whole runs** read references and ten science frames from FITS, build, model with every count, turn, combine and write. The seconds of a stage lie between two lines of its messages; each kind is run 21 times in a row.

## What these numbers do not say

* They are from one machine and generated scenes, one of each size. The number of passes depends on the data: real ones can take more or fewer.
* Files were read from the cache of the system: a disk may be slower than any reader.
* A lower chi2 of the references is not a better image of a disk.
* The peers were given an allocator that keeps its memory (`peers.py`), because page faults on a virtual machine would have slowed them down up to ten times; without it they are slower than here.
* The peers' times are of their common use from Debian's packages, not of the best that could be made of their algorithms.
* A processor shared with other virtual machines varies from second to second; quartiles are in the table.
"""


def machine_section(t):
    kinds = t.values_of("kind", section="machine", quantity="multiply_add_peak")
    speed = [[kind] + [number(t.value(section="machine", kind=kind, threads=n,
                                      quantity="multiply_add_peak")) for n in (1, 2)]
             for kind in kinds]
    sizes = t.values_of("kind", section="machine", quantity="read_bandwidth")
    memory = [[size] + [number(t.value(section="machine", kind=size, threads=n,
                                       quantity="read_bandwidth")) for n in (1, 2)]
              for size in sizes]
    return "\n\n".join([
        "## The machine",
        markdown(["float32 multiply-adds, GF/s", "1 thread", "2 threads"], speed),
        markdown(["reading memory, GB/s", "1 thread", "2 threads"], memory)])


def pass_row(t, name, k, kind="anls", section="pass"):
    def get(quantity, threads):
        return t.value(section=section, set=name, k=k, kind=kind, quantity=quantity,
                       threads=threads)
    return [name, k, milliseconds(get("pass", 1)), milliseconds(get("pass", 2)),
            number(get("gain_of_threads", 2)), milliseconds(get("solve", 2)),
            number(get("speed", 2)), percent(get("of_peak", 2)),
            percent(get("of_bandwidth", 2)), milliseconds(get("kept_pass", 2)),
            percent(get("kept_of_peak", 2))]


PASS_HEAD = ["k", "1 thread, ms", "2 threads, ms", "gain", "short side, ms", "GF/s",
             "of peak", "of bandwidth", "kept, ms", "kept, of peak"]


def pass_section(t):
    rows = [pass_row(t, name, k) for name in SETS
            for k in t.values_of("k", section="pass", set=name)]
    special = [[kind.removeprefix("anls ")] + pass_row(t, "medium", k, kind, "weights")[1:]
               for kind in t.values_of("kind", section="weights", measure="pass")
               for k in t.values_of("k", section="weights", kind=kind)]
    return "\n\n".join([
        "## A pass over the data",
        "![Speed of a pass against operations per byte](performance/roofline.png)",
        markdown(["set"] + PASS_HEAD, rows),
        "Kept: two threads, with the Gram matrices of an earlier pass, as most passes of a build are.",
        "The medium set with weights that allow a short cut; operations are counted as if they did not:",
        markdown(["weights"] + PASS_HEAD, special)])


def build_section(t):
    rows = []
    for name in SETS:
        for k in t.values_of("k", section="build", set=name):
            def get(quantity, threads, name=name, k=k):
                return t.value(section="build", set=name, k=k, kind="anls",
                               quantity=quantity, threads=threads)
            rows.append([name, SIZES[name], k, number(get("seconds", 1)),
                         number(get("seconds", 2)), count(get("passes", 0)),
                         number(get("chi2_per_datum", 0), 5)])
    stages = []
    for k in range(1, 11):
        def of(quantity, threads, k=k):
            return t.value(section="build", set="medium", k=10, kind=f"anls stage {k}",
                           quantity=quantity, threads=threads)
        stages.append([k, milliseconds(of("seconds", 2)), count(of("passes", 0)),
                       number(of("chi2_per_datum", 0), 5)])
    return "\n\n".join([
        "## Sequential builds",
        markdown(["set", "size", "components", "1 thread, s", "2 threads, s", "passes",
                  "chi2 per datum"], rows),
        "Stage by stage, medium, ten components:",
        markdown(["stage", "ms", "passes", "chi2 per datum"], stages),
        "`mu`, the published rule in C, medium, ten components: "
        f"{number(t.value(section='mu', kind='mu', quantity='seconds'))} s, "
        f"{count(t.value(section='mu', kind='mu', quantity='passes'))} passes, chi2 per datum "
        f"{number(t.value(section='mu', kind='mu', quantity='chi2_per_datum'), 5)}."])


def published_as_mu(t):
    """Seconds of the published scheme on the medium set at mu's numbers of iterations."""
    total = 0.0
    for k in range(1, 11):
        stage = t.value(section="peers", set="medium", kind=f"published stage {k}",
                        quantity="seconds_estimated") / (3 if k == 1 else 1000)
        total += stage * t.value(section="mu", kind=f"mu stage {k}", quantity="iterations")
    return total


def peers_section(t):
    def get(name, kind, quantity):
        return t.value(section="peers", set=name, kind=kind, quantity=quantity)
    rows = []
    for name in ("small", "medium"):
        rows.append([name, "published scheme in NumPy, 9003 iterations",
                     number(get(name, "published", "seconds_estimated")) + " (estimated)",
                     number(get(name, "sequin", "seconds")),
                     number(get(name, "published", "ratio"))])
    rows.append(["small", "the same, run to its end",
                 number(get("small", "published in full", "seconds")),
                 number(get("small", "sequin of the same round", "seconds")),
                 number(get("small", "published in full", "ratio"))])
    seconds = published_as_mu(t)
    rows.append(["medium", "the same, at the iterations of `mu`", number(seconds) + " (estimated)",
                 number(get("medium", "sequin", "seconds")),
                 number(seconds / get("medium", "sequin", "seconds"))])
    rows.append(["medium", "scikit-learn cd, equal weights",
                 number(get("medium", "sklearn cd", "seconds")),
                 number(get("medium", "sequin joint to that chi2", "seconds")),
                 number(get("medium", "sklearn cd", "ratio"))])
    for name in ("small", "medium", "large"):
        rows.append([name, "principal components",
                     number(get(name, "klip", "seconds")),
                     number(get(name, "sequin beside klip", "seconds")),
                     number(1 / get(name, "klip", "slower_than_klip"))])
    full = get("small", "published in full", "chi2_per_datum")
    own = get("small", "sequin of the same round", "chi2_per_datum")
    return "\n\n".join([
        "## Against others",
        "![Seconds against components](performance/build.png)",
        "Ten components, two threads.",
        markdown(["set", "peer", "peer, s", "Sequin, s", "Sequin is faster by"], rows),
        f"On the small set the published scheme ends at a chi2 per datum of {number(full, 5)} after "
        f"{count(get('small', 'published in full', 'iterations'))} iterations, Sequin at {number(own, 5)}. "
        f"One iteration of scikit-learn takes {milliseconds(get('medium', 'sklearn cd', 'seconds_per_iteration'))} ms; it stopped after "
        f"{count(get('medium', 'sklearn cd', 'iterations'))}."])


def target_section(t):
    rows = []
    for frames in t.values_of("n_frame", section="target", quantity="fit"):
        for kind in ("truncate", "stages"):
            def get(quantity, threads, frames=frames, kind=kind):
                return t.value(section="target", kind=kind, n_frame=frames, threads=threads,
                               quantity=quantity)
            rows.append([frames, kind, milliseconds(get("fit", 1)),
                         milliseconds(get("fit", 2)), milliseconds(get("fit_and_models", 2)),
                         f"{100 * get('of_build', 2):.2f} %"])
    factors = [[kind, milliseconds(t.value(section="target", kind=kind, quantity="scaling"))]
               for kind in ("bff-published", "bff")]
    return "\n\n".join([
        "## Modelling new frames",
        "Medium, 30 components, all 30 counts: coefficients with their covariances, and every model image.",
        markdown(["frames", "basis", "1 thread, ms", "2 threads, ms", "with the images, ms",
                  "of the build"], rows),
        markdown(["factor of one frame", "ms"], factors)])


def files_section(t):
    rows = []
    for name in t.values_of("set", section="files", measure="files"):
        def get(quantity, threads=0, name=name):
            return t.value(section="files", set=name, quantity=quantity, threads=threads)
        rows.append([name, number(get("file")), number(get("form")), number(get("write")),
                     number(get("read", 1)), number(get("read", 2)),
                     number(get("read_plain"))])
    return "\n\n".join([
        "## Files",
        "Data and errors as FITS, in MB/s; forming includes checksums and verification, reading every check of an input.",
        markdown(["set", "MB", "form", "write", "read, 1 thread", "read, 2 threads",
                  "bytes alone"], rows)])


def run_section(t):
    def get(kind, quantity, name="medium", k=10):
        return t.value(section="run", set=name, k=k, threads=2, kind=kind,
                       quantity=quantity)
    names = [kind.split(": ")[1] for kind in
             t.values_of("kind", section="run", set="medium", quantity="seconds")
             if kind.startswith("with plots: ")]
    rows = []
    for name in names:
        seconds = [get(f"{kind}: {name}", "seconds")
                   for kind in ("without plots", "with plots")]
        rows.append([name, milliseconds(seconds[0]),
                     percent(seconds[0] / get("without plots", "seconds")),
                     milliseconds(seconds[1]),
                     percent(seconds[1] / get("with plots", "seconds"))])
    rows.append(["**all**"] + [word for kind in ("without plots", "with plots")
                               for word in (milliseconds(get(kind, "seconds")), "")])
    memory = []
    for name, k in (("medium", 10), ("large", 10), ("large", 30)):
        memory.append([name, k] + [number(get("without plots", quantity, name, k))
                                   for quantity in ("matrix", "peak_memory",
                                                    "allowed_memory")])
    return "\n\n".join([
        "## Whole runs",
        "`sequin run`, medium, ten science frames, ten components, all counts, two threads. "
        f"The build alone took {milliseconds(get('without plots', 'build'))} ms; "
        f"the run without plots {number(get('without plots', 'of_build'), 4)} times as long. "
        "Runs of a kind follow each other without a pause; after three seconds of rest a run took "
        f"{milliseconds(get('without plots after a rest', 'seconds'))} ms, its build "
        f"{milliseconds(get('without plots after a rest', 'build'))}: the host of a virtual machine "
        "takes back what memory is free, and gives it again page by page.",
        markdown(["stage", "ms", "share", "with plots, ms", "share"], rows),
        "Peak memory in MB, without plots. Aim: 8 bytes per element of the matrix, 4 per pixel of every plane that is kept or written, and 200 MB.",
        markdown(["set", "components", "matrix", "peak", "aim"], memory)])


def survey_section(t):
    rows = []
    for n in t.values_of("n_frame", section="survey", measure="survey"):
        def get(quantity, n=n):
            return t.value(section="survey", n_frame=n, quantity=quantity)
        m = t.values_of("n_pix", section="survey", measure="survey")[0]
        matrix = 8e-6 * int(n) * int(m)
        rows.append([f"{n} x {m}", number(matrix), number(get("peak_memory")),
                     number(get("bytes_per_datum")), number(get("seconds")),
                     number(get("cpu_seconds")), count(get("passes")),
                     number(1e9 * get("cpu_seconds") / (int(n) * int(m)))])
    return "\n\n".join([
        "## Surveys",
        "`sequin run` of task spectra, five templates, a third of the data missing, two threads, products and pictures and all (`bench/survey.py`). The matrix is flux and inverse "
        "variance in float32, 8 bytes a datum; the run holds it once, beside a part that does not grow with the survey, and writes models, residuals, errors and flags a strip of rows at a time. Nothing grows faster than the number of "
        "spectra: the last column would. Each was run once; seconds of the clock (s) depend on what else the machine did, CPU seconds are of both threads together.",
        markdown(["spectra x wavelengths", "matrix, MB", "peak memory, MB", "bytes per datum",
                  "s", "CPU s", "passes of the build", "CPU ns per datum"], rows)])


def scaling_section(t):
    return "\n\n".join([
        "## Growth",
        "![A pass against frames, pixels and components](performance/scaling.png)",
        "A pass against the number of frames (256^2 pixels), of pixels (100 frames), both at k = 10, and of components (100 x 256^2); lines: in proportion."])


def requirements(t):
    """What was asked for: words, the measured number, its limit, whether more is better."""
    def passes(name, k, quantity="of_peak"):
        return t.value(section="pass", set=name, k=k, quantity=quantity, threads=2)

    def target(kind, quantity, frames):
        return t.value(section="target", kind=kind, quantity=quantity, n_frame=frames,
                       threads=1 if quantity == "scaling" else 2)

    def built(name, k):
        return t.value(section="build", set=name, k=k, kind="anls", quantity="seconds",
                       threads=2)

    def ratio(name, kind, quantity="ratio"):
        return t.value(section="peers", set=name, kind=kind, quantity=quantity)

    def run(quantity, name="medium", k=10):
        return t.value(section="run", set=name, k=k, threads=2, kind="without plots",
                       quantity=quantity)

    def chi2(section, kind):
        return t.value(section=section, set="medium", k=10, kind=kind,
                       quantity="chi2_per_datum")
    return [
        ("faster than the published scheme (9003 iterations), medium", ratio("medium", "published"), 1000, True),
        ("faster than the published scheme (9003 iterations), small", ratio("small", "published"), 500, True),
        ("chi2 over that of the published scheme, small",
         ratio("small", "sequin of the same round", "chi2_per_datum") /
         ratio("small", "published in full", "chi2_per_datum"), 1, False),
        ("chi2 over that of mu from a random start, medium",
         chi2("build", "anls") / chi2("mu", "mu"), 1, False),
        ("slower than principal components, medium",
         ratio("medium", "klip", "slower_than_klip"), 5, False),
        ("faster than scikit-learn to the same loss", ratio("medium", "sklearn cd"), 3, True),
        ("whole run over build, medium", run("of_build"), 1.5, False),
        *[(f"share of peak, {name}, k = {k}", passes(name, k), limit, True)
          for name in ("medium", "large") for k, limit in ((10, 0.5), (30, 0.65))],
        ("share of peak, spectra over medium, k = 10",
         passes("spectra", 10) / passes("medium", 10), 1, True),
        *[(f"two threads over one, {name}, k = {k}", passes(name, k, "gain_of_threads"), 1.9,
           True) for name in ("medium", "large") for k in (10, 30)],
        ("one target, all counts, truncated, ms", 1e3 * target("truncate", "fit", 1), 10, False),
        ("one target, all counts, stages, ms", 1e3 * target("stages", "fit", 1), 40, False),
        ("bff-published, one target, ms", 1e3 * target("bff-published", "scaling", 1), 20,
         False),
        ("100 targets over build, truncated", target("truncate", "of_build", 100), 0.05, False),
        ("100 targets over build, stages", target("stages", "of_build", 100), 0.15, False),
        ("30 components, medium, s", built("medium", 30), 10, False),
        ("30 components, large, s", built("large", 30), 90, False),
        ("peak memory over its aim, large, k = 30",
         run("peak_memory", "large", 30) / run("allowed_memory", "large", 30), 1, False),
    ]


def summary_section(t):
    rows = []
    for words, value, limit, more in requirements(t):
        met = "-" if math.isnan(value) else \
            "yes" if (value >= limit if more else value <= limit) else "**no**"
        rows.append([words, number(value), ("at least " if more else "at most ") + f"{limit:g}",
                     met])
    return "\n\n".join(["## In short", markdown(["", "measured", "aim", "met"], rows)])


def write(output, rows):
    """The page and its plots in the folder `output`."""
    t = Table(rows)
    loads = [float(row["value"]) for row in t.find(quantity="foreign_load")]
    head = INTRODUCTION.format(load=f"{100 * max(loads, default=math.nan):.0f} %",
                               **{name: t.text(name) for name in
                                  ("processor", "system", "compiler", "date")})
    performance_plots.draw(os.path.join(output, "performance"), t)
    sections = [summary_section, machine_section, pass_section, build_section, peers_section,
                target_section, run_section, survey_section, files_section,
                scaling_section]
    with open(os.path.join(output, "performance.md"), "w", encoding="utf-8") as file:
        file.write("\n\n".join([head.rstrip()] + [section(t) for section in sections] +
                               [METHOD.rstrip()]) + "\n")
