"""The audit's runs: each from a stated start to a handful of numbers.

`fma.sweeps.compute(probe, [Probe(...), ...])` runs thousands of them.
"""

from dataclasses import dataclass, replace

import numpy as np

from fma.network import ACTIVATIONS, forward, initialise
from fma.recipe import Recipe
from fma.regimes import ending, off_plane, participation_ratio, regime
from fma.stability import sharpness
from fma.surface import interaction, surface
from fma.task import TASKS
from fma.throw import layer1_size, start_of
from fma.training import train
from fma.transplant import flatten, nested, shadow, transplant, with_sums

THROWN = 12  # updates after which the throw is over


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
    sums: tuple = ()  # the blocks that are scaled to add up to what the network's own do
    shadow: tuple = ()  # the layers in which one neuron stands for all: (2,) or (1, 2)
    flat: tuple = ()  # the blocks whose weights are all set to their mean
    size: float = 0.0  # if positive, W1 is scaled so that this is its `throw.layer1_size`
    eta_sharpness: float = 0.0  # if positive, the learning rate is this over the sharpness


def start(case):
    """The initial network of that probe."""

    def draw(width, seed):
        make = nested if case.streams == "nested" else initialise
        return make(width, seed, case.recipe.init, case.recipe.hidden)

    parameters = own = draw(case.width, case.seed)
    if case.blocks:
        parameters = transplant(own, draw(*case.donor), case.blocks)
    if case.sums:
        parameters = with_sums(parameters, own, case.sums)
    if case.flat:
        parameters = flatten(parameters, case.flat)
    if case.size > 0:
        W1 = parameters.W1 * (case.size / layer1_size(parameters))
        parameters = parameters._replace(W1=W1)
    return shadow(parameters, case.shadow) if case.shadow else parameters


def initial(case):
    """What can be known before the first update.

    Returns
    -------
    dict
        "sharpness", "learning_rate" and their product "eta_sharpness"; "z2_start", the largest
        layer-2 pre-activation; "straight", whether every layer-2 neuron is active on every row;
        "size", the `throw.layer1_size`, and "output" and "middle", the small map's r and w.
    """
    return _known(case, TASKS[case.task](), start(case))


def _known(case, task, parameters):
    recipe = case.recipe
    layers = _layers(parameters, task, recipe)
    value, Z2 = sharpness(parameters, task, recipe.slope, recipe.activation, layers), layers[2]
    rate = case.eta_sharpness / value if case.eta_sharpness > 0 else recipe.learning_rate
    output, middle, _ = start_of(parameters)
    return {
        "sharpness": value,
        "learning_rate": rate,
        "eta_sharpness": rate * value,
        "z2_start": float(Z2.max()),
        "straight": int((Z2 > 0).all()),
        "size": layer1_size(parameters),
        "output": float(output),
        "middle": float(middle),
    }


def probe(case):
    """Run a probe.

    Returns
    -------
    dict
        What `initial` gives, and: "regime", "ending", "cost" (final), "cost_start", "cost_peak",
        "alive" (final), "ever_dead" (no layer-2 neuron alive at some epoch), "died" (the first such
        epoch, -1 if there is none), "z2_max_100", "dw2_norm_100" and "alive_100" (nan if the run
        ended before),
        "positive_12" (how many W3 are positive after `THROWN` updates); and, nan if it diverged:
        "bend", "effective" (participation ratio of the layer-2 neurons' outputs) and "top_two"
        (the share of the two largest).
    """
    return _probed(case)[0]


def probe_and_surface(case):
    """What `probe` gives and, nan if it diverged, "share", "captured", "r2" of `interaction`."""
    result, trace = _probed(case)
    recipe = trace.recipe
    with np.errstate(over="ignore", invalid="ignore"):
        return result | interaction(surface(trace.parameters, recipe.slope, recipe.activation))


def _probed(case):
    """What `probe` returns, and the trace of the run."""
    task, parameters = TASKS[case.task](), start(case)
    before = _known(case, task, parameters)
    rate, hidden = before["learning_rate"], len(parameters.W3)
    recipe = replace(case.recipe, learning_rate=rate, hidden=hidden)
    early, trace = _in_two(case.seed, recipe, task, parameters)
    late, dead = len(trace.cost) > 100, np.flatnonzero(trace.alive == 0)
    learned = _learned(trace, task)
    result = {
        "regime": regime(trace),
        "ending": ending(trace, task, bent=learned["bend"]),
        "cost": float(trace.cost[-1]),
        "cost_start": float(trace.cost[0]),
        "cost_peak": float(trace.cost.max()),
        "alive": int(trace.alive[-1]),
        "ever_dead": int(len(dead) > 0),
        "died": int(dead[0]) if len(dead) else -1,
        "z2_max_100": float(trace.z2_max[100]) if late else np.nan,
        "dw2_norm_100": float(trace.gradient_norm[100, 1]) if late else np.nan,
        "alive_100": float(trace.alive[100]) if late else np.nan,
        "positive_12": int((early.parameters.W3 > 0).sum()),
    }
    return before | result | learned, trace


def _layers(parameters, task, recipe):
    """What `forward` gives on the training rows."""
    with np.errstate(over="ignore", invalid="ignore"):
        act = ACTIVATIONS[recipe.activation](recipe.slope)
        return forward(parameters, task.x_train, act)


def _learned(trace, task):
    """What is nan if the run diverged: the bend of the answers, and what draws them."""
    if not np.isfinite(trace.cost[-1]):
        return dict.fromkeys(("bend", "effective", "top_two"), np.nan)
    *_, A2, Z3 = _layers(trace.parameters, task, trace.recipe)
    bend = off_plane(task.x_train, Z3[:, 0])
    return {"bend": bend} | concentration(trace.parameters.W3[:, 0], A2)


def _in_two(seed, recipe, task, parameters):
    """Train for `THROWN` updates, then on from there: the traces of these and of all epochs."""
    width, epochs = len(parameters.W2), min(THROWN, recipe.epochs)
    early = train(width, seed, recipe, task, epochs, parameters, detail=0)
    left = recipe.epochs - epochs
    if left == 0 or not np.isfinite(early.cost[-1]):
        return early, replace(early, recipe=recipe)
    late = train(width, seed, recipe, task, left, early.parameters, detail=0)
    curves = {
        name: np.concatenate([getattr(early, name), getattr(late, name)])
        for name in ("cost", "z2_max", "gradient_norm", "alive")
    }
    return early, replace(late, recipe=recipe, **curves)


def concentration(W3, A2):
    """How concentrated layer 2 is: participation ratio and share of the two largest.

    W3 (hidden,) and the activations of layer 2 (rows, hidden).
    """
    output = np.sort(np.abs(W3 * A2.mean(axis=0)))[::-1]
    return {
        "effective": float(participation_ratio(output)),
        "top_two": float(output[:2].sum() / max(output.sum(), 1e-300)),
    }


def first_updates(case, updates=12):
    """Cost, live layer-2 neurons and sharpness before each of the first updates.

    Returns
    -------
    dict
        Arrays "cost", "alive", "sharpness" and "eta_sharpness", shorter if the run diverges, and
        the final "regime".
    """
    recipe, task, parameters = case.recipe, TASKS[case.task](), start(case)
    trace = train(case.width, case.seed, recipe, task, parameters=parameters, detail=0)
    steps = min(updates, np.isfinite(trace.cost).sum())
    values = []
    for epoch in range(steps):
        values.append(sharpness(parameters, task, recipe.slope, recipe.activation))
        parameters = train(
            *(case.width, case.seed, recipe, task), epochs=1, parameters=parameters, detail=0
        ).parameters
        if not np.isfinite(parameters.W2).all():
            steps = epoch + 1
            break
    return {
        "cost": trace.cost[:steps],
        "alive": trace.alive[:steps],
        "sharpness": np.array(values),
        "eta_sharpness": recipe.learning_rate * np.array(values),
        "regime": regime(trace),
    }
