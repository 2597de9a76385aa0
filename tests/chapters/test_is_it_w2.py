"""Chapter 8: transplants and their controls, luck, the freeze; each against plain code."""

from dataclasses import replace

import numpy as np
import pytest

import fma
from fma.chapters import border, first_page, is_it_w2
from fma.chapters.after_throw import Altered, altered
from fma.chapters.after_throw import change as laid_on
from fma.chapters.experiments import grid_runs
from fma.chapters.is_it_w2 import (
    BLOCKS,
    EFFECTS,
    SUBSETS,
    Signs,
    as_factorial,
    effects,
    shares,
    tipped,
)
from fma.chapters.ledger import FAILS, HOLDS, UNTESTED, Setting
from fma.chapters.single_runs import (
    DISTURBANCES,
    Disturbed,
    auc,
    course,
    disturb,
    exchange,
    survivors,
)
from fma.network import INITS, forward
from fma.probe import Probe, initial, start

TABLE = fma.RECIPES["table"]
SHORT = replace(TABLE, epochs=20)


def test_a_disturbance_keeps_what_it_does_not_name():
    p = fma.initialise(20, 3, "uniform")
    for how, change in DISTURBANCES.items():
        q = change(p, np.random.RandomState(0), INITS["uniform"])
        assert [a.shape for a in q] == [a.shape for a in p]
        touched = [n for n, a, b in zip(p._fields, p, q, strict=True) if not np.array_equal(a, b)]
        wanted = {"nothing": [], "all": list(BLOCKS)}.get(how.split()[0], [how.split()[0]])
        assert touched == wanted, how
    shuffled = DISTURBANCES["W3 shuffled"](p, np.random.RandomState(0), None)
    assert np.array_equal(np.sort(shuffled.W3, axis=None), np.sort(p.W3, axis=None))
    columns = DISTURBANCES["W2 shuffled by neuron"](p, np.random.RandomState(0), None).W2
    assert {c.tobytes() for c in columns.T.copy()} == {c.tobytes() for c in p.W2.T.copy()}


def test_the_coin_on_its_edge():
    ends = {
        (how, draw): disturb(Disturbed(64, 1, TABLE, how, draw))["ending"]
        for how in ("nothing", "W3 shuffled")
        for draw in range(1 if how == "nothing" else 4)
    }
    assert ends["nothing", 0] == "few"
    assert sum(name != "few" for name in ends.values()) >= 3
    calm = replace(TABLE, learning_rate=0.85e-4)
    assert disturb(Disturbed(64, 1, calm, "W3 shuffled", 0))["ending"] == "line"
    assert tipped({"nothing": ["few"], "a": ["few", "line"]}) == {"a": (1, 2)}


def test_shares_of_a_factorial_experiment():
    random = np.random.RandomState(1)
    outcome = random.randn(30, 2, 2, 2)
    power = effects(outcome)
    assert power.sum(axis=1) == pytest.approx(outcome.reshape(30, 8).var(axis=1))
    only = np.broadcast_to(np.array([0.0, 1.0])[None, None, :, None], (10, 2, 2, 2))
    found = shares(only)
    assert found[(1,)] == (1, 1, 1)
    assert sum(share for share, _, _ in found.values()) == pytest.approx(1)
    assert set(found) == set(EFFECTS)
    assert shares(np.ones((5, 2, 2, 2))) == {}
    cube = as_factorial(np.arange(8)[None, :])
    for i, blocks in enumerate(SUBSETS):
        assert cube[(0, *(int(b in blocks) for b in BLOCKS))] == i


def test_auc_counts_pairs():
    random = np.random.RandomState(2)
    values, chosen = np.round(random.randn(40), 1), random.rand(40) < 0.3
    pairs = [(a > b) + (a == b) / 2 for a in values[chosen] for b in values[~chosen]]
    assert auc(values, chosen) == pytest.approx(np.mean(pairs))


def test_small_steps_keep_the_imbalance_and_the_throw_does_not():
    found = survivors(Probe(64, 1, TABLE))
    assert found["ending"] == "few"
    assert found["kept_after"] > 0.999 > 0.9 > found["kept_thrown"]
    dead = survivors(Probe(80, 1, TABLE))
    assert dead["alive"] == 0
    assert np.isnan(dead["auc"])


def test_who_gets_the_w3_gets_the_luck():
    case = Probe(131, 1, TABLE)
    found = exchange(case)
    assert found["k"] >= 0
    assert {"ending", "without", "control", "to_w3", "to_w2"} <= set(found)


def test_the_course_is_the_trainers():
    one = course(Probe(64, 1, SHORT))
    task = fma.product_task()
    for update in (0, 1, 4, 20):
        p = fma.initialise(64, 1, "uniform")
        if update:
            p = fma.train(64, 1, SHORT, epochs=update, detail=0).parameters
        answer = forward(p, task.x_train, fma.network.ACTIVATIONS["leaky_relu"](0.01))[-1]
        assert one["answer"][update] == pytest.approx(answer.mean(), rel=1e-9)
        assert one["positive"][update] == (p.W3 > 0).sum()
        assert one["largest"][update] == p.W3.max()
    assert len(one["answer"]) == 21
    assert (one["positive"][3], one["positive"][12]) == (0, 0)


def test_the_sign_and_its_baselines():
    def run(positive, ending, eta=4.0, died=-1):
        return {
            "positive_12": positive,
            "ending": ending,
            "eta_sharpness": eta,
            "died": died,
        }

    near = [run(64, "line", 3.5)] * 6 + [run(0, "frozen", 4.0, 50)] * 4
    found = Signs(near, [run(64, "few"), run(64, "frozen")], [1, -1, *[2] * 4, -1, 0, 1, -2])
    assert found.told(near) == (10, 10)
    assert found.guessed(near) == (6, 10)
    assert found.by_sum() == (8, 10)
    assert found.told(found.wide) == (0, 2)
    assert found.lost.tolist() == [50] * 4
    assert Signs([run(64, "line", x) for x in (1, 2, 3, 4)], [], []).by_step() == (3, 4)
    assert found.table()[1][2] == ["η λ₀ and size of layer 1", "0", "0", "–"]
    inside = replace(found, inside=np.arange(10) < 5)
    assert inside.by_border() == (9, 10)


def test_pairs_of_two_seeds_are_the_same_networks_paired_otherwise():
    found = is_it_w2.nested_pairs(SHORT, (20, 21), 4, progress=False)
    differ, (few, more) = found["shared"]
    _, pairs = found[is_it_w2.TWO_SEEDS]
    expected = [(a, b) for i, a in enumerate(few) for k, b in enumerate(more) if i != k]
    assert pairs.T.tolist() == [list(pair) for pair in expected]
    assert len(differ) == 4
    rows = is_it_w2.nested_table(found)[1]
    assert [row[:2] for row in rows] == [
        *(["shared", "4"], ["two seeds", "12"], ["nested", "4"], ["W1's sum alone", "4"])
    ]
    assert rows[1][3] == "–"


def test_w1s_sum_alone_is_shared():
    own = grid_runs(SHORT, [21], [3])[0]
    case = replace(own, donor=(21, 3 + is_it_w2.STRANGER), blocks=BLOCKS, sums=("W1",))
    ours, made = start(own), start(case)
    assert made.W1.sum() == pytest.approx(ours.W1.sum())
    assert not np.isclose(made.W2, ours.W2).any()
    alone = is_it_w2.nested_pairs(SHORT, (20, 21), 3, progress=False)["W1's sum alone"][1]
    assert alone[1, 2] == initial(case)["eta_sharpness"]


def test_a_hand_on_w3_does_what_it_says():
    p = fma.initialise(20, 3, "uniform")
    p = p._replace(W3=p.W3 - p.W3.mean())
    q = laid_on(p, Altered(20, 3, TABLE, factor=-0.8))
    assert np.array_equal(q.W3, -0.8 * p.W3)
    q = laid_on(p, Altered(20, 3, TABLE, back=True))
    assert (p.W3 > 0).any()
    assert np.array_equal(q.W3, -np.abs(p.W3))
    q = laid_on(p, Altered(20, 3, TABLE, without=7))
    assert [a.shape for a in q] == [(2, 20), (20,), (20, 63), (63,), (63, 1), (1,)]
    act = fma.network.ACTIVATIONS["leaky_relu"](0.01)
    x = fma.product_task().x_train
    A2, Z3 = forward(p, x, act)[3:]
    assert forward(q, x, act)[-1] == pytest.approx(Z3 - A2[:, 7:8] * p.W3[7])


def test_an_unaltered_run_is_the_trainers():
    trace = fma.train(64, 1, SHORT)
    found = altered(Altered(64, 1, SHORT))
    assert found["cost"] == pytest.approx(trace.cost[-1], rel=1e-9)
    assert found["leader"] == trace.parameters.W3.argmax()
    assert altered(Altered(64, 1, replace(TABLE, epochs=1)))["cost"] == pytest.approx(trace.cost[0])


def test_the_sign_does_not_make_the_ending():
    found = is_it_w2.handled()
    assert found[63, "turned"][1] == found[64, "kept"][0] == "line"
    assert found[64, "kept"][1:3] == ["few", "frozen"]
    head, rows = is_it_w2.handled_table(found)
    assert head == [
        "size of W3",
        *("63, sign kept", "63, sign turned", "64, sign kept", "64, sign turned"),
    ]
    assert rows[1] == ["1", "line", "line", "few", "line"]


def test_one_neuron_frees_width_64():
    more = is_it_w2.courses()[64]
    at = is_it_w2.turn(more)
    one = int(more["leader"][at])
    assert is_it_w2.creeps(more, 12, at)
    assert not is_it_w2.creeps(more, 0, at)
    without, other = is_it_w2.taken_out(neurons=[one, (one + 1) % 64])
    assert (without["ending"], other["ending"]) == ("frozen", "few")
    assert is_it_w2.alike([other, other]) == "few, at a cost of 145"
    assert is_it_w2.alike([without, other]) == "unlike"
    assert [r["leader"] for r in is_it_w2.turned_back()] == [one, one]
    p = fma.initialise(64, 1, "uniform")
    assert is_it_w2.places_at_start(neuron=int(p.W3.argmin()))[0] == 64
    assert is_it_w2.places_at_start(neuron=one)[1] == 1


def test_the_first_half_around_the_border():
    tested, mixed = first_page.around_border("table", 60, 10)
    band = border.unseen_study("table", 10, *border.BAND)
    assert tested.cases == band.cases[:5]  # the first run, too
    assert mixed.dtype == bool
    assert len(mixed) == 5
    assert first_page.around_border("table", 20, 10)[0].cases == tested.cases


@pytest.mark.parametrize(
    ("area", "without", "control", "verdict"),
    [
        (0.97, "line", "few", HOLDS),
        (0.97, "few", "few", FAILS),  # who lives is told, the ending is not decided
        (0.97, "line", "line", FAILS),  # any change tips it
        (0.6, "line", "few", FAILS),
    ],
)
def test_c24_follows_its_rule(monkeypatch, area, without, control, verdict):
    told = [{"auc": area, "auc_chance": 0.5}] * 10
    swapped = [
        {"ending": "few", "without": without, "control": control, "to_w3": 0.9, "to_w2": 0.1}
    ] * 10
    monkeypatch.setattr(is_it_w2, "lucky", lambda *a, **k: (told, swapped, {"auc": 0.5}))
    found = is_it_w2.decisive_neuron(Setting(TABLE))
    assert found.verdict == verdict
    assert "first" in found.was
    monkeypatch.setattr(is_it_w2, "lucky", lambda *a, **k: ([], [], {"auc": np.nan}))
    assert is_it_w2.decisive_neuron(Setting(TABLE)).verdict == UNTESTED


def test_a_neuron_added_leaves_all_other_weights_as_they_are():
    (result,) = is_it_w2.grown("table", 6, 1, 1, progress=False)
    own, new = (
        fma.initialise(width, seed, "uniform") for width, seed in ((6, 1), (7, 1 + border.STRANGER))
    )
    W1 = np.hstack([own.W1, new.W1[:, 6:]])
    W2 = np.vstack([own.W2 * np.sqrt(6 / 7), new.W2[6:]])
    parameters = own._replace(W1=W1, b1=np.zeros(7), W2=W2)
    trace = fma.train(7, 1, "table", parameters=parameters, detail=0)
    assert result["cost"] == pytest.approx(trace.cost[-1], rel=1e-9)


def test_steps_beside_are_per_cent_of_the_narrower():
    step = [{"eta_sharpness": x} for x in (2.0, 0, 0, 0, 0, 0, 0, 0)]
    wide = [{"eta_sharpness": x} for x in (3.0, 0, 0, 2.2, 0, 0, 0, 0)]
    grown = [{"eta_sharpness": x} for x in (2.0, 2.2)]
    assert is_it_w2.steps_beside([step, wide], grown) == pytest.approx((5, 50, 10))
