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
