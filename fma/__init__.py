"""One neuron more: the 63 versus 64 puzzle, recomputed and audited."""

from importlib import import_module

from fma.network import Parameters, initialise
from fma.recipe import RECIPES, Recipe
from fma.regimes import regime
from fma.stream import stream_map
from fma.sweeps import Run, clear_cache, compute, runs, sweep
from fma.task import Task, product_task, sum_task
from fma.training import Trace, train

# Names whose modules are loaded when they are first asked for: these need more than NumPy.
_LATER = {
    "Claim": "fma.chapters.ledger",
    "claims": "fma.chapters.ledger",
    "shared": "fma.sharing",
    "sharpness": "fma.stability",
    "sharpness_of": "fma.curvature",
}

__all__ = [
    "RECIPES",
    "Claim",
    "Parameters",
    "Recipe",
    "Run",
    "Task",
    "Trace",
    "claims",
    "clear_cache",
    "compute",
    "initialise",
    "product_task",
    "regime",
    "runs",
    "shared",
    "sharpness",
    "sharpness_of",
    "stream_map",
    "sum_task",
    "sweep",
    "train",
]


def __getattr__(name):
    """Load a name of `_LATER`, or a module of the library: ``fma.transplant`` and the like."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    try:
        return import_module(f"fma.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"fma.{name}":  # the module is there, and something that it needs is not
            raise
        raise AttributeError(f"module 'fma' has no attribute {name!r}") from None
