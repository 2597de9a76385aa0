"""The two rules that name how a run ended, against plain arithmetic on the answers."""

from dataclasses import replace

import numpy as np
import pytest

import fma
from fma.network import Parameters
from fma.probe import Probe, probe, probe_and_surface
from fma.regimes import ENDINGS, bend, ending, regime
from fma.surface import interaction, surface

TABLE = fma.RECIPES["table"]


def trace(cost, alive, answers="plane"):
    """A trace of a network that answers with a plane, with a bent surface or with one number."""
    W1 = np.array([[1.0, 1.0], [0.0, 1.0]])  # two layer-1 neurons: m and m + a - 11
    b1 = np.array([0.0, -11.0])
    W2, W3 = np.zeros((2, 64)), np.zeros((64, 1))
    W2[0, 0] = 1.0
    W2[1, 1] = 1.0
    W3[:2, 0] = {"plane": (6.0, 0.0), "bent": (0.0, 6.0), "flat": (0.0, 0.0)}[answers]
    parameters = Parameters(W1, b1, W2, np.zeros(64), W3, np.array([20.0]))
    curves = np.array([2000.0, cost]), np.zeros(2), np.zeros((2, 3)), np.array([64, alive])
    names = "cost", "z2_max", "gradient_norm", "alive"
    made = fma.train(2, 1, replace(TABLE, epochs=2), detail=0)
    return replace(made, **dict(zip(names, curves, strict=True)), parameters=parameters)


@pytest.mark.parametrize(
    ("cost", "alive", "answers", "name"),
    [
        (np.inf, 64, "plane", "diverged"),
        (40.0, 64, "bent", "learning"),
        (40.0, 3, "bent", "learning"),  # whoever draws it
        (487.0, 64, "plane", "frozen"),  # no better than the best constant, 486.5
        (1431.0, 0, "flat", "frozen"),
        (200.0, 64, "bent", "bent"),
        (140.0, 64, "plane", "line"),
        (140.0, 32, "plane", "line"),
        (140.0, 31, "plane", "few"),
        (140.0, 0, "plane", "leak"),
    ],
)
def test_the_rule(cost, alive, answers, name):
    assert ending(trace(cost, alive, answers)) == name
    assert name in ENDINGS


def test_bend_is_what_a_plane_leaves():
    assert bend(trace(140.0, 64, "plane")) < 1e-20
    assert bend(trace(140.0, 64, "flat")) == 0
    bent, task = trace(140.0, 64, "bent"), fma.product_task()
    z = task.x_train @ [1.0, 1.0] - 11
    answers = 20 + 6 * np.where(z > 0, z, 1e-4 * z)  # two leaks
    correlation = np.linalg.inv(np.corrcoef(np.column_stack([answers, task.x_train]).T))
    assert bend(bent) == pytest.approx(1 / correlation[0, 0], rel=1e-9)  # 1 - R²
    assert 0.05 < bend(bent) < 0.5
    wild = replace(bent, parameters=bent.parameters._replace(W3=np.full((64, 1), np.inf)))
    assert np.isnan(bend(wild))


def test_the_product_itself_leaves_a_tenth():
    task = fma.product_task()
    line = fma.baselines.baselines(task)["affine"]
    assert line / task.y_train.var() == pytest.approx(0.10, abs=0.005)


def test_the_articles_eight_widths():
    named = {w: ending(fma.train(w, 1, detail=0)) for w in (63, 64, 80)}
    assert named == {63: "line", 64: "few", 80: "frozen"}


def test_a_network_that_learned_is_no_plateau():
    learned = fma.train(64, 1, replace(fma.RECIPES["long"], epochs=1500), detail=0)
    assert (regime(learned), ending(learned)) == ("plateau", "learning")
    assert learned.cost[-1] < 49


def test_the_probe_reports_the_throw():
    found = probe(Probe(64, 1, TABLE))
    assert (found["ending"], found["regime"]) == ("few", "converge")
    after = fma.train(64, 1, TABLE, epochs=12, detail=0).parameters
    assert found["positive_12"] == (after.W3 > 0).sum() == 0
    dead = probe(Probe(80, 1, TABLE))
    alive = fma.train(80, 1, TABLE, detail=0).alive
    assert dead["died"] == np.argmax(alive == 0) > 0
    assert found["died"] == -1
    lost = probe(Probe(64, 1, replace(TABLE, learning_rate=0.1)))
    assert lost["ending"] == "diverged"
    assert np.isnan(lost["bend"])


def test_a_surface_is_added_to_what_a_probe_reports():
    for case in (Probe(64, 1, TABLE), Probe(64, 1, replace(TABLE, learning_rate=0.1))):
        plain, found = probe(case), probe_and_surface(case)
        with np.errstate(over="ignore", invalid="ignore"):
            drawn = surface(fma.train(64, 1, case.recipe, detail=0).parameters)
        parts = {name: found.pop(name) for name in ("share", "captured", "r2")}
        assert parts == pytest.approx(interaction(drawn), nan_ok=True)
        assert found == pytest.approx(plain, nan_ok=True)
