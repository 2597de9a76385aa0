"""Experiments on one network each, from its start to a few numbers, for chapters 3, 8 and 10.

They stand apart from the chapters so that what is remembered of their runs does not depend on a
chapter's words and figures.
"""

from dataclasses import dataclass

import numpy as np

from fma.network import ACTIVATIONS, INITS, forward, gradient
from fma.probe import THROWN, Probe, initial, start
from fma.recipe import Recipe
from fma.regimes import ending, regime
from fma.task import TASKS
from fma.training import train
from fma.transplant import flatten


@dataclass(frozen=True)
class Disturbed:
    """A network of which something is replaced by something as good that is not special."""

    width: int
    seed: int
    recipe: Recipe
    how: str  # a key of DISTURBANCES
    draw: int = 0


def _columns(p, random):
    return p._replace(W2=p.W2[:, random.permutation(p.W2.shape[1])])


def _noise(size):
    return lambda p, random, draw: type(p)(*(w * (1 + size * random.randn(*w.shape)) for w in p))


DISTURBANCES = {
    "nothing": lambda p, random, draw: p,
    "W3 shuffled": lambda p, random, draw: p._replace(W3=random.permutation(p.W3)),
    "W3 drawn anew": lambda p, random, draw: p._replace(W3=draw(random, *p.W3.shape)),
    "W3 its mean": lambda p, random, draw: flatten(p, ("W3",)),
    "W2 shuffled by neuron": lambda p, random, draw: _columns(p, random),
    "W2 drawn anew": lambda p, random, draw: p._replace(W2=draw(random, *p.W2.shape)),
    "W2 its mean": lambda p, random, draw: flatten(p, ("W2",)),
    "W1 drawn anew": lambda p, random, draw: p._replace(W1=draw(random, *p.W1.shape)),
    "all by 1 %": _noise(0.01),
    "all by 0.1 %": _noise(0.001),
}


def disturb(case):
    """Train a disturbed network; its "ending"."""
    recipe = case.recipe
    parameters = start(Probe(case.width, case.seed, recipe))
    random = np.random.RandomState([case.seed, case.draw])
    parameters = DISTURBANCES[case.how](parameters, random, INITS[recipe.init])
    trace = train(case.width, case.seed, recipe, parameters=parameters, detail=0)
    return {"ending": ending(trace)}


def auc(values, chosen):
    """The chance that a chosen neuron's value exceeds another's (area under the ROC curve)."""
    from scipy.stats import rankdata

    chosen = np.asarray(chosen, dtype=bool)
    n, m = chosen.sum(), (~chosen).sum()
    return float((rankdata(values)[chosen].sum() - n * (n + 1) / 2) / (n * m))


def _imbalance(p):
    """W3² minus the squared incoming weights of each layer-2 neuron, which small steps keep."""
    return p.W3[:, 0] ** 2 - (p.W2**2).sum(axis=0) - p.b2**2


def _tops(p, recipe, task):
    return forward(p, task.x_train, ACTIVATIONS[recipe.activation](recipe.slope))[2].max(axis=0)


def survivors(case):
    """Train a network and say whether its initial W3 told which layer-2 neurons end alive.

    Returns
    -------
    dict
        "ending", "alive" and "eta_sharpness" as in `probe`; "auc" of the initial W3 for being
        alive after the last update, "auc_chance" of the same values dealt at random, "auc_pull" of
        -|W3| after the first update; "kept_thrown" and "kept_after": the correlation over the
        neurons of W3² - |incoming|² between the start and the end of the throw, and between then
        and the last update. nan where no neuron or every neuron is alive.
    """
    recipe, task, p = case.recipe, TASKS[case.task](), start(case)

    def after(p, epochs):
        return train(case.width, case.seed, recipe, task, epochs, p, detail=0)

    one = after(p, 1).parameters
    thrown = after(one, min(THROWN, recipe.epochs) - 1).parameters if recipe.epochs > 1 else one
    last = after(p, recipe.epochs)
    chosen = _tops(last.parameters, recipe, task) > 0
    result = {
        "ending": ending(last, task),
        "alive": int(chosen.sum()),
        "eta_sharpness": initial(case)["eta_sharpness"],
    }
    names = "auc", "auc_chance", "auc_pull", "kept_thrown", "kept_after"
    if not 0 < chosen.sum() < len(chosen) or result["ending"] == "diverged":
        return result | dict.fromkeys(names, np.nan)
    W3 = p.W3[:, 0]
    values = _imbalance(p), _imbalance(thrown), _imbalance(last.parameters)
    return result | {
        "auc": auc(W3, chosen),
        "auc_chance": auc(
            np.random.RandomState([case.seed, case.width, 1]).permutation(W3), chosen
        ),
        "auc_pull": auc(-np.abs(one.W3[:, 0]), chosen),
        "kept_thrown": float(np.corrcoef(values[:2])[0, 1]),
        "kept_after": float(np.corrcoef(values[1:])[0, 1]),
    }


def exchange(case):
    """Train, find the k survivors of layer 2, exchange their luck with k others, train again.

    The others are drawn at random among those that did not survive.

    Returns
    -------
    dict
        "k"; of the run in which the W3 were exchanged, and of the control in which the incoming
        weights were: "to_w3", "to_w2", the share of the others that are alive at the end, nan if
        it does not end with few. Of two runs in which W3 of the k survivors, or of the k others,
        was set to the mean: the endings "without" and "control"; "ending" of the first run.
    """
    recipe, task, p = case.recipe, TASKS[case.task](), start(case)

    def run(p):
        trace = train(case.width, case.seed, recipe, task, parameters=p, detail=0)
        return ending(trace, task), _tops(trace.parameters, recipe, task) > 0

    name, chosen = run(p)
    lucky, rest = np.flatnonzero(chosen), np.flatnonzero(~chosen)
    k = min(len(lucky), len(rest))
    others = np.random.RandomState([case.seed, case.width, 2]).permutation(rest)[:k]
    lucky = lucky[:k]
    order = np.arange(len(chosen))
    order[lucky], order[others] = others, lucky
    to = {}
    for block, changed in (
        ("w3", p._replace(W3=p.W3[order])),
        ("w2", p._replace(W2=p.W2[:, order])),
    ):
        again, alive = run(changed)
        to[f"to_{block}"] = float(alive[others].mean()) if k and again == "few" else np.nan
    means = {}
    for which, indices in (("without", lucky), ("control", others)):
        W3 = p.W3.copy()
        W3[indices] = W3.mean()
        means[which] = run(p._replace(W3=W3))[0]
    return {"ending": name, "k": k} | to | means


def course(case):
    """Follow what a network answers, update by update.

    Returns
    -------
    dict
        Arrays over the updates 0, 1, …: "answer" (mean over the training rows), "positive" (how
        many W3 are positive), "largest" (the largest W3) and "leader" (its neuron), "alive";
        shorter if the run diverges.
    """
    recipe, task, p = case.recipe, TASKS[case.task](), start(case)
    act, rows = ACTIVATIONS[recipe.activation](recipe.slope), []
    for _ in range(recipe.epochs + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            Z2, _, Z3 = forward(p, task.x_train, act)[2:]
        if not np.isfinite(Z3).all():
            break
        W3 = p.W3[:, 0]
        rows.append((Z3.mean(), (W3 > 0).sum(), W3.max(), W3.argmax(), (Z2.max(axis=0) > 0).sum()))
        p = train(case.width, case.seed, recipe, task, 1, p, detail=0).parameters
    names = "answer", "positive", "largest", "leader", "alive"
    return dict(zip(names, np.array(rows).T, strict=True))


def weakened(case):
    """Train a network and compare the gradients of one state with and without the leak's factor.

    Returns
    -------
    dict
        "alive" at the end. Of the state after the last update: "signal", by what factor the
        gradient that reaches W2 grows if layer 2 passes it on with slope 1 and the error stays as
        it is; "factor", the same if the answer, and with it the error, is computed with slope 1,
        too. nan if there is no gradient, or if the run diverged.
    """
    recipe, task = case.recipe, TASKS[case.task]()
    p = train(case.width, case.seed, recipe, task, parameters=start(case), detail=0).parameters
    act = ACTIVATIONS[recipe.activation](recipe.slope)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        _, A1, Z2, _, Z3 = forward(p, task.x_train, act)
        _, as_is, (_, alive) = gradient(p, task, act)
        passed = A1.T @ (2 / len(Z3) * (Z3 - task.y_train) @ p.W3.T)
        answer = Z2 @ p.W3 + p.b3
        linear = A1.T @ (2 / len(Z3) * (answer - task.y_train) @ p.W3.T)
        weak = np.linalg.norm(as_is.W2)
        ratios = [np.linalg.norm(g) / weak for g in (passed, linear)]
    signal, factor = (float(x) if np.isfinite(x) else np.nan for x in ratios)
    return {"alive": int(alive), "signal": signal, "factor": factor}


def revival(case):
    """Train a network on and report when layer 2 died and when it lived again.

    Returns
    -------
    dict
        Epochs "died" and "revived", -1 if never; "regime", "cost" and "alive" at the end; and
        "moved", the largest absolute gradient of anything but b3 in the last state.
    """
    recipe, task = case.recipe, TASKS[case.task]()
    trace = train(case.width, case.seed, recipe, task, parameters=start(case), detail=0)
    dead = np.flatnonzero(trace.alive == 0)
    again = np.flatnonzero(trace.alive[dead[0] :] > 0) if len(dead) else []
    act = ACTIVATIONS[recipe.activation](recipe.slope)
    with np.errstate(over="ignore", invalid="ignore"):
        slopes = gradient(trace.parameters, task, act)[1]
    return {
        "died": int(dead[0]) if len(dead) else -1,
        "revived": int(dead[0] + again[0]) if len(again) else -1,
        "regime": regime(trace),
        "cost": float(trace.cost[-1]),
        "alive": int(trace.alive[-1]),
        "moved": float(max(np.abs(g).max() for g in slopes[:-1])),
    }
