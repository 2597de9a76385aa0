"""The trainer beside bare matrix products, JAX and a plain NumPy listing, in one run.

Contenders take turns: a round measures all of them once, so that a busy moment of the machine hits
them alike. A time is the median over the rounds; a ratio is taken within each round, then its
median. Times are milliseconds of the whole machine for one epoch of one run of the 20-seed test.
"""

import os
import tempfile
import time
from collections import Counter

import numpy as np
from tqdm import tqdm

import fma
from benchmarks import contenders
from benchmarks.workers import ONE_THREAD, Workers

WIDTHS, SEEDS, EPOCHS = (63, 64), range(1, 21), 10_000
MOMENTS = (0, 100, 1_000, 3_000, 9_900)  # training resumes here, for a stretch of epochs
STRETCH = 100
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

OURS, LISTING = "this library", "plain NumPy listing"
LISTINGS = "plain NumPy listing, a process a core"
JAX = {  # how seeds are gone through, and whether each core has a process of its own
    "JAX, vmap over seeds, one process": ("vmap", False),
    "JAX, vmap over seeds, a process a core": ("vmap", True),
    "JAX, seed after seed, one process": ("map", False),
    "JAX, seed after seed, a process a core": ("map", True),
}
PRODUCTS = {
    "three bare products, row-major data": True,
    "three bare products, column-major data": False,
}


def networks():
    """The networks of the 20-seed test at each moment: (moment, width) to a list of parameters."""
    cases = [(width, seed, MOMENTS) for width in WIDTHS for seed in SEEDS]
    label = "networks to start from"
    results = fma.compute(contenders.trained, cases, label=label, milliseconds=lambda case: 4_000)
    found = {(moment, width): [] for moment in MOMENTS for width in WIDTHS}
    for (width, _, _), result in zip(cases, results, strict=True):
        for moment in MOMENTS:
            arrays = (result[f"{moment}.{name}"] for name in fma.Parameters._fields)
            found[moment, width].append(fma.Parameters(*arrays))
    return found


class Bench:
    """Every contender, started, compiled and checked to compute the same costs."""

    def __init__(self):
        whole = networks()
        parts = [{key: runs[i::CORES] for key, runs in whole.items()} for i in range(CORES)]
        self.ours = Workers(CORES, ONE_THREAD)
        self.ours.each(contenders.keep, [(part,) for part in parts])
        self.listing = Workers(1, {})
        self.jax = {}
        for name, (variant, sharded) in JAX.items():
            pins, held = (range(CORES), parts) if sharded else ([None], [whole])
            workers = self.jax[name] = Workers(len(pins), ONE_THREAD if sharded else {})
            workers.each(contenders.keep, [(part,) for part in held])
            for width in WIDTHS:
                orders = [(pin, variant, width, STRETCH) for pin in pins]
                for i, costs in enumerate(workers.each(contenders.jax_prepare, orders)):
                    _assert_right(costs, width, SEEDS[i :: len(pins)])
        costs = self.listing(contenders.listing, SEEDS[0], WIDTHS[0], STRETCH)
        _assert_right(costs, WIDTHS[0], SEEDS[:1])

    def measure(self, turn):
        """Round number `turn`: each contender's milliseconds, ours also at each moment.

        JAX computes every neuron on every row, so its time does not depend on the moment: it is
        measured at one moment a round, another each time.
        """
        share = STRETCH * len(SEEDS) // CORES
        curve = [_time(self.ours, contenders.ours, moment) for moment in MOMENTS]
        times = {f"{OURS}, epoch {m:,}": t for m, t in zip(MOMENTS, curve, strict=True)}
        times[OURS] = np.trapezoid(curve, MOMENTS) / (MOMENTS[-1] - MOMENTS[0])
        for name, (variant, _) in JAX.items():
            moment = MOMENTS[turn % len(MOMENTS)]
            times[name] = _time(self.jax[name], contenders.jax_run, variant, moment)
        for name, rows_first in PRODUCTS.items():
            times[name] = _time(self.ours, contenders.products, rows_first, epochs=share)
        times[LISTING] = len(SEEDS) * _time(self.listing, contenders.listing, SEEDS[0])
        times[LISTINGS] = len(SEEDS) / CORES * _time(self.ours, contenders.listing, SEEDS[0])
        return times

    def close(self):
        for workers in (self.ours, self.listing, *self.jax.values()):
            workers.close()


def _time(workers, function, *first, epochs=STRETCH):
    """Milliseconds for an epoch of a run, if the call does every seed of both widths."""
    start = time.perf_counter()
    for width in WIDTHS:
        workers(function, *first, width, epochs)
    return 1e3 * (time.perf_counter() - start) / (len(WIDTHS) * len(SEEDS) * STRETCH)


def _assert_right(costs, width, seeds):
    """A contender that does not compute the same costs is not measured."""
    expected = [fma.train(width, s, "long", epochs=STRETCH, detail=0).cost for s in seeds]
    np.testing.assert_allclose(np.reshape(costs, (len(seeds), -1)), expected, rtol=1e-9)


def article():
    """The runs of the article's experiments, by name: about 1.2 million epochs."""
    pair, sweep = fma.Recipe("he", 1e-4, 50_000), (32, 48, *range(60, 69), 80, 96, 128)
    return {
        "E1": fma.runs((63, 64, 65, 80, 96, 105, 110, 128), [1], ["table"], detail=1),
        "E2": fma.runs((63, 64), [1], [pair], detail=100),
        "E4": fma.runs(WIDTHS, SEEDS, ["long"]),
        "E5": fma.runs(sweep, range(1, 6), ["long"]),
    }


def full(bench):
    """Seconds of the article's experiments from an empty cache; of the listing, extrapolated."""
    runs = [run for group in article().values() for run in group]
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        fma.sweep(runs, label="E1 to E5", cache=folder)
        seconds = time.perf_counter() - start
    epochs = Counter()
    for run in runs:
        epochs[run.width] += run.recipe.epochs
    per_epoch = {}
    for width in tqdm(epochs, desc=LISTING):
        start = time.perf_counter()
        bench.listing(contenders.listing, 1, width, 2 * STRETCH)
        per_epoch[width] = (time.perf_counter() - start) / (2 * STRETCH)
    listing = sum(count * per_epoch[width] for width, count in epochs.items())
    return {"epochs": epochs.total(), "seconds": seconds, "listing_seconds": listing}


def summarise(rounds):
    """Median, and lower and upper quartile over the rounds, of each time and ratio."""

    def best(names):
        return min(names, key=lambda name: np.median([r[name] for r in rounds]))

    vmap = best(name for name, (variant, _) in JAX.items() if variant == "vmap")
    ratios = {
        "products": (OURS, best(PRODUCTS)),
        "jax": (best(JAX), OURS),
        "jax_vmap": (vmap, OURS),
        "listing": (LISTING, OURS),
        "listings": (LISTINGS, OURS),
    }
    return {
        "milliseconds": {name: _quartiles([r[name] for r in rounds]) for name in rounds[0]},
        "ratios": {
            key: {"of": above, "over": below} | _quartiles([r[above] / r[below] for r in rounds])
            for key, (above, below) in ratios.items()
        },
    }


def _quartiles(values):
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
    return {"median": round(median, 4), "low": round(low, 4), "high": round(high, 4)}
