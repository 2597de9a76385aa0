"""Comparing runs: paired differences, equivalence, trend and rank, by scipy and statsmodels.

Every run counts. A run that diverged has an infinite cost: it takes part in whatever goes by ranks,
and a mean over it is not a number rather than a mean over the others.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import optimize, special, stats

from fma.checks import number

RESAMPLES = 9_999


def bootstrap_interval(values, statistic=np.mean, confidence=0.95):
    """Bootstrap interval of a statistic, bias-corrected and accelerated (Efron 1987).

    Returns
    -------
    (float, float)
        Both NaN if there are fewer than two values or one is not finite.
    """
    values = np.asarray(values, dtype=float)
    if len(values) < 2 or not np.isfinite(values).all():
        return np.nan, np.nan
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    result = stats.bootstrap(
        (values,),
        statistic,
        confidence_level=confidence,
        n_resamples=RESAMPLES,
        batch=256,  # of them at a time, in the processor's cache
        method="BCa",
        rng=np.random.default_rng(0),
    )
    return tuple(map(float, result.confidence_interval))


@dataclass(frozen=True)
class Paired:
    """Two values for each seed, compared seed by seed: differences are `second` - `first`."""

    first: np.ndarray
    second: np.ndarray

    @cached_property
    def differences(self):
        """`second` - `first`; 0 where both diverged."""
        with np.errstate(invalid="ignore"):
            return np.where(self.first == self.second, 0.0, self.second - self.first)

    @property
    def finite(self):
        """Whether no run diverged, so that a mean difference exists."""
        return bool(np.isfinite([self.first, self.second]).all())

    @property
    def mean(self):
        """Mean difference; NaN if a run diverged."""
        return float(self.differences.mean()) if self.finite else np.nan

    @property
    def standard_deviation(self):
        """Standard deviation of the differences; NaN if a run diverged."""
        enough = self.finite and len(self.differences) > 1
        return float(self.differences.std(ddof=1)) if enough else np.nan

    def interval(self, confidence=0.95):
        """Bootstrap interval of the mean difference; NaN if a run diverged."""
        if not self.finite:
            return np.nan, np.nan
        return bootstrap_interval(self.differences, confidence=confidence)

    @property
    def wins(self):
        """Seeds for which the first is lower, the second is lower, and neither."""
        d = self.differences
        return int((d > 0).sum()), int((d < 0).sum()), int((d == 0).sum())

    @cached_property
    def sign_flip_p(self):
        """Two-sided p of the sign-flip permutation test of the mean difference; NaN if diverged."""
        if not self.finite or len(self.differences) < 2:
            return np.nan
        result = stats.permutation_test(
            (self.differences,),
            np.mean,
            permutation_type="samples",
            n_resamples=RESAMPLES,
            vectorized=True,
            rng=np.random.default_rng(0),
        )
        return float(result.pvalue)

    @cached_property
    def signed_rank_p(self):
        """Two-sided p of the Wilcoxon signed-rank test, which needs no finite costs."""
        if not self.differences.any():
            return 1.0
        return float(stats.wilcoxon(self.differences, zero_method="zsplit").pvalue)

    def equivalence_p(self, margin):
        """p of two one-sided t tests (TOST) that the mean difference lies within ± `margin`.

        A small p says that the two are equivalent to within the margin (Schuirmann 1987).
        """
        from statsmodels.stats.weightstats import DescrStatsW

        number("margin", margin, "a number above 0", np.finfo(float).tiny, np.inf)
        if not self.finite or len(self.differences) < 2:
            return np.nan
        if np.ptp(self.differences) == 0:
            return 0.0 if abs(self.mean) < margin else 1.0
        return float(DescrStatsW(self.differences).ttost_mean(-margin, margin)[0])

    def smallest_margin(self, alpha=0.05):
        """The smallest margin within which `equivalence_p` is at most `alpha`."""
        from statsmodels.stats.weightstats import DescrStatsW

        if not self.finite or len(self.differences) < 2:
            return np.nan
        return float(np.abs(DescrStatsW(self.differences).tconfint_mean(2 * alpha)).max())


def paired_difference(first, second):
    """Difference of two shares over the same runs, with a bootstrap interval over the runs.

    Returns
    -------
    (float, float, float)
        The share for which `first` is true minus that for `second`, and its 95 % interval.
    """
    d = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    return float(d.mean()), *bootstrap_interval(d)


def wilson_interval(successes, trials, confidence=0.95):
    """Wilson's score interval of a proportion (Wilson 1927); NaN of no trials."""
    if trials == 0:
        return np.nan, np.nan
    return tuple(stats.binomtest(successes, trials).proportion_ci(confidence, "wilson"))


@dataclass(frozen=True)
class Trend:
    """Whether values rise or fall with a level, judged on every run."""

    tau: float  # Kendall's tau-b over all runs; NaN if it is not defined
    page_p: float  # two-sided p of Page's test, which ranks the levels within each seed
    friedman_p: float  # p of Friedman's test: does any level differ, in whatever order


def trend(levels, values):
    """Test the trend of `values` over ordered `levels`.

    Parameters
    ----------
    levels : array (L,)
        In ascending order, such as widths.
    values : array (L, S)
        One column for each seed; infinite values rank last.

    Returns
    -------
    Trend
        Its p-values are NaN where a test needs more levels (three) or seeds (two).
    """
    levels, values = np.asarray(levels), np.asarray(values, dtype=float)
    many, seeds = values.shape
    tau = stats.kendalltau(np.repeat(levels, seeds), values.ravel())[0] if many > 1 else np.nan
    page = friedman = np.nan
    if many >= 3 and seeds >= 2:
        ranks = stats.rankdata(values, axis=0)
        up, down = (stats.page_trend_test(r.T, ranked=True).pvalue for r in (ranks, ranks[::-1]))
        page = min(1.0, 2 * min(up, down))
        friedman = stats.friedmanchisquare(*ranks).pvalue if np.ptp(ranks) else 1.0
    return Trend(float(tau), float(page), float(friedman))


def rank(value, values):
    """Place of `value` when put among `values` in ascending order: 1 is the lowest.

    `values` may hold the value itself; ties share the better place.
    """
    return 1 + int(np.sum(np.asarray(values) < value))


def cramers_v(first, second):
    """Cramér's V of two labels: 0 if they have nothing to do with each other, 1 if all."""
    from scipy.stats.contingency import association, crosstab

    counts = crosstab(first, second).count
    if min(counts.shape) < 2:
        return 0.0
    return float(association(counts, method="cramer"))


def hats(values, knots):
    """Piecewise linear basis functions with these knots, one column each."""
    values = np.clip(values, knots[0], knots[-1])
    return np.column_stack([np.interp(values, knots, row) for row in np.eye(len(knots))])


def smooth(values, number=12):
    """`hats` with knots at quantiles of the values."""
    return hats(values, np.unique(np.quantile(values, np.linspace(0, 1, number))))


def indicators(values):
    """One column for each distinct value."""
    return (np.asarray(values)[:, None] == np.unique(values)).astype(float)


def cross_validated(features, names, groups, folds=5, ridge=1.0, seed=0):
    """Loss in bits of each run's ending, predicted by a ridge multinomial regression.

    Parameters
    ----------
    features : array (runs, columns)
        May have no columns: the endings' frequencies are then all that is known.
    names : array (runs,)
    groups : array (runs,)
        Runs of one group, such as a seed, are always predicted together, from the others.

    Returns
    -------
    array (runs,)
    """
    target = indicators(names)
    X = np.column_stack([np.ones(len(target)), features])
    different, group = np.unique(groups, return_inverse=True)
    fold = (np.random.RandomState(seed).permutation(len(different)) % folds)[group]
    losses = np.empty(len(X))
    for k in range(folds):
        train_, test = fold != k, fold == k
        shape = X.shape[1], target.shape[1]

        def cost(flat, X=X[train_], Y=target[train_], shape=shape):
            B = flat.reshape(shape)
            logs = special.log_softmax(X @ B, axis=1)
            gradient = X.T @ (np.exp(logs) - Y)
            gradient[1:] += ridge * B[1:]
            return -(logs * Y).sum() + ridge / 2 * (B[1:] ** 2).sum(), gradient.ravel()

        best = optimize.minimize(cost, np.zeros(np.prod(shape)), jac=True, method="L-BFGS-B").x
        logs = special.log_softmax(X[test] @ best.reshape(shape), axis=1)
        losses[test] = -(logs * target[test]).sum(axis=1) / np.log(2)
    return losses
