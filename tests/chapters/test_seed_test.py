"""Chapter 5 against the plain equations: every line that the article's second listing prints."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fma.chapters import seed_test
from fma.chapters.article import LISTING, PAIR, SWEEP_WIDTHS
from fma.chapters.ledger import UNTESTED, Setting
from fma.recipe import RECIPES

# The plain equations' costs, in full: what `python -m benchmarks.second_listing` wrote.
PLAIN = json.loads(Path(__file__).with_name("second_listing.json").read_text("utf-8"))


def plain(width, seeds):
    return np.array([PLAIN[str(width)][str(seed)] for seed in seeds])


@pytest.fixture(scope="module")
def found():
    return seed_test.seed_test(progress=False)


def two_decimals(values):
    return [f"{value:.2f}" for value in values]


def test_all_twenty_lines_are_the_listings(found):
    costs = np.array([plain(width, found.seeds) for width in PAIR])
    expected = [f"seed {s}: 63-net={a:.2f}, 64-net={b:.2f}" for s, (a, b) in enumerate(costs.T, 1)]
    assert len(expected) == 20
    assert found.lines() == expected
    assert expected[:3] == LISTING


@pytest.mark.parametrize("width", PAIR)
def test_mean_and_deviation_of_the_twenty_seeds_are_the_listings(found, width):
    rows = {row[0]: row[1:3] for row in seed_test.mean_table(found)[1]}
    costs = plain(width, found.seeds)
    assert rows[f"width {width}"] == two_decimals(
        [costs.mean(), np.sqrt(np.mean((costs - costs.mean()) ** 2))]
    )


def test_twenty_seeds_hold_as_a_description_and_show_nothing_beyond():
    claim = seed_test.no_winner(Setting(RECIPES["long"], progress=False))
    assert claim.verdict == UNTESTED
    assert claim.other == (
        "As a description of these 20 seeds alone it holds: 9 wins against 11, means 0.5% apart."
    )


def test_a_wider_gap_is_no_description_of_alike(monkeypatch):
    costs = np.array([np.linspace(1, 2, 20), np.linspace(1, 2, 20) + np.tile([1.0, -0.6], 10)])
    traces = [SimpleNamespace(final_cost=cost) for cost in costs.ravel()]
    made = seed_test.SeedTest(PAIR, range(1, 21), traces)
    monkeypatch.setattr(seed_test, "seed_test", lambda **_: made)
    assert seed_test.no_winner(Setting(RECIPES["long"], progress=False)).other == ""


def test_the_sweeps_fourteen_lines_are_the_listings():
    swept = seed_test.width_sweep(progress=False)
    rows = {int(width): row for width, *row in seed_test.sweep_table(swept)[1]}
    assert list(rows) == list(SWEEP_WIDTHS)
    for width, costs in zip(swept.widths, swept.costs, strict=True):
        expected = plain(width, range(1, 6))
        assert two_decimals(costs) == two_decimals(expected)
        deviation = np.sqrt(np.mean((expected - expected.mean()) ** 2))
        ends = expected.min(), expected.max()
        assert rows[width] == two_decimals([expected.mean(), deviation, *ends])


def test_the_place_by_size_and_the_clear_leads():
    test = seed_test.seed_test((3, 4), 4, "text", 5, progress=False)
    sizes = np.abs(np.diff(test.costs, axis=0)[0])
    placed = [test.size_place(seed) for seed in test.seeds]
    assert np.argsort(placed).tolist() == np.argsort(-sizes).tolist()
    assert test.size_place(99) == 0
    assert test.clear == (sizes > test.margin).sum()
