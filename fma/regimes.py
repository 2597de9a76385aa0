"""One rule that names the regime a run ended in, applied alike to every run."""

import numpy as np

REGIMES = ("plateau", "dead", "converge", "diverged")
FEW = 0.5


def regime(trace, few=FEW):
    """Name the regime of a run from its layer-2 activity at the last recorded epoch.

    A layer-2 neuron is alive if its pre-activation is positive on at least one training row. The
    run is "diverged" if its cost left the finite numbers, "dead" if no neuron is alive, "converge"
    if some but fewer than the share `few` are, "plateau" otherwise.

    Parameters
    ----------
    trace : Trace
    few : float
        The share of alive neurons that separates converge from plateau.
    """
    if not np.isfinite(trace.cost[-1]):
        return "diverged"
    share = trace.alive[-1] / trace.recipe.hidden
    if share == 0:
        return "dead"
    return "converge" if share < few else "plateau"


def participation_ratio(shares):
    """Effective number of neurons that carry an output: (Σ|s|)² / Σ s², over the last axis.

    It is n if all n shares are equal in size and 1 if one neuron carries all; NaN if none carries
    any (the inverse participation ratio of Bell & Dean 1970, inverted).
    """
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = np.abs(shares) / np.max(np.abs(shares), axis=-1, keepdims=True)
        return sizes.sum(axis=-1) ** 2 / (sizes**2).sum(axis=-1)


def top_share(shares, count=2):
    """The part of the output that the `count` largest of the shares carry; NaN if none carries."""
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = np.sort(np.abs(shares) / np.max(np.abs(shares)))[::-1]
        return float(sizes[:count].sum() / sizes.sum())
