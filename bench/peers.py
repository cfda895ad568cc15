#!/usr/bin/env python3
"""What Sequin is compared with, run beside it on the same data: a table like sequin-bench's.

Usage: peers.py SEQUIN_BENCH COMPARISON [SET ...] [--k K] [--runs N] [--threads N] [--quick]

published   sequential construction by the multiplicative rule of Zhu (2016), in NumPy, as the
            published codes have it: double precision, pixels x frames, coefficients before
            components, chi2 after every iteration, 1000 iterations per stage or a relative fall
            below 1e-5. One iteration of every stage is timed and multiplied by the number of
            iterations that the stages take: 3 in the first, 1000 in each of the others.
converge    the same rule run to its end, to compare its chi2. Slow: use it on `small`.
sklearn     scikit-learn's NMF, solver cd, its defaults: equal weights, no missing data.
klip        principal components: eigenvectors of the covariance of the frames.

Every round runs Sequin, then its peer. Needs python3-numpy; sklearn: python3-sklearn.
"""
import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time

FIRST_STAGE, LATER_STAGES = 3, 1000  # iterations of the published scheme
TOLERANCE = 1e-5
COLUMNS = ["measure", "set", "kind", "n_frame", "n_pix", "k", "threads", "quantity", "unit",
           "value", "low", "high", "runs"]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench")
    parser.add_argument("comparison", choices=["published", "converge", "sklearn", "klip"])
    parser.add_argument("sets", nargs="*", default=["medium"])
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


# The peers keep the memory of their temporaries: where a page fault is dear (13 us on a virtual
# machine) they would otherwise take up to ten times as long. Sequin runs without this.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000",
               "MALLOC_TOP_PAD_": "67108864"}

ASKED = parse()
if not KEEP_MEMORY.items() <= os.environ.items():
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | KEEP_MEMORY)
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = str(ASKED.threads)  # before NumPy loads its BLAS

import numpy as np  # noqa: E402


class Set:
    """One set as the solvers see it: [n_frame, n_pix] without pixels that never count."""

    def __init__(self, name, weights):
        self.name, self.weights = name, weights
        with tempfile.NamedTemporaryFile(suffix=".raw") as file:
            run_bench("data", name, "--weights", weights, "--file", file.name)
            shape = np.fromfile(file.name, np.int64, 2)
            numbers = np.fromfile(file.name, np.float32, offset=16).reshape(2, *shape)
        self.shape = shape
        used = (numbers[1] > 0).any(axis=0)
        self.x, self.v = numbers[0][:, used], numbers[1][:, used]
        self.n_data = np.count_nonzero(self.v)


def run_bench(command, *arguments):
    """Rows of one measurement of Sequin."""
    ordinary = {name: text for name, text in os.environ.items() if name not in KEEP_MEMORY}
    done = subprocess.run([ASKED.bench, command, *arguments], check=True, env=ordinary,
                          capture_output=True, text=True)
    return list(csv.DictReader(done.stdout.splitlines()))


def sequin_build(data, *more):
    """One build by Sequin: quantity -> value of the whole build."""
    rows = run_bench("build", data.name, "--k", str(ASKED.k), "--threads",
                     str(ASKED.threads), "--runs", "1", "--weights", data.weights, *more)
    return {row["quantity"]: float(row["value"]) for row in rows if row["kind"] == "anls"}


def line(data, kind, quantity, unit, values):
    """One line of the table: median and quartiles."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    print(",".join(map(str, ["peers", data.name, kind, *data.shape, ASKED.k, ASKED.threads,
                             quantity, unit, f"{middle:.6g}", f"{low:.6g}", f"{high:.6g}",
                             len(values)])), flush=True)


def clock(work, *arguments):
    start = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - start, result


class Published:
    """Zhu's rule on X [n_pix, n_frame] ~ components [n_pix, k] x coefficients [k, n_frame]."""

    def __init__(self, data, rng):
        self.x = np.ascontiguousarray(data.x.T, dtype=np.float64)
        self.v = np.ascontiguousarray(data.v.T, dtype=np.float64)
        self.vx = self.v * self.x
        self.n_data = data.n_data
        self.rng = rng
        self.components = np.empty((self.x.shape[0], 0))
        self.coefficients = np.empty((0, self.x.shape[1]))

    def grow(self):
        """A new column and row, uniform at random, as published."""
        column = self.rng.random((self.x.shape[0], 1))
        row = self.rng.random((1, self.x.shape[1]))
        self.components = np.hstack([self.components, column])
        self.coefficients = np.vstack([self.coefficients, row])

    def iterate(self):
        """Coefficients, then components, then chi2 per datum."""
        c, w = self.components, self.coefficients
        w = w * (self.vx.T @ c).T / ((self.v.T * (c @ w).T) @ c).T
        c = c * (self.vx @ w.T) / ((self.v * (c @ w)) @ w.T)
        self.components, self.coefficients = c, w
        return self.chi2()

    def chi2(self):
        left = self.x - self.components @ self.coefficients
        return np.einsum("ij,ij", self.v * left, left) / self.n_data

    def stage(self):
        """Until the fall is small or the iterations are spent; chi2 and their number."""
        before, now, n = 1e100, self.chi2(), 0
        while n < LATER_STAGES and (before - now) / before > TOLERANCE:
            before, now, n = now, self.iterate(), n + 1
        return now, n


def published_sequence(data):
    """Seconds of every stage of the scheme, from one iteration of each: the median of three,
    after one that pays for fresh memory."""
    rule, stages = Published(data, np.random.default_rng(1)), []
    for k in range(1, ASKED.k + 1):
        rule.grow()
        rule.iterate()
        seconds = np.median([clock(rule.iterate)[0] for _ in range(3)])
        stages.append(seconds * (FIRST_STAGE if k == 1 else LATER_STAGES))
    return stages


def compare_published(name):
    data = Set(name, "general")
    stages, ours, ratio = [], [], []
    for _ in range(ASKED.runs):
        built = sequin_build(data)
        stages.append(published_sequence(data))
        ours.append(built["seconds"])
        ratio.append(sum(stages[-1]) / ours[-1])
    for k in range(ASKED.k):
        line(data, f"published stage {k + 1}", "seconds_estimated", "s",
             [round_[k] for round_ in stages])
    line(data, "published", "seconds_estimated", "s", [sum(round_) for round_ in stages])
    line(data, "published", "iterations_assumed", "1",
         [FIRST_STAGE + LATER_STAGES * (ASKED.k - 1)])
    line(data, "sequin", "seconds", "s", ours)
    line(data, "sequin", "chi2_per_datum", "1", [built["chi2_per_datum"]])
    line(data, "published", "ratio", "1", ratio)


def compare_converge(name):
    """The chi2 of the published scheme, and its time in full."""
    data = Set(name, "general")
    rule, iterations = Published(data, np.random.default_rng(1)), 0
    built, start = sequin_build(data), time.perf_counter()
    for _ in range(ASKED.k):
        rule.grow()
        chi2, n = rule.stage()
        iterations += n
    seconds = time.perf_counter() - start
    line(data, "published in full", "seconds", "s", [seconds])
    line(data, "published in full", "iterations", "1", [iterations])
    line(data, "published in full", "chi2_per_datum", "1", [chi2])
    line(data, "published in full", "ratio", "1", [seconds / built["seconds"]])
    line(data, "sequin of the same round", "seconds", "s", [built["seconds"]])
    line(data, "sequin of the same round", "chi2_per_datum", "1", [built["chi2_per_datum"]])


def compare_sklearn(name):
    """Its own stop first; then how long we take to the loss that it reached."""
    try:
        from sklearn.decomposition import NMF
    except ImportError:
        sys.exit("peers.py: sklearn is not installed (python3-sklearn)")
    import warnings

    data = Set(name, "uniform")
    theirs, ours, ratio, whole = [], [], [], []
    for _ in range(ASKED.runs):
        model = NMF(ASKED.k, solver="cd")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that 200 iterations are not enough
            seconds, amounts = clock(model.fit_transform, data.x)
        loss = np.sum((data.x - amounts @ model.components_).astype(np.float64)**2)
        loss /= data.n_data
        joint = sequin_build(data, "--construction", "joint", "--until", f"{loss:.9g}")
        theirs.append(seconds)
        ours.append(joint.get("seconds_until", np.nan))
        ratio.append(theirs[-1] / ours[-1])
        whole.append(sequin_build(data))
    line(data, "sklearn cd", "seconds", "s", theirs)
    line(data, "sklearn cd", "iterations", "1", [model.n_iter_])
    line(data, "sklearn cd", "seconds_per_iteration", "s", np.array(theirs) / model.n_iter_)
    line(data, "sklearn cd", "chi2_per_datum", "1", [loss])
    line(data, "sequin joint to that chi2", "seconds", "s", ours)
    line(data, "sklearn cd", "ratio", "1", ratio)
    line(data, "sequin sequential with equal weights", "seconds", "s",
         [built["seconds"] for built in whole])
    line(data, "sequin sequential with equal weights", "chi2_per_datum", "1",
         [built["chi2_per_datum"] for built in whole])


def klip(x, k):
    """Mean frame, covariance of the frames, k principal components, model of one frame."""
    centred = x - x.mean(axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    basis = (vectors[:, :-k - 1:-1].T @ centred) / np.sqrt(values[:-k - 1:-1, None])
    return (basis @ centred[0]) @ basis


def compare_klip(name):
    data = Set(name, "general")
    x = np.ascontiguousarray(data.x, dtype=np.float64)
    theirs, ours, ratio = [], [], []
    for _ in range(ASKED.runs):
        ours.append(sequin_build(data)["seconds"])
        theirs.append(clock(klip, x, ASKED.k)[0])
        ratio.append(ours[-1] / theirs[-1])
    line(data, "klip", "seconds", "s", theirs)
    line(data, "sequin beside klip", "seconds", "s", ours)
    line(data, "klip", "slower_than_klip", "1", ratio)


def main():
    compare = {"published": compare_published, "converge": compare_converge,
               "sklearn": compare_sklearn, "klip": compare_klip}[ASKED.comparison]
    if ASKED.quick:
        ASKED.sets, ASKED.k, ASKED.runs = ["tiny"], 2, 1
    print(",".join(COLUMNS))
    for name in ASKED.sets:
        compare(name)


main()
