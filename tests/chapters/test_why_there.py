"""The derivation's steps against networks and plain arithmetic."""

from dataclasses import replace

import numpy as np
import pytest

import fma
from fma import figures, throw, transplant
from fma.chapters import border, why_there
from fma.chapters.edge_runs import UPDATES, follow
from fma.probe import Probe, start

TABLE = fma.RECIPES["table"]


def test_lambda_0_from_the_size_of_layer_1_is_the_sharpness_of_the_mean_network():
    for width in (24, 64, 150):
        full = fma.initialise(width, 1, "uniform")
        mean = full._replace(
            W1=np.full_like(full.W1, 0.5 / np.sqrt(2)),
            W2=np.full_like(full.W2, 0.5 / np.sqrt(width)),
            W3=np.full_like(full.W3, 0.5 / 8),
        )
        expected = fma.sharpness(mean, fma.product_task())
        found = why_there.from_sums(throw.layer1_size(mean))
        assert found == pytest.approx(expected, rel=0.01)


def test_a_followed_network_gives_its_sums_update_by_update():
    found = follow(Probe(40, 3, TABLE))
    assert len(found["r"]) == UPDATES + 1
    for updates in (1, 5):
        after = fma.train(40, 3, TABLE, epochs=updates, detail=0).parameters
        r, w, sigma = throw.start_of(after)
        assert found["r"][updates] == pytest.approx(r)
        assert found["w"][updates] == pytest.approx(w)
        assert abs(found["sigma"][updates]) == pytest.approx(sigma)
    short = follow(Probe(160, 1, replace(TABLE, learning_rate=1.0)))
    assert len(short["r"]) <= UPDATES
    assert np.isfinite(short["w"]).all()


def test_the_race_tells_who_finds_back():
    says, back = why_there.race(np.linspace(2.5, 6.3, 25)[:, None], np.linspace(3.2, 4.8, 25))
    assert np.mean(says == back) > 0.995
    assert 0.2 < back.mean() < 0.8


def test_a_lost_start_stands_still_the_longer_the_nearer_its_layers_balance():
    late = why_there.crossings([1e-1, 1e-2, 1e-3, 0.0], 4.1, 400)
    assert 0 < late[0] < late[1] < late[2]
    assert late[1] - late[0] == pytest.approx(late[2] - late[1], abs=2)
    assert late[3] == -1


def test_the_leading_border_is_where_three_swings_take_the_smaller_layer():
    sizes = np.array([3.0, 4.0, 6.0])
    start = throw.Start(0.5, 4.0, sizes)
    at = why_there.leading_border(sizes)
    assert (throw.leading_excess(start, at) > 0).all()
    assert (throw.leading_excess(start, at - 2e-3) < 0).all()


def test_the_leading_border_is_near_the_maps_but_for_narrow_layers():
    found = why_there.leading_errors()
    at, before = (throw.mean_start(found["first"] - less).sigma for less in (0, 1))
    for size, near in ((at, True), (before, False)):
        exact = throw.border(throw.Start(0.5, 4.0, size))
        assert (abs(why_there.leading_border([size])[0] / exact - 1) < 0.03) == near
    assert found["narrowest"] == pytest.approx(
        100 * (5.014 / throw.predicted_border(24) - 1), abs=0.1
    )


def test_two_swings_are_too_few_and_four_too_many():
    found = why_there.leading_errors()
    start, border = throw.mean_start(160), throw.predicted_border(160)
    assert found["two"] == pytest.approx(1.7)
    assert throw.leading_excess(start, 1.7 * border, swings=2) < 0
    assert throw.leading_excess(start, 1.8 * border, swings=2) > 0
    off = [100 * (at / throw.predicted_border(w) - 1) for at, w in ((3.866, 24), (3.086, 64))]
    np.testing.assert_allclose(found["four"], off[::-1], atol=0.1)


def test_the_border_falls_less_with_r_star_held():
    found = why_there.falls()
    held = [float(throw.border(throw.Start(r, 4.0, s))) for r, s in ((0.672, 6**0.5), (0.5, 4.0))]
    at = throw.predicted_border([24, 64, 160])
    np.testing.assert_allclose(found["as it is"], 100 * (1 - at[1:] / at[:-1]))
    assert found["r₀ − r* held"][0] == pytest.approx(100 * (1 - held[1] / held[0]), abs=0.1)
    assert found["r* held"][0] < found["r₀ − r* held"][0] < found["as it is"][0]
    assert 0 < found["r* held"][1] < found["r₀ − r* held"][1] < found["as it is"][1]


def test_with_r_star_held_the_size_enters_by_the_share_a_swing_takes_of_layer_1():
    task = fma.product_task()
    for size in (2.5, 4.0, 6.3):
        scaled = task._replace(y_train=task.y_train * size / 4)
        start = throw.Start(0.5, 4.0, size)
        path = throw.throw(start, 3.6, 1, scaled)
        rest, own = throw.constants()[1] / 16, throw.constants()[0] * (4 * size) ** 2
        taken = 3.6 * own / throw.curvature(start, scaled) * 0.5 * (0.5 - rest)
        assert 1 - path.sigma[1] / size == pytest.approx(taken / size**2)
        assert 1 - path.w[1] / 4 == pytest.approx(taken / 16)


def test_stand_ins_are_asked_at_the_learning_rate_and_at_the_step():
    runs = border.unseen_study("table", 12, 3.6, 3.8, progress=False)
    fits = (
        border.Fit((), np.array([1.3, -1.0]), None, 0),
        border.Fit(("width",), np.zeros(3), None, 0),
    )
    found = why_there.stand_ins(runs, *fits, progress=False)
    names = list(found)
    assert [found[name][0] is None for name in names] == [True, True, *[False] * 5]
    assert (found["fitted, η λ₀ alone"][1] == ((runs.x < np.exp(1.3)) == runs.plateau)).all()
    assert (found["fitted, η λ₀ and width"][1] == ~runs.plateau).all()
    for i, case in enumerate(runs.cases):
        one = transplant.shadow(fma.initialise(case.width, case.seed, "uniform"))
        rates = runs["rate"][i], runs.x[i] / fma.sharpness(one, fma.product_task())
        sums = throw.start_of(one)
        for k, rate in enumerate(rates):
            recipe = replace(TABLE, learning_rate=float(rate), hidden=1)
            ends = fma.regime(fma.train(1, 1, recipe, parameters=one)) == "plateau"
            assert found["one neuron a layer"][k][i] == (ends == runs.plateau[i])
            back = throw.stays(sums, rate * throw.curvature(sums) if k == 0 else runs.x[i])
            assert found["small map, own three sums"][k][i] == (back == runs.plateau[i])
    assert all((found[n][0] != found[n][1]).any() for n in ("one neuron a layer", names[3]))
    low = [fma.sharpness(transplant.shadow(start(c)), fma.product_task()) for c in runs.cases]
    expected = 100 * np.mean(1 - np.array(low) / runs["sharpness"])
    assert why_there.low_sharpness(runs, progress=False) == pytest.approx(expected)


def test_a_row_of_stand_ins_has_a_dash_where_nothing_is_asked():
    rows = why_there.stand_in_rows({"rule": (None, np.array([True, True, False, True]))})
    assert rows == [["rule", "–", "75.0% [30.1%, 95.4%]"]]


def test_sizes_tell_lambda_0_and_widths_alone_their_mean():
    sizes = np.array([4.0, 4.4, 6.0, 6.6])
    own, wide = why_there.distances(np.array([64, 144]), sizes, why_there.from_sums(sizes))
    assert own == pytest.approx(0)
    assert wide == pytest.approx(10, abs=1)


def test_a_prediction_is_compared_with_the_runs_own_interval():
    own = [(4.4, 4.3, 4.5), (3.8, 3.7, 3.9), (np.nan,) * 3, (3.5, 3.4, 3.6)]
    told = {"widths": (24, 31), "runs": 9, "one": 6, "map": 7}
    rows = [told | {"own": o, "predicted": p} for o, p in zip(own, (4, 3.9, 3.8, 3.7), strict=True)]
    found = why_there.compared(rows)
    assert (found["lowest"], found["highest"], found["outside"]) == (3.5, 4.4, 2)
    assert found["worst"] == pytest.approx((100 * 0.3 / 4.3, 100 * 0.5 / 4.5))
    assert found["farthest"] == pytest.approx(100 * 0.5 / 4.5)
    assert found["median"] == pytest.approx(100 * 0.2 / 3.5)
    assert found["narrowest"]
    assert found["sides"]
    assert found["leans"]
    assert not found["better"]
    rows[1] |= {"widths": (32, 47), "one": 8}
    words = "32 to 47, the fitted threshold on η λ₀ does better: 8 of 9 against 7"
    assert why_there.compared(rows)["better"] == words
    flat = why_there.compared(
        [r | {"predicted": p} for r, p in zip(rows, (5, 4, 4, 3), strict=True)]
    )
    assert not flat["leans"]
    assert not flat["sides"]


def test_the_figures_draw():
    paths = why_there.followed("table", (63, 64), progress=False)
    assert paths[63][1].r[0] == pytest.approx(paths[63][0]["r"][0])
    for draw in (
        why_there.swing(paths),
        why_there.throws(4.0, (3.7, 3.9)),
        why_there.sums(*why_there.starts(TABLE, (24, 90), (1, 2), progress=False)),
    ):
        assert figures.html(draw, alt="a figure").count("<svg") == 2


def test_rows_of_the_tables():
    row = {"widths": (24, 31), "runs": 9, "predicted": 4.0, "fitted": 4.1}
    row |= {"own": (4.2, 4.0, 4.4), "map": 7, "two": 8, "one": 6}
    cells = ["24 to 31", "9", "4.00", "4.10", "4.20 [4.00, 4.40]", "7", "8", "6"]
    assert why_there.width_row(row) == cells
    assert why_there.width_row(row | {"own": (np.nan,) * 3})[4] == "–"
    assert len(why_there.BY_WIDTH) == len(cells)


def test_after_the_throw():
    path = {"r": np.array([0.5, -0.2, 1.2, -1.5, 0.3])}
    small = throw.Start(np.array([0.5, -0.2, 1.2, -1.2, 0.9]), None, None)
    r, off, back = why_there.after_throw({63: (path, small, 3.6)})
    assert r == {63: 0.3}
    assert back == {63: False}
    below = {"r": np.array([0.5, -0.2, 1.2, -1.2, -0.3])}
    assert why_there.after_throw({64: (below, small, 3.8)})[2] == {64: True}
    assert off == [pytest.approx(0.3 / 2.7)]
