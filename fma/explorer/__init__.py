"""The explorer: two networks side by side, driven by sliders, trained in the page.

In Jupyter it is a widget, `Explorer`; in the static book the same component is mounted by a script
(`fma.explorer.bundle`).
"""

from importlib import import_module

import anywidget
import traitlets

from fma.checks import LARGEST_SEED
from fma.explorer import bundle
from fma.recipe import RECIPES

LARGEST_WIDTH = 160
RATES = 1e-6, 1e-3
_RECIPES = tuple(RECIPES)


def _run(width):
    """Return the traits of one run."""
    rate = traitlets.Float(None, allow_none=True, min=RATES[0], max=RATES[1])
    return (
        traitlets.Int(width, min=1, max=LARGEST_WIDTH).tag(sync=True),
        traitlets.Int(1, min=0, max=LARGEST_SEED).tag(sync=True),
        traitlets.Enum(_RECIPES, "table").tag(sync=True),
        rate.tag(sync=True),
        traitlets.Float(0.01, min=0, max=1).tag(sync=True),
    )


class Explorer(anywidget.AnyWidget):
    """Two runs side by side: B, which the controls move at first, and A, the reference.

    Every trait goes both ways: setting one moves the picture, moving a slider sets it, so that
    `observe`, `ipywidgets.jslink` and `ipywidgets.link` work.

    Parameters
    ----------
    width, seed, recipe, learning_rate, slope
        Run B: neurons in layer 1 (1 to 160), a 32-bit seed, a name from `fma.RECIPES`, the step
        (1e-6 to 1e-3; None for the recipe's own) and the slope of LeakyReLU (0 to 1).
    reference_width, reference_seed, ...
        Run A: 63 neurons, all else as B unless given.
    graft : str
        The blocks of weights that B takes from A before training: some of W1 W2 W3, as "W3".
    epoch : int or None
        The epoch that is looked at; None for the last.
    scale : str
        "log" or "linear" axis of the cost.
    controls : str
        Which run the controls move: "a", "b" or "both".
    mode : str
        "simple" shows the curve and the sliders for width and seed; "full" everything.
    guess : int or None
        Show B's curve up to this epoch only, and ask how it goes on.

    Raises
    ------
    traitlets.TraitError
        If a value is out of range.

    Examples
    --------
    One neuron more, at another seed, with everything in view; then a third of its step:

    >>> explorer = Explorer(width=64, seed=2, mode="full")
    >>> explorer.learning_rate = 3e-5
    >>> explorer  # doctest: +SKIP
    """

    _esm = bundle.module()
    _css = bundle.style()

    width, seed, recipe, learning_rate, slope = _run(64)
    reference_width, reference_seed, reference_recipe, reference_learning_rate, reference_slope = (
        _run(63)
    )
    graft = traitlets.Enum(("", "W1", "W2", "W3", "W1W2", "W1W3", "W2W3", "W1W2W3"), "").tag(
        sync=True
    )
    epoch = traitlets.Int(None, allow_none=True, min=0).tag(sync=True)
    scale = traitlets.Enum(("log", "linear"), "log").tag(sync=True)
    controls = traitlets.Enum(("a", "b", "both"), "b").tag(sync=True)
    mode = traitlets.Enum(("simple", "full"), "simple").tag(sync=True)
    guess = traitlets.Int(None, allow_none=True, min=1).tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **values):
        for name in ("seed", "recipe", "learning_rate", "slope"):
            if name in values:
                values.setdefault(f"reference_{name}", values[name])
        super().__init__(**values)

    def __repr__(self):
        return (
            f"Explorer(width={self.width}, seed={self.seed}): its sliders and its traits "
            "(width, seed, recipe, ...) move each other; help(Explorer) names them all."
        )


def __getattr__(name):
    """The widgets of the other figures: `Lens` and `Throw`."""
    if name not in ("Lens", "Throw"):
        raise AttributeError(f"module 'fma.explorer' has no attribute {name!r}")
    return getattr(import_module(f"fma.explorer.{name.lower()}"), name)
