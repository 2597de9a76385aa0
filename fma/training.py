"""Full-batch gradient descent and the trace it leaves: curves before each update, the end after."""

from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from math import gcd, isfinite, sqrt
from warnings import warn

import numpy as np

from fma import network
from fma.checks import LARGEST_SEED, whole
from fma.recipe import Recipe, as_recipe
from fma.task import as_task


@dataclass(frozen=True)
class Trace:
    """What one run recorded; an array's first axis counts the epochs."""

    width: int
    seed: int
    recipe: Recipe
    task: str
    cost: np.ndarray  # (epochs,) mean squared error, before each update: the article's E1 and E2
    z2_max: np.ndarray  # (epochs,) largest layer-2 pre-activation over neurons and rows
    gradient_norm: np.ndarray  # (epochs, 3) Frobenius norms of dW1, dW2, dW3
    alive: np.ndarray  # (epochs,) layer-2 neurons positive on at least one training row
    parameters: network.Parameters  # after the last update
    final_cost: float  # theirs, so after the last update: the article's E4 and E5
    detail: dict  # name to array: "epoch" and, at each of these, all variables of `observe`


def observe(parameters, task, act):
    """Every variable of the article's experiment E1 at one moment, as a dict.

    "Z1_max" … "error_std": max, min, mean, std of Z1 … Z3, all parameters, the absolute error;
    "Z1_negative", "Z2_negative": shares ≤ 0; and for each layer-2 neuron "neuron_top", its largest
    pre-activation, and "neuron_output", its W3 · mean activation.
    """
    Z1, A1, Z2, A2, Z3 = network.forward(parameters, task.x_train, act)
    arrays = parameters._asdict() | {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "Z3": Z3}
    arrays["error"] = np.abs(Z3 - task.y_train)
    statistics = {"max": np.max, "min": np.min, "mean": np.mean, "std": np.std}
    return {f"{a}_{s}": f(arrays[a]) for a in arrays for s, f in statistics.items()} | {
        "Z1_negative": np.mean(Z1 <= 0),
        "Z2_negative": np.mean(Z2 <= 0),
        "neuron_top": Z2.max(axis=0),
        "neuron_output": parameters.W3[:, 0] * A2.mean(axis=0),
    }


def _start(width, seed, recipe, parameters):
    if parameters is None:
        return network.initialise(width, seed, recipe.init, recipe.hidden)
    given = network.as_parameters(parameters, width, recipe.hidden)
    return network.Parameters(*(np.array(p, order="C") for p in given))


def gradient_of(parameters, task, recipe):
    """The gradient as a function of no argument; `parameters` may change in place between calls.

    It returns what `network.gradient` does, by the plain equations. Where Numba runs they are
    folded and compiled for LeakyReLU, and for GELU and SiLU the activation is compiled.
    """
    act, task = network.ACTIVATIONS[recipe.activation](recipe.slope), as_task(task)
    try:
        if find_spec("numba") and recipe.activation == "leaky_relu":
            from fma.folding import FoldedGradient

            return FoldedGradient(parameters, task, recipe.slope)
        if find_spec("numba"):
            from fma import smooth

            act = getattr(smooth, recipe.activation, act)
    except ImportError as error:  # it is there but broken, as after an upgrade of NumPy
        warn(f"Numba does not run, so the plain equations train: {error}", stacklevel=1)
    return lambda: network.gradient(parameters, task, act)


def descent(gradient, parameters, rate, epochs):
    """The algorithm: epochs of θ ← θ - η ∇L(θ) in place, and a record before each update.

    A record is the cost, largest Z2, norms and neurons alive, as in `Trace`; one whose cost is not
    finite is the last. `FoldedGradient.descend` does the same, compiled.
    """
    records = []
    for _ in range(epochs):
        cost, d_parameters, (z2_max, alive) = gradient()
        norms = [sqrt(np.vdot(g, g)) for g in d_parameters[::2]]
        records.append((cost if isfinite(cost) else np.inf, z2_max, norms, alive))
        if not isfinite(cost):
            break
        for p, d_p in zip(parameters, d_parameters, strict=True):
            p -= rate * d_p
    return records


def train(
    width, seed, recipe="table", task=None, epochs=None, parameters=None, *, detail=1, watch=None
):
    """Train [2, width, hidden, 1] by full-batch gradient descent, θ ← θ - η ∇L(θ), in float64.

    Raises ValueError, one sentence that names the argument, its value and what is allowed.

    Parameters
    ----------
    recipe : str or Recipe
        A name from `fma.RECIPES` or a Recipe of your own.
    task, epochs : Task or its name, int, optional
        `fma.product_task()` and the recipe's own number unless given.
    parameters : Parameters, optional
        Start from a copy of these instead of from `initialise(width, seed, ...)`.
    detail : int
        Record the variables of `observe` at every `detail`-th epoch; 0 for never.
    watch : callable, optional
        Called as watch(epoch, cost, alive) after each record; a true answer ends the run there.

    Returns
    -------
    Trace
        Shorter if `watch` ended it, or if the cost left the finite numbers: it then ends in inf.
    """
    recipe = as_recipe(recipe) if epochs is None else replace(as_recipe(recipe), epochs=epochs)
    width, seed = whole("width", width, 1), whole("seed", seed, 0, LARGEST_SEED)
    detail, task = whole("detail", detail, 0), as_task(task)
    parameters = _start(width, seed, recipe, parameters)
    gradient = gradient_of(parameters, task, recipe)
    descend = getattr(gradient, "descend", partial(descent, gradient, parameters))
    stretch = 1 if watch else gcd(detail, 100)  # epochs at a time, at whose end Ctrl-C is heeded
    act = network.ACTIVATIONS[recipe.activation](recipe.slope)
    records, details = [], []
    with np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(0, recipe.epochs, stretch):
            if detail and epoch % detail == 0:
                details.append({"epoch": epoch} | observe(parameters, task, act))
            records += descend(recipe.learning_rate, min(stretch, recipe.epochs - epoch))
            cost, _, _, alive = records[-1]
            if cost == np.inf or (watch and watch(epoch, cost, alive)):
                break
        final = np.nan_to_num(gradient()[0], nan=np.inf, posinf=np.inf)
    curves = (np.array(curve) for curve in zip(*records, strict=True))
    detail = {name: np.array([d[name] for d in details]) for name in (details or [{}])[0]}
    return Trace(width, seed, recipe, task.name, *curves, parameters, final, detail)
