"""Recipes: everything but the width, the seed and the task that determines a run."""

from dataclasses import dataclass
from sys import float_info

from fma.checks import choice, number, whole
from fma.network import ACTIVATIONS, INITS


@dataclass(frozen=True)
class Recipe:
    """How a network is initialised and trained; vary one with `dataclasses.replace`.

    Raises ValueError, one sentence that names the argument, its value and what is allowed.
    """

    init: str  # a key of network.INITS
    learning_rate: float  # finite, above 0
    epochs: int
    slope: float = 0.01  # of LeakyReLU for z ≤ 0: 0 is ReLU, 1 is linear
    hidden: int = 64  # neurons of layer 2
    activation: str = "leaky_relu"  # a key of network.ACTIVATIONS

    def __post_init__(self):
        positive = "a finite number above 0", float_info.min, float_info.max
        number("learning_rate", self.learning_rate, *positive)
        number("slope", self.slope, "a number from 0 to 1", 0, 1)
        for name in ("epochs", "hidden"):
            object.__setattr__(self, name, whole(name, getattr(self, name), 1))
        for name, allowed in (("init", INITS), ("activation", ACTIVATIONS)):
            object.__setattr__(self, name, choice(name, getattr(self, name), allowed))


# The article's three recipes that contradict each other, and the one that made its table.
RECIPES = {
    "text": Recipe("he", 1e-5, 150),
    "script": Recipe("uniform", 1e-5, 150),
    "table": Recipe("uniform", 1e-4, 150),
    "long": Recipe("he", 1e-4, 10_000),
}


def as_recipe(recipe):
    """The Recipe of that name; a Recipe is returned unchanged."""
    return recipe if isinstance(recipe, Recipe) else RECIPES[choice("recipe", recipe, RECIPES)]
