"""The runs that several chapters look at; each is made once and remembered by `fma.sweeps`."""

from dataclasses import replace
from itertools import product

from fma.chapters.article import PAIR, WIDTHS
from fma.probe import Probe, probe, probe_and_surface
from fma.recipe import RECIPES, as_recipe
from fma.sweeps import compute, runs, sweep

POPULATION_WIDTHS = range(24, 161, 8)


def grid_runs(recipe="table", widths=WIDTHS, seeds=(1,), **changes):
    """One probe for each width (slowest) and seed; `changes` are further fields of `Probe`."""
    return [Probe(w, s, as_recipe(recipe), **changes) for w, s in product(widths, seeds)]


def any_rate(recipe="table"):
    """The recipe of probes whose η λ₀ is given: with one learning rate, since they use none.

    So recipes that differ in nothing else share these runs.
    """
    return replace(as_recipe(recipe), learning_rate=RECIPES["table"].learning_rate)


def eight_widths(recipe="table", seed=1, *, detail=0, progress=True):
    """The article's eight widths at one seed (E1): traces by width."""
    plan = runs(WIDTHS, [seed], [recipe], detail=detail)
    traces = sweep(plan, label="eight widths", progress=progress)
    return dict(zip(WIDTHS, traces, strict=True))


def population(recipe="table", n_seeds=20, *, progress=True):
    """Widths 24, 32, … 160 by seeds 1 to `n_seeds`: cases and results of `probe_and_surface`.

    Claims in general terms are judged on these runs.
    """
    cases = grid_runs(recipe, POPULATION_WIDTHS, range(1, n_seeds + 1))
    return cases, compute(probe_and_surface, cases, label="widths and seeds", progress=progress)


def pairs(recipe="table", n_seeds=200, streams="shared", *, progress=True):
    """Widths 63 and 64 for seeds 1 to `n_seeds`: the two lists of results of `probe`."""
    cases = grid_runs(recipe, PAIR, range(1, n_seeds + 1), streams=streams)
    results = compute(probe, cases, label=f"pairs, {streams}", progress=progress)
    return results[:n_seeds], results[n_seeds:]
