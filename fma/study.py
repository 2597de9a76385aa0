"""The probe: one run of the audit, from a stated start to a handful of numbers.

`fma.sweep.compute(probe, [Probe(...), ...])` runs thousands of them.
"""

from dataclasses import dataclass, replace

import numpy as np

from fma.network import ACTIVATIONS, forward, initialise
from fma.recipe import Recipe
from fma.regime import regime
from fma.stability import sharpness
from fma.surface import interaction, surface
from fma.task import product_task, sum_task
from fma.training import train
from fma.transplant import nested, shadow, transplant

TASKS = {"product": product_task, "sum": sum_task}


@dataclass(frozen=True)
class Probe:
    """One run of the audit."""

    width: int
    seed: int
    recipe: Recipe
    task: str = "product"
    streams: str = "shared"  # or "nested": one stream a layer
    donor: tuple = ()  # (width, seed) of the network that gives `blocks`
    blocks: tuple = ()
    shadow: bool = False  # train the shadow, one neuron a layer, instead


def start(case):
    """The initial network of that probe."""

    def draw(width, seed):
        make = nested if case.streams == "nested" else initialise
        return make(width, seed, case.recipe.init, case.recipe.hidden)

    parameters = draw(case.width, case.seed)
    if case.blocks:
        parameters = transplant(parameters, draw(*case.donor), case.blocks)
    return shadow(parameters) if case.shadow else parameters


def initial(case):
    """The sharpness at the start, its product with the learning rate, the largest Z2 there."""
    recipe, task, parameters = case.recipe, TASKS[case.task](), start(case)
    value = sharpness(parameters, task, recipe.slope, recipe.activation)
    Z2 = forward(parameters, task.x_train, ACTIVATIONS[recipe.activation](recipe.slope))[2]
    return {
        "sharpness": value,
        "eta_sharpness": recipe.learning_rate * value,
        "z2_start": float(Z2.max()),
    }


def probe(case):
    """Run a probe.

    Returns
    -------
    dict
        What `initial` gives, and: "regime", "cost" (final), "cost_start", "cost_peak", "alive"
        (final), "ever_dead" (no layer-2 neuron alive at some epoch), "z2_max_100" and
        "dw2_norm_100" (nan if the run ended before), "effective" (participation ratio of the
        layer-2 neurons' outputs) and "top_two" (the share of the two largest), and the three of
        `surface.interaction`: "share", "captured", "r2" (nan if the run diverged).
    """
    recipe, task = case.recipe, TASKS[case.task]()
    parameters = start(case)
    if case.shadow:
        recipe = replace(recipe, hidden=1)
    trace = train(len(parameters.W2), case.seed, recipe, task, parameters=parameters, detail=0)
    late = len(trace.cost) > 100
    result = initial(case) | {
        "regime": regime(trace),
        "cost": float(trace.cost[-1]),
        "cost_start": float(trace.cost[0]),
        "cost_peak": float(trace.cost.max()),
        "alive": int(trace.alive[-1]),
        "ever_dead": int((trace.alive == 0).any()),
        "z2_max_100": float(trace.z2_max[100]) if late else np.nan,
        "dw2_norm_100": float(trace.gradient_norm[100, 1]) if late else np.nan,
    }
    learned = dict.fromkeys(("effective", "top_two", "share", "captured", "r2"), np.nan)
    if all(np.isfinite(p).all() for p in trace.parameters):
        act = ACTIVATIONS[recipe.activation](recipe.slope)
        A2 = forward(trace.parameters, task.x_train, act)[3]
        output = np.sort(np.abs(trace.parameters.W3[:, 0] * A2.mean(axis=0)))[::-1]
        learned["effective"] = float(output.sum() ** 2 / np.maximum(output @ output, 1e-300))
        learned["top_two"] = float(output[:2].sum() / np.maximum(output.sum(), 1e-300))
        learned |= interaction(surface(trace.parameters, recipe.slope, recipe.activation))
    return result | learned
