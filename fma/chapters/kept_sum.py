"""Changes of a layer that keep its sums, for `fma.sweeps.compute`; see `fma.chapters.border`."""

from dataclasses import replace

import numpy as np

from fma.probe import start
from fma.regimes import regime
from fma.task import TASKS
from fma.training import train


def sum_kept(case):
    """Train a network that has another's W2, multiplied so that it adds up to what its own did.

    Parameters
    ----------
    case : Probe
        With "W2" alone among its `blocks`, so that all else is the network's own.

    Returns
    -------
    dict
        "regime", as in `fma.probe.probe`.
    """
    return _trained(case, redrawn(case))


def shuffled(case):
    """Train a network in which each row of W1 is dealt to the neurons of layer 1 anew.

    The weights of m and those of a stay what they are; which stand together does not. Returns what
    `sum_kept` does.
    """
    return _trained(case, dealt(case))


def redrawn(case):
    """The initial network of such a case."""
    own, other = start(replace(case, blocks=(), donor=())), start(case)
    return other._replace(W2=other.W2 * (own.W2.sum() / other.W2.sum()))


def dealt(case):
    """The initial network of such a case, its own but for the order within the rows of W1."""
    own = start(case)
    return own._replace(W1=np.random.default_rng(case.seed).permuted(own.W1, axis=1))


def _trained(case, parameters):
    task = TASKS[case.task]()
    trace = train(case.width, case.seed, case.recipe, task, parameters=parameters, detail=0)
    return {"regime": regime(trace)}
