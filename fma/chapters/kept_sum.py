"""A fresh draw of W2 with the old sum, for `fma.sweeps.compute`; see `fma.chapters.border`."""

from dataclasses import replace

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
    task, parameters = TASKS[case.task](), redrawn(case)
    trace = train(case.width, case.seed, case.recipe, task, parameters=parameters, detail=0)
    return {"regime": regime(trace)}


def redrawn(case):
    """The initial network of such a case."""
    own, other = start(replace(case, blocks=(), donor=())), start(case)
    return other._replace(W2=other.W2 * (own.W2.sum() / other.W2.sum()))
