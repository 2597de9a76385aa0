"""One neuron more: the 63 versus 64 puzzle, recomputed and audited."""

from fma.claims import Claim, claims
from fma.network import Parameters, initialise
from fma.recipe import RECIPES, Recipe
from fma.regime import regime
from fma.stream import stream_map
from fma.sweep import Run, clear_cache, compute, runs, sweep
from fma.task import Task, product_task, sum_task
from fma.training import Trace, train

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
    "sharpness",
    "stream_map",
    "sum_task",
    "sweep",
    "train",
]


def __getattr__(name):
    """Load what needs SciPy when it is first asked for."""
    if name == "sharpness":
        from fma.stability import sharpness

        return sharpness
    raise AttributeError(f"module 'fma' has no attribute {name!r}")
