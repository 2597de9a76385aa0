"""Chapter 14: both ways of counting, on sets whose dimension is known."""

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
    found = lens.by_pairs(lens.apart(control("cantor"), 3000, SIZES), SIZES)
    assert found.low < lens.CANTOR < found.high
    assert lens.by_pairs(lens.apart(control("coins"), 1000, SIZES), SIZES).at == pytest.approx(
        1, abs=0.05
    )


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
        lens.changes_chart(np.eye(8, 12, dtype=bool).cumsum(axis=1) > 0),
    ]
    for draw in draws:
        for layout in (figures.DESK, figures.PHONE):
            assert draw(layout).axes


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
