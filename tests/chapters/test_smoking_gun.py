"""Chapter 3: indicators separate what they separate, and its claims follow the data."""

from types import SimpleNamespace

import numpy as np
import pytest

from fma import figures
from fma.chapters import smoking_gun


def result(regime, **values):
    usual = {"dw2_norm_100": 10.0, "z2_max_100": 5.0, "top_two": 0.1, "alive": 0}
    return {"regime": regime} | usual | values


@pytest.mark.parametrize(
    ("values", "names", "expected"),
    [
        ([1, 2, 3, 4], "aabb", True),
        ([1, 3, 2, 4], "aabb", False),
        ([1, 2, np.nan, 4], "aabb", True),
        ([1, 2], "aa", False),
    ],
)
def test_groups_are_separated_if_their_ranges_are(values, names, expected):
    assert smoking_gun.separated(values, list(names)) is expected


def test_a_population_is_summed_up_by_regime():
    _, rows = smoking_gun.population_table([result("dead"), result("dead", z2_max_100=-1.0)])
    assert rows == [
        ["dead", "2", "2.0 (-1.0 to 5.0)", "10.0 (10.0 to 10.0)", "0.10 (0.10 to 0.10)"]
    ]


@pytest.mark.parametrize("layout", [figures.DESK, figures.PHONE], ids=lambda x: x.name)
def test_every_run_of_a_population_is_a_dot(layout):
    results = [result("dead"), result("plateau"), result("dead", z2_max_100=-30.0)]
    figure = smoking_gun.indicators(results)(layout)
    dots = [sum(len(p.get_path().vertices) // 2 for p in axes.patches) for axes in figure.axes]
    assert dots == [3, 3, 3]


def test_layer_2_is_emptied_and_revived():
    runs = [
        SimpleNamespace(width=w, alive=np.array(alive))
        for w, alive in ((80, [64, 0, 0]), (128, [64, 0, 3]), (63, [64, 64, 64]))
    ]
    assert smoking_gun.emptied(runs) == "80 and 128"
    assert smoking_gun.revived(runs) == "128"
    assert smoking_gun.revived(runs[::2]) == "none"
    assert smoking_gun.emptied_within(runs) == 1
    assert smoking_gun.emptied_within(runs[2:]) == 0


def test_neurons_that_die_at_once_are_counted():
    assert smoking_gun.most_at_once(SimpleNamespace(alive=np.array([64, 63, 57, 60, 58]))) == 6
    assert smoking_gun.most_at_once(SimpleNamespace(alive=np.array([3, 3, 5]))) == 0


def test_the_gradient_is_told_at_the_median_of_the_dead_and_of_plateaus():
    runs = [result("dead", dw2_norm_100=x) for x in (1.0, 5.0, 30.0)]
    assert smoking_gun.middles([*runs, result("plateau")]) == [5.0, 10.0]
    assert np.isnan(smoking_gun.middles(runs)[1])


def test_costs_are_compared_at_the_epoch_that_is_looked_at():
    runs = [
        SimpleNamespace(
            cost=np.array(cost), alive=np.array([alive]), recipe=SimpleNamespace(hidden=64)
        )
        for cost, alive in (([50.0, 9.0], 0), ([5.0, 9.0], 64))
    ]
    assert smoking_gun.cost_ratio(runs, 0) == 10
