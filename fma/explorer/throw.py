"""The throw: the first updates of the small map beside the full network, as a widget."""

from urllib.parse import parse_qsl

import anywidget
import traitlets

from fma.checks import LARGEST_SEED
from fma.explorer import bundle


class Throw(anywidget.AnyWidget):
    """The small map of `fma.throw` as a path over its basins, and the full network beside it.

    Parameters
    ----------
    step : float
        η λ₀, 1.5 to 6.
    size : float
        Size of layer 1: the norm of W1's row sums over √N, 2.2 to 6.6.
    seed : int
        Of the full network, [2, 64, 64, 1], whose W1 is stretched to that size.

    Raises
    ------
    traitlets.TraitError
        If a value is out of range.
    """

    _esm = bundle.module("throw")
    _css = bundle.style("throw")

    step = traitlets.Float(3.7, min=1.5, max=6).tag(sync=True)
    size = traitlets.Float(4.0, min=2.2, max=6.6).tag(sync=True)
    seed = traitlets.Int(1, min=0, max=LARGEST_SEED).tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)

    @classmethod
    def of(cls, state):
        """The widget of a state as an address has it, "throw=3.7&size=4"; a mount may say step."""
        named = dict(parse_qsl(state))
        named["step"] = named.pop("throw", named.get("step", 3.7))
        kinds = {"step": float, "size": float, "seed": int}
        return cls(**{name: kinds[name](text) for name, text in named.items()})
