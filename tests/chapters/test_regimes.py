"""Chapter 2: the printed table and the puzzle are measured, and follow the data."""

from types import SimpleNamespace

import numpy as np
import pytest

import fma
from fma.chapters import article, regimes
from fma.notebook import vary


def course(costs, width=63, seed=1):
    return SimpleNamespace(cost=np.array(costs, dtype=float), width=width, seed=seed)


def test_the_puzzle_is_measured():
    few = course([100] * 12 + [10] * 138)
    more = course([1400] * 82 + [100] * 68)
    found = regimes.puzzle(few, more)
    assert regimes.falls_late(more)
    assert not regimes.falls_late(few)
    assert (found.quick, found.frozen, found.fallen, found.seen) == (12, 72, True, True)
    assert not regimes.puzzle(few, few).seen
    assert not regimes.puzzle(few, course([1400] * 150)).seen
    assert not regimes.puzzle(few, course([np.inf] * 3)).seen


@pytest.fixture(scope="module")
def traces():
    return [fma.train(w, 1) for w in (63, 64, 80)]


def test_whether_the_cost_sets_the_dead_alone_apart(traces):
    assert not regimes.cost_tells_the_dead_alone(traces)  # it tells 63 from 64, too
    assert regimes.cost_tells_the_dead_alone([*traces, fma.train(110, 1)])
    assert not regimes.cost_tells_the_dead_alone(traces[:2])


def test_the_table_stands_beside_the_printed_one(traces):
    _, rows = regimes.printed_table(traces, 1, 100)
    assert rows[1] == ["64", "145.4 (145)", "47.3 (47.3)", "37.5 (37.5)", "converge (converge)"]
    assert regimes.printed_table(traces, 2, 100)[1][1][1] == "145.4"
    assert article.entries_met(traces) == (12, 12)
    assert article.entries_met(traces, 2) == (0, 0)
    assert article.entries_met([fma.train(63, 1, vary("table", epochs=5))]) == (1, 4)


def test_widths_are_listed_by_regime(traces):
    assert regimes.widths_of(traces, "plateau") == "63"
    assert regimes.widths_of(traces, "diverged") == "none"
    assert regimes.met_in_words(3, 4) == "3 of 4 do"
    assert "nothing" in regimes.met_in_words(0, 0)
    assert regimes.cut(traces) == "none"
