"""One cell of the atlas: what a run of given recipe, width and seed comes to."""

import numpy as np

from fma.network import initialise
from fma.recipe import RECIPES
from fma.regimes import REGIMES, regime
from fma.stability import sharpness
from fma.task import product_task
from fma.training import train


def cell(case):
    """Train the run (recipe, width, seed); its numbers, and its cost at every epoch."""
    name, width, seed = case
    recipe, task = RECIPES[name], product_task()
    trace = train(width, seed, recipe, task, detail=0)
    start = sharpness(initialise(width, seed, recipe.init), task, recipe.slope)
    cost = np.full(recipe.epochs, np.inf)
    cost[: len(trace.cost)] = trace.cost
    return {
        "regime": REGIMES.index(regime(trace)),
        "cost": cost,
        "sharpness": recipe.learning_rate * start,
    }
