"""The statistics against closed forms, hand counts and brute force."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from fma.baselines import baselines, best_affine
from fma.chapters import article
from fma.regimes import participation_ratio, top_share
from fma.statistics import (
    Paired,
    bootstrap_interval,
    cramers_v,
    cross_validated,
    hats,
    indicators,
    paired_difference,
    rank,
    trend,
    wilson_interval,
)
from fma.task import product_task, sum_task

RANDOM = np.random.default_rng(3)
FIRST = RANDOM.normal(6, 1, 12)
SECOND = FIRST + RANDOM.normal(0.4, 0.6, 12)


def test_baselines_of_the_product():
    costs = baselines(product_task())
    assert {name: round(cost, 1) for name, cost in costs.items()} == {
        "zero": 1436.2,
        "origin": 141.8,
        "affine": 49.1,
    }


def test_best_affine_is_where_the_gradient_vanishes():
    task = product_task()
    fit = best_affine(task)
    error = task.x_train @ fit[:2] + fit[2] - task.y_train[:, 0]
    assert np.abs(task.x_train.T @ error).max() < 1e-7
    assert abs(error.sum()) < 1e-8
    assert np.mean(error**2) == pytest.approx(baselines(task)["affine"], rel=1e-12)


def test_a_plane_learns_the_sum():
    costs = baselines(sum_task())
    assert costs["affine"] < 1e-20
    assert costs["zero"] > 100


def test_sign_flips_against_all_of_them():
    d = (SECOND - FIRST)[:8]
    means = [abs(np.mean(d * signs)) for signs in product((-1, 1), repeat=len(d))]
    exact = np.mean(np.array(means) >= abs(d.mean()) - 1e-12)
    assert Paired(FIRST[:8], SECOND[:8]).sign_flip_p == pytest.approx(exact, rel=1e-9)


def test_paired_differences_are_second_minus_first():
    paired = Paired(np.array([1.0, 2.0, 4.0]), np.array([3.0, 1.0, 4.0]))
    assert paired.differences.tolist() == [2, -1, 0]
    assert paired.wins == (1, 1, 1)
    assert paired.mean == pytest.approx(1 / 3)


def test_equivalence_is_the_larger_of_two_t_tests():
    d, margin = SECOND - FIRST, 0.7
    by_hand = max(
        stats.ttest_1samp(d, -margin, alternative="greater").pvalue,
        stats.ttest_1samp(d, margin, alternative="less").pvalue,
    )
    assert Paired(FIRST, SECOND).equivalence_p(margin) == pytest.approx(by_hand, rel=1e-9)


def test_equivalence_is_shown_exactly_at_the_smallest_margin():
    paired = Paired(FIRST, SECOND)
    assert paired.equivalence_p(paired.smallest_margin()) == pytest.approx(0.05, rel=1e-9)


def test_a_margin_has_to_be_positive():
    with pytest.raises(ValueError, match="margin must be a number above 0, got 0"):
        Paired(FIRST, SECOND).equivalence_p(0)


def test_diverged_runs_count_by_rank_and_never_in_a_mean():
    paired = Paired(np.array([1, 2, 3, np.inf]), np.array([np.inf, np.inf, 2, np.inf]))
    assert paired.wins == (2, 1, 1)
    assert not paired.finite
    unknown = paired.mean, paired.sign_flip_p, paired.equivalence_p(1), *paired.interval()
    assert np.isnan(unknown).all()
    assert 0 < paired.signed_rank_p <= 1


def test_both_diverged_is_no_equivalence():
    paired = Paired(np.full(3, np.inf), np.full(3, np.inf))
    assert np.isnan(paired.equivalence_p(1))
    assert paired.signed_rank_p == 1


def test_bootstrap_interval_covers_as_often_as_it_says():
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(60):
        low, high = bootstrap_interval(random.normal(5, 2, 20), confidence=0.8)
        hits += low < 5 < high
    assert 38 <= hits <= 57  # 48 expected; outside has probability 0.002


def test_an_interval_of_less_confidence_is_narrower():
    for interval in (
        lambda **how: bootstrap_interval(FIRST, **how),
        Paired(FIRST, SECOND).interval,
        lambda **how: wilson_interval(7, 9, **how),
    ):
        (low, high), (least, most) = interval(confidence=0.8), interval()
        assert least < low < high < most
        assert interval(confidence=0.95) == (least, most)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, np.inf], [1.0, np.nan]])
def test_no_interval_without_two_finite_values(values):
    assert np.isnan(bootstrap_interval(values)).all()


def test_interval_of_equal_values_is_that_value():
    assert bootstrap_interval([2.0, 2.0, 2.0]) == (2.0, 2.0)


@pytest.mark.parametrize(("successes", "trials"), [(0, 20), (18, 20), (7, 9)])
def test_wilson_interval_against_its_formula(successes, trials):
    z, p = stats.norm.ppf(0.975), successes / trials
    centre = (p + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z * np.sqrt(p * (1 - p) / trials + (z / (2 * trials)) ** 2) / (1 + z**2 / trials)
    low, high = wilson_interval(successes, trials)
    assert (low, high) == pytest.approx((centre - half, centre + half), abs=1e-12)


def test_no_trials_have_no_wilson_interval():
    assert np.isnan(wilson_interval(0, 0)).all()


def test_trend_sees_its_direction():
    levels = np.arange(6)
    rising = levels[:, np.newaxis] + RANDOM.normal(0, 0.5, (6, 4))
    up, down = trend(levels, rising), trend(levels, -rising)
    assert up.tau == pytest.approx(-down.tau)
    assert up.tau > 0.5
    assert max(up.page_p, down.page_p, up.friedman_p) < 0.01


def test_page_trend_is_two_sided():
    values = RANDOM.normal(size=(4, 5))
    one_sided = [stats.page_trend_test(v.T).pvalue for v in (values, values[::-1])]
    assert trend(range(4), values).page_p == pytest.approx(min(1, 2 * min(one_sided)))


def test_trend_of_equal_values_is_none():
    result = trend([1, 2, 3], np.full((3, 2), np.inf))
    assert np.isnan(result.tau)
    assert (result.page_p, result.friedman_p) == (1, 1)


def test_rank_counts_from_one_and_shares_the_better_place():
    assert [rank(v, [3.0, 1.0, 3.0]) for v in (0, 1, 3, 4)] == [1, 1, 2, 4]


def test_participation_ratio_counts_equal_shares():
    assert participation_ratio(np.array([2.0, -2.0, 0.0, 2.0])) == pytest.approx(3)
    assert participation_ratio(np.array([[0.0, 5.0], [1.0, 1.0]])) == pytest.approx([1, 2])
    assert np.isnan(participation_ratio(np.zeros(3)))
    assert participation_ratio(np.full(4, 1e300)) == pytest.approx(4)


def test_top_share():
    assert top_share(np.array([1.0, -4.0, 3.0, 0.0])) == pytest.approx(7 / 8)
    assert np.isnan(top_share(np.zeros(3)))


@pytest.mark.parametrize(
    ("printed", "value", "how"),
    [
        ("137", 136.59, "rounded"),
        ("1271", 1271.68, "cut"),
        ("1271", 1272.1, "no"),
        ("-0.5", -0.5405, "rounded"),
        ("8.7", 8.76, "cut"),
        ("137", np.inf, "no"),
        ("137", np.nan, "no"),
        ("137", 1e300, "no"),
    ],
)
def test_agreement_with_a_printed_number(printed, value, how):
    assert article.agreement(printed, value) == how


def test_hats_interpolate():
    knots = np.array([0.0, 1, 3])
    np.testing.assert_allclose(
        hats([-1, 0.5, 2, 9], knots), [[1, 0, 0], [0.5, 0.5, 0], [0, 0.5, 0.5], [0, 0, 1]]
    )


def test_log_loss_of_known_probabilities():
    random = np.random.RandomState(1)
    group = random.randint(0, 2, 3000)
    outcome = np.where(random.random_sample(3000) < np.where(group, 0.9, 0.1), "dead", "plateau")
    entropy = -(0.9 * np.log2(0.9) + 0.1 * np.log2(0.1))
    blind = cross_validated(np.empty((3000, 0)), outcome, np.arange(3000))
    seeing = cross_validated(group[:, None], outcome, np.arange(3000))
    assert blind.mean() == pytest.approx(1, abs=0.01)
    assert seeing.mean() == pytest.approx(entropy, abs=0.04)


def test_a_group_is_predicted_by_others_only():
    """Each group has an ending of its own: knowing the group helps only where it was seen."""
    group = np.repeat(np.arange(40), 30)
    names = np.where(np.random.RandomState(0).permutation(40)[group] % 2, "dead", "plateau")
    features = indicators(group)
    alone = cross_validated(features, names, np.arange(len(names)))
    apart = cross_validated(features, names, group)
    assert alone.mean() < 0.5 < 0.9 < apart.mean()


def test_paired_difference():
    first = np.array([1] * 60 + [0] * 40, dtype=bool)
    second = np.array([1] * 50 + [0] * 50, dtype=bool)
    share, low, high = paired_difference(first, second)
    assert share == pytest.approx(0.1)
    assert 0.03 < low < 0.1 < high < 0.2


def test_cramers_v():
    assert cramers_v([1, 1, 2, 2], ["a", "a", "b", "b"]) == pytest.approx(1)
    assert cramers_v([1, 1, 2, 2], ["a", "b", "a", "b"]) == pytest.approx(0)
    assert cramers_v([1, 1, 2, 2], ["a"] * 4) == 0
