"""Single runs and fits of chapters 7 and 13, for `fma.sweeps.compute`."""

from dataclasses import replace

import numpy as np

from fma import throw
from fma.probe import TASKS, initial, start
from fma.regimes import regime
from fma.statistics import cross_validated
from fma.training import train

UPDATES = 12


def edge(case):
    """By halving: where a network's plateau ends, and from where on it is dead, in learning rate.

    Parameters
    ----------
    case : dict
        "probe", and "low" and "high", the learning rates between which it is looked for.

    Returns
    -------
    dict
        "leaves", the largest rate found that gives a plateau, and "dies", the smallest that gives a
        dead network, each to a part in 10⁴ of it.
    """

    def last(low, high, wanted):
        while high / low > 1.0001:
            middle = np.sqrt(low * high)
            one = replace(case["probe"].recipe, learning_rate=float(middle))
            trace = train(
                case["probe"].width,
                case["probe"].seed,
                one,
                parameters=start(case["probe"]),
                detail=0,
            )
            low, high = (middle, high) if wanted(regime(trace)) else (low, middle)
        return low, high

    leaves, _ = last(case["low"], case["high"], lambda name: name == "plateau")
    _, dies = last(leaves, case["high"], lambda name: name != "dead")
    return {"leaves": float(leaves), "dies": float(dies)}


def follow(case):
    """A network's sums before each of the first updates: r, w and σ of the small map.

    Returns
    -------
    dict
        Arrays "r", "w" and "sigma" (updates + 1,), shorter if the run leaves the finite numbers; σ
        has the sign of W1's sum.
    """
    parameters, task = start(case), TASKS[case.task]()
    rate = initial(case)["learning_rate"]
    recipe = replace(case.recipe, learning_rate=rate, epochs=1, hidden=len(parameters.W3))
    states = []
    for _ in range(UPDATES + 1):
        r, w, sigma = throw.start_of(parameters)
        states.append((r, w, sigma * np.sign(parameters.W1.sum())))
        trace = train(case.width, case.seed, recipe, task, parameters=parameters, detail=0)
        if not np.isfinite(trace.cost[-1]):
            break
        parameters = trace.parameters
    return dict(zip(("r", "w", "sigma"), np.array(states).T, strict=True))


def surprise(case):
    """`cross_validated` for `fma.sweeps.compute`: of "features", "names" and "groups"."""
    return {"bits": cross_validated(case["features"], case["names"], case["groups"])}
