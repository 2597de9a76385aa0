"""The parameters of a notebook: checked at once, refused in one sentence."""

from contextlib import contextmanager
from dataclasses import replace

from fma.recipe import as_recipe


class ParameterError(ValueError):
    """A parameter of a notebook has a bad value; shown as one sentence without a traceback."""

    def _render_traceback_(self):
        return [f"ValueError: {self}"]


@contextmanager
def checked():
    """Within this block a ValueError from the library's checks is shown as its sentence alone."""
    try:
        yield
    except ValueError as error:
        raise ParameterError(str(error)) from None


def vary(recipe, **changes):
    """The recipe of that name with the changes that are not None."""
    return replace(as_recipe(recipe), **{k: v for k, v in changes.items() if v is not None})


def several(name, values, least=1):
    """`values` as a list without repetitions; raises ValueError if there are fewer than `least`."""
    try:
        distinct = list(dict.fromkeys(values))
    except TypeError:
        distinct = []
    if isinstance(values, str) or len(distinct) < least:
        raise ValueError(
            f"{name} must be a list of at least {least} different values, got {values!r}"
        )
    return distinct
