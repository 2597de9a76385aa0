"""Small networks of chapter 14 trained past the recipe's epochs, for `fma.sweeps.compute`."""

import numpy as np

from fma.network import initialise
from fma.recipe import RECIPES
from fma.small import Small, flattened, train_small


def lives(case):
    """Which small networks are alive at which epoch.

    Parameters
    ----------
    case : (int, int, int, array (runs,))
        Width, seed, epochs, learning rates.

    Returns
    -------
    dict
        "alive", (runs, epochs): before each update. A diverged network is not.
    """
    width, seed, epochs, rates = case
    recipe = RECIPES["table"]
    parts = flattened(initialise(width, seed, recipe.init))
    start = Small(*(np.repeat(np.asarray(part)[np.newaxis], len(rates), axis=0) for part in parts))
    slopes = np.full(len(rates), recipe.slope)
    return {"alive": train_small(start, rates, slopes, epochs).tops > 0}
