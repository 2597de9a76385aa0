"""Which runs the audit makes: the rule of each experiment, fixed before its runs.

Each function returns a list of cases for `fma.sweeps.compute` and one of the functions of
`fma.probe`. Every experiment varies one recipe, the `table` one unless told otherwise.
"""

from dataclasses import replace
from itertools import product

import numpy as np

from fma.chapters.article import WIDTHS
from fma.probe import Probe
from fma.recipe import as_recipe

LOWEST, HIGHEST = 24, 160  # widths drawn at random
SEEDS = 40  # seeds drawn at random
BELOW_BORDER = 5.5  # the first border is sought below this η λ₀


def border_runs(recipe="table", n=3600, seed=2026):
    """Draw `n` runs: width, seed and learning rate independent of each other.

    The width is uniform on 24 to 160, the seed on 1 to 40, the learning rate log-uniform between
    0.3 and 3 times the recipe's.
    """
    recipe, random = as_recipe(recipe), np.random.RandomState(seed)
    widths = random.randint(LOWEST, HIGHEST + 1, n)
    seeds = random.randint(1, SEEDS + 1, n)
    rates = recipe.learning_rate * np.exp(random.uniform(np.log(0.3), np.log(3), n))
    return [
        Probe(int(w), int(s), replace(recipe, learning_rate=float(rate)))
        for w, s, rate in zip(widths, seeds, rates, strict=True)
    ]


def phase_rates(recipe="table", n=72):
    """Learning rates of the phase diagram: log-spaced from 0.2 to 4 times the recipe's."""
    return as_recipe(recipe).learning_rate * np.geomspace(0.2, 4, n)


def phase_runs(recipe="table", seed=1, widths=range(16, 161), n=72):
    """One run for each width (slowest) and learning rate of the phase diagram."""
    recipe = as_recipe(recipe)
    return [
        Probe(w, seed, replace(recipe, learning_rate=float(rate)))
        for w, rate in product(widths, phase_rates(recipe, n))
    ]


def grid_runs(recipe="table", widths=WIDTHS, seeds=(1,), **changes):
    """One run for each width (slowest) and seed; `changes` are further fields of `Probe`."""
    return [Probe(w, s, as_recipe(recipe), **changes) for w, s in product(widths, seeds)]
