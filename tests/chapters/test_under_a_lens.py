"""Chapter 14: both ways of counting, on sets whose dimension is known."""

import re
from dataclasses import replace

import numpy as np
import pytest

from fma.chapters import under_a_lens as lens

SIZES = 10.0 ** -np.arange(1, 7)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FMA_CACHE", str(tmp_path))


def control(name):
    return lens.Line(name, 0.0, 1.0)


def test_pairs_find_cantors_dimension_and_that_of_coins():
    for name, columns, known in (("cantor", 3000, lens.CANTOR), ("coins", 1000, 1)):
        found, p = lens.by_pairs(*lens.apart(control(name), columns, SIZES, [columns] * 6), SIZES)
        assert found.at == pytest.approx(known, abs=0.05)
        assert p > 0.05


def test_pairs_are_columns_of_the_line_where_a_distance_is_a_whole_number_of_them():
    line = control("edge")
    different, numbers = lens.apart(line, 40, (0.1, 0.01), (40, 20))
    np.testing.assert_array_equal(numbers, [36, 20])
    assert different[0] == 4  # pairs of columns 4 apart with the change between them
    x = lens.centres(0, 1, 40)[::2]
    assert different[1] == (line.codes(x) != line.codes(x + 0.01)).sum()


def test_a_distance_at_which_no_pair_differs_counts():
    sizes, numbers = SIZES[2:], np.full(4, 160)
    found, p = lens.by_pairs(np.array([40, 10, 3, 0]), numbers, sizes)
    assert found.at == pytest.approx(0.38, abs=0.005)
    left_out = 1 - lens._slopes(np.array([40, 10, 3, 0]), np.log(sizes))
    assert left_out > found.at + 0.05
    assert p > 0.05
    assert lens.by_pairs(np.array([855, 490, 31, 0]), np.full(4, 1800), sizes)[1] < 1e-6
    assert str(lens.by_pairs(np.array([5, 0, 0, 0]), numbers, sizes)[0]) == "–"


def test_a_step_between_two_distances_has_an_exact_interval():
    step = lens.between((40, 10), (400, 1000), (1e-3, 1e-4))
    assert step.at == pytest.approx(0)  # ten times nearer, ten times less often
    # The interval covers a known dimension, though few pairs differ.
    draws = np.random.RandomState(0).binomial((400, 1600), (0.03, 0.03 / 10**0.6), (2000, 2))
    covered = [lens.between(drawn, (400, 1600), (1e-3, 1e-4)) for drawn in draws]
    assert np.mean([c.low <= 0.4 <= c.high for c in covered]) > 0.94
    none = lens.between((12, 0), (400, 400), (1e-3, 1e-4))
    assert np.isinf(none.at)
    assert str(none) == f"below {none.high:.2f}"
    assert none.high < 1
    assert np.isnan(lens.between((0, 0), (9, 9), (1e-3, 1e-4)).at)


def test_by_chance_half_of_the_smallest_boxes_of_a_coin_are_empty():
    coin, cantor = (lens.count(control(n), 2000, SIZES, [50] * 6) for n in ("coins", "cantor"))
    assert coin.filled[0] == pytest.approx(0.5, abs=0.03)
    assert coin.filled_by_chance
    assert not cantor.filled_by_chance
    assert coin.boxes.at < 0.8
    assert coin.largest.at == pytest.approx(1, abs=0.02)


def test_powers_of_ten_are_readable():
    assert lens.power(3e-10) == "3·10⁻¹⁰"
    assert lens.power(1e-4, 2) == "1.00·10⁻⁴"


def test_boxes_find_cantors_dimension():
    _, codes = lens.scan(control("cantor"), 3**7)
    found = lens.by_boxes(codes, (1, 3, 9, 27), pieces=9)
    assert found.at == pytest.approx(lens.CANTOR, abs=0.1)


def test_one_change_has_dimension_nought():
    _, codes = lens.scan(control("edge"), 512)
    assert lens.by_boxes(codes).at == pytest.approx(0, abs=1e-9)


def test_a_line_is_fitted_through_the_sizes_at_which_anything_is_seen():
    x = np.log(SIZES[:4])
    slopes = lens._slopes(np.array([[90, 40, 12, 5], [9, 0, 3, 0], [0, 5, 0, 0]]), x)
    assert slopes[0] == pytest.approx(np.polyfit(x, np.log([90, 40, 12, 5]), 1)[0])
    assert slopes[1] == pytest.approx(np.log(9 / 3) / (x[0] - x[2]))
    assert np.isnan(slopes[2])


def test_a_descent_ends_where_float64_does():
    (edge, coins) = lens.descents([control("edge"), control("coins")])
    assert set(edge.changes) == {1}
    assert edge.rough == 0
    assert coins.changes.min() > 1
    assert coins.rough == pytest.approx(coins.decades)
    for descent in (edge, coins):
        width = descent.high[-1] - descent.low[-1]
        assert width >= 32 * np.spacing(descent.high[-1])
        assert width / 16 < 32 * np.spacing(descent.high[-1])


def test_figures_are_drawn_for_desk_and_phone():
    from fma import figures

    (edge, coins) = lens.descents([control("edge"), control("coins")])
    draws = [
        lens.descent_chart({"one change": edge, "coins": coins}),
        lens.pairs_chart({"coins": np.array([0.5, 0.5])}, (0.1, 0.01)),
        lens.changes_chart([np.eye(n, 12, dtype=bool).cumsum(axis=1) > 0 for n in (4, 8)]),
    ]
    for draw in draws:
        for layout in (figures.DESK, figures.PHONE):
            figure = draw(layout)
            labels = [label for axes in figure.axes for label in axes.get_yticklabels()]
            said = [figure.get_suptitle(), *(label.get_text() for label in labels)]
            assert not [text for text in said if re.search(r"\de-", text)]


def test_a_descent_that_found_no_change_did_not_reach_the_end_of_float64():
    from fma import figures

    (edge,) = lens.descents([control("edge")])
    plain = replace(edge, codes=np.vstack([edge.codes[:-1], np.zeros_like(edge.codes[:1])]))
    for descent, said in ((edge, "At the end of float64"), (plain, "In the last windows")):
        title = lens.descent_chart({"one": descent})(figures.DESK).get_suptitle()
        assert title.startswith(said)


def test_changes_and_fates_are_counted():
    alive = np.array([[1, 0, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]], dtype=bool)
    np.testing.assert_array_equal(lens.changes_along(alive), [0, 1, 4])
    assert lens.fates(alive, 1) == (3, 2, 1, 1)


def test_networks_trained_on_are_those_of_the_line():
    line = lens.Line("small", *lens.STRIP)
    alive = lens.alive_along(line, 32)
    for epochs in (120, 150):
        last = alive[:, epochs - 1]
        found = lens.trained_on(line, 32, epochs, updates=100)
        assert found == (alive[:, 99].sum(), last.sum(), (~alive[:, 99] & last).sum())
