"""Where the plateau ends: outcome probabilities against η λ₀, the border, what else is needed."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from fma.chapters.designs import BELOW_BORDER
from fma.regimes import REGIMES
from fma.statistics import wilson_interval


@dataclass(frozen=True)
class Border:
    """The η λ₀ at which half of the runs leave the plateau."""

    at: float
    low: float  # 95 % interval, delta method on the logistic fit
    high: float
    slope: float  # of the log-odds against ln(η λ₀); negative
    runs: int  # of the fit

    def plateau(self, eta_sharpness):
        """Fitted probability of the plateau."""
        return 1 / (1 + np.exp(-self.slope * np.log(np.asarray(eta_sharpness) / self.at)))

    @property
    def mixed(self):
        """The interval of η λ₀ in which the fit gives between 10 % and 90 % plateau."""
        reach = np.exp(np.log(9) / abs(self.slope))
        return self.at / reach, self.at * reach


def first_border(eta_sharpness, plateau, limit=BELOW_BORDER):
    """Fit a logistic curve to plateau or not, in ln(η λ₀), over the runs below `limit`.

    Returns
    -------
    Border or None
        None if the runs do not show a border: all alike, or separated without overlap so that a
        slope cannot be estimated.
    """
    import statsmodels.api as sm

    x, y = np.log(eta_sharpness), np.asarray(plateau, dtype=float)
    x, y = x[np.exp(x) < limit], y[np.exp(x) < limit]
    if len(y) < 10 or np.ptp(y) == 0 or x[y == 0].min() > x[y == 1].max():
        return None
    fit = sm.Logit(y, sm.add_constant(x)).fit(disp=0)
    (a, b), covariance = fit.params, fit.cov_params()
    gradient = np.array([-1 / b, a / b**2])  # of -a / b
    error = 1.96 * np.sqrt(gradient @ covariance @ gradient)
    middle = -a / b
    return Border(*np.exp([middle, middle - error, middle + error]), float(b), len(y))


def added_value(eta_sharpness, plateau, others, limit=BELOW_BORDER):
    """Likelihood-ratio tests: does a variable still add to η λ₀ around the first border?

    Parameters
    ----------
    others : dict of str to array
        Variables, one value a run.

    Returns
    -------
    dict of str to dict
        For each variable: "p" (Holm-corrected over the variables), "aic" (change, negative is
        better), "r2" (McFadden's, of the model with it) and "shift" (by what factor a standard
        deviation of it moves the border); under the key "" the r2 of η λ₀ alone.
    """
    import statsmodels.api as sm
    from scipy.stats import chi2
    from statsmodels.stats.multitest import multipletests

    near = np.asarray(eta_sharpness) < limit
    x, y = np.log(eta_sharpness)[near], np.asarray(plateau, dtype=float)[near]
    base = sm.Logit(y, sm.add_constant(x)).fit(disp=0)
    results, ps = {"": {"r2": float(base.prsquared)}}, []
    for name, values in others.items():
        z = np.asarray(values, dtype=float)[near]
        z = (z - z.mean()) / z.std()
        fit = sm.Logit(y, sm.add_constant(np.column_stack([x, z]))).fit(disp=0)
        ps.append(chi2.sf(2 * (fit.llf - base.llf), 1))
        results[name] = {
            "aic": float(fit.aic - base.aic),
            "r2": float(fit.prsquared),
            "shift": float(np.exp(-fit.params[2] / fit.params[1])),
        }
    for name, p in zip(others, multipletests(ps, method="holm")[1], strict=True):
        results[name]["p"] = float(p)
    return results


def outcome_curve(eta_sharpness, regimes, edges):
    """Share of each regime in each bin of η λ₀, with Wilson's interval.

    Returns
    -------
    list of dict
        "low" and "high" edge, "runs", and for each regime a tuple (count, low, high).
    """
    regimes, rows = np.asarray(regimes), []
    for low, high in pairwise(edges):
        inside = regimes[(eta_sharpness >= low) & (eta_sharpness < high)]
        counts = {name: int((inside == name).sum()) for name in REGIMES}
        rows.append(
            {"low": float(low), "high": float(high), "runs": len(inside)}
            | {
                name: (count, *(wilson_interval(count, len(inside)) if len(inside) else (0.0, 1.0)))
                for name, count in counts.items()
            }
        )
    return rows


def hats(values, knots):
    """Piecewise linear basis functions with these knots, one column each."""
    values = np.clip(values, knots[0], knots[-1])
    return np.column_stack([np.interp(values, knots, row) for row in np.eye(len(knots))])


def smooth(values, number=24):
    """`hats` with knots at quantiles of the values."""
    return hats(values, np.unique(np.quantile(values, np.linspace(0, 1, number))))


def indicators(values):
    """One column for each distinct value."""
    return (np.asarray(values)[:, None] == np.unique(values)).astype(float)


def cross_validated(features, regimes, folds=10, ridge=1.0, seed=0):
    """Mean log-loss of a run's regime, in bits, predicted by a ridge multinomial regression.

    Parameters
    ----------
    features : array (runs, columns)
        May have no columns: the regimes' frequencies are then all that is known.
    folds : int
        The runs are dealt at random; each fold is predicted from the others.

    Returns
    -------
    array (runs,)
        The loss of each run.
    """
    names = np.unique(regimes)
    target = indicators(regimes)
    X = np.column_stack([np.ones(len(target)), features])
    fold = np.random.RandomState(seed).permutation(len(X)) % folds
    losses = np.empty(len(X))
    for k in range(folds):
        train, test = fold != k, fold == k
        shape = X.shape[1], len(names)

        def cost(flat, X=X[train], Y=target[train], shape=shape):
            B = flat.reshape(shape)
            logs = log_softmax(X @ B, axis=1)
            gradient = X.T @ (np.exp(logs) - Y)
            gradient[1:] += ridge * B[1:]
            return -(logs * Y).sum() + ridge / 2 * (B[1:] ** 2).sum(), gradient.ravel()

        best = minimize(cost, np.zeros(np.prod(shape)), jac=True, method="L-BFGS-B").x
        logs = log_softmax(X[test] @ best.reshape(shape), axis=1)
        losses[test] = -(logs * target[test]).sum(axis=1) / np.log(2)
    return losses


def shares(outcome):
    """Split a factorial experiment's variance among the factors and their interactions.

    Parameters
    ----------
    outcome : array (replicates, 2, ..., 2)
        One axis of two levels for each factor. Which level is which may differ from replicate to
        replicate, so within each the functional analysis of variance is made on its own.

    Returns
    -------
    dict
        From tuples of factor numbers to their share of the variance within replicates, summed
        over the replicates; empty if nothing varies.
    """
    outcome = np.asarray(outcome, dtype=float)
    factors = outcome.ndim - 1
    signs = np.array([1.0, -1.0])
    power = {}
    for index in np.ndindex(*(2,) * factors):
        effect = outcome
        for used in index[::-1]:  # contract the last axis first
            effect = effect @ (signs if used else np.ones(2)) / 2
        power[tuple(np.flatnonzero(index).tolist())] = float((effect**2).sum())
    del power[()]
    total = sum(power.values())
    return {key: value / total for key, value in power.items()} if total > 0 else {}
