"""The lens: the map of endings to go into, as a widget; see `fma.chapters.under_a_lens`."""

from urllib.parse import parse_qsl

import anywidget
import traitlets

from fma.checks import LARGEST_SEED
from fma.explorer import bundle


def _seed(default):
    return traitlets.Int(default, min=0, max=LARGEST_SEED).tag(sync=True)


class Lens(anywidget.AnyWidget):
    """A window on the map of endings; each pixel is a network, trained when it is looked at.

    Parameters
    ----------
    network : str
        "small", one layer-2 neuron that stands for all, or "full".
    axis : str
        What goes up the side: "width", "slope" (of LeakyReLU), "size" (a factor on W1) or "way"
        (from the weights of `seed`, 0, to those of `other`, 1).
    width, seed, other : int
    rate_low, rate_high, low, high : float
        The window: learning rates across, the axis up the side.

    Raises
    ------
    traitlets.TraitError
        If a value is out of range.
    """

    _esm = bundle.module("lens")
    _css = bundle.style("lens")

    network = traitlets.Enum(("small", "full"), "small").tag(sync=True)
    axis = traitlets.Enum(("width", "slope", "size", "way"), "slope").tag(sync=True)
    width = traitlets.Int(64, min=1, max=160).tag(sync=True)
    seed, other = _seed(1), _seed(2)
    rate_low = traitlets.Float(1e-5, min=1e-6, max=1e-3).tag(sync=True)
    rate_high = traitlets.Float(3.5e-4, min=1e-6, max=1e-3).tag(sync=True)
    low = traitlets.Float(0.0, min=-1, max=160.5).tag(sync=True)
    high = traitlets.Float(1.0, min=-1, max=160.5).tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)

    @classmethod
    def of(cls, state):
        """The widget of a state as a page's address has it: "lens=small&rate=9e-5,1e-4"."""
        named = dict(parse_qsl(state))
        values = {"network": named.get("lens", "small")}
        values |= {name: named[name] for name in ("axis",) if name in named}
        values |= {name: int(named[name]) for name in ("width", "seed", "other") if name in named}
        for name, ends in (("rate", ("rate_low", "rate_high")), ("range", ("low", "high"))):
            if name in named:
                values |= zip(ends, map(float, named[name].split(",")), strict=True)
        return cls(**values)
