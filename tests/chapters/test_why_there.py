"""The derivation's steps against networks and plain arithmetic."""

from dataclasses import replace

import numpy as np
import pytest

import fma
from fma import figures, throw
from fma.chapters import why_there
from fma.chapters.edge_runs import UPDATES, follow
from fma.probe import Probe

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


def test_a_prediction_is_outside_where_the_interval_does_not_hold_it():
    rows = [{"own": (4.0, 3.9, 4.1), "predicted": at} for at in (3.8, 3.9, 4.0, 4.2)]
    rows.append({"own": (np.nan,) * 3, "predicted": 4.0})
    assert why_there.outside(rows) == 2


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
    r, off = why_there.after_throw({63: (path, small, 3.6)})
    assert r == {63: 0.3}
    assert off == [pytest.approx(0.3 / 2.7)]
