"""Runs of chapter 8 in which a hand is laid on W3 after the throw, for `fma.sweeps.compute`."""

from dataclasses import dataclass, replace

import numpy as np

from fma.probe import THROWN, Probe, start
from fma.recipe import Recipe
from fma.regimes import ending
from fma.training import train


@dataclass(frozen=True)
class Altered:
    """A network that is trained, altered after the update `at`, and trained on."""

    width: int
    seed: int
    recipe: Recipe
    at: int = THROWN
    factor: float = 1.0  # of all W3
    back: bool = False  # the positive W3 are turned negative, their size kept
    without: int = -1  # this neuron of layer 2 is taken out


def change(parameters, case):
    """Parameters altered as the case says."""
    W3 = case.factor * parameters.W3
    if case.back:
        W3 = -np.abs(W3)
    kept = np.arange(len(W3)) != case.without
    return parameters._replace(W2=parameters.W2[:, kept], b2=parameters.b2[kept], W3=W3[kept])


def altered(case):
    """Train such a network.

    Returns
    -------
    dict
        "ending", and "cost" and "alive" of the last epoch; "leader", the neuron of layer 2 with the
        largest W3 after the last update.
    """
    recipe, parameters = case.recipe, start(Probe(case.width, case.seed, case.recipe))
    at = min(case.at, recipe.epochs - 1)
    if at:
        before = train(case.width, case.seed, recipe, None, at, parameters, detail=0)
        parameters = before.parameters
    parameters = change(parameters, case)
    rest = replace(recipe, epochs=recipe.epochs - at, hidden=len(parameters.W3))
    trace = train(case.width, case.seed, rest, parameters=parameters, detail=0)
    return {
        "ending": ending(trace),
        "cost": float(trace.cost[-1]),
        "alive": int(trace.alive[-1]),
        "leader": int(trace.parameters.W3.argmax()),
    }
