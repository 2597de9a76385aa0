"""What the notebooks need around a computation: checked parameters, sentences, tables, sliders."""

import os
import re
from contextlib import contextmanager
from dataclasses import replace
from html import escape

import numpy as np
from IPython import get_ipython
from IPython.display import display

from fma import figures
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


def say(text):
    """Show Markdown that was put together from computed values; line ends keep lists apart only."""
    text = "\n".join(" ".join(item.split()) for item in re.split(r"\n(?=- )", text))
    display({"text/markdown": text, "text/plain": text}, raw=True)


def table(head, rows, *, caption):
    """Show a table whose cells are strings; the first column heads the rows.

    Parameters
    ----------
    head : sequence of str
    rows : sequence of sequences of str
    caption : str
    """
    rows = [list(map(str, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    plain = [caption] + [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in (list(head), *rows)
    ]
    numeric = [
        all(re.match(r"[-–+]?\d|–$", cell) for cell in column) for column in zip(*rows, strict=True)
    ]
    styles = [' style="text-align:right"' if right else "" for right in numeric[1:]]
    top = "".join(
        f'<th scope="col"{style}>{escape(cell)}</th>'
        for cell, style in zip(head, ["", *(styles or [""] * (len(head) - 1))], strict=True)
    )
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(
            f"<td{style}>{escape(cell)}</td>" for cell, style in zip(row[1:], styles, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    html = (
        '<div class="fma-table" style="overflow-x:auto"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    display({"text/html": html, "text/plain": "\n".join(plain)}, raw=True)


def listing(items):
    """Words as a list in a sentence: "a", "a and b", "a, b and c"."""
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}" if most else last


def count(number, noun, plural=None):
    """A number with its noun: "1 run", "2 runs", "no run"."""
    return f"{number or 'no'} {noun if number in (0, 1) else plural or noun + 's'}"


def fixed(value, digits=1, sign=""):
    """A number to that many decimals; an infinite one "diverged", one that is not known "–"."""
    if np.isnan(value):
        return "–"
    return f"{value:{sign},.{digits}f}" if np.isfinite(value) else "diverged"


def span(values, form="{:.1f}"):
    """The range of some values in words: "1.0 to 2.5", or "1.0" if they agree."""
    ends = dict.fromkeys((form.format(min(values)), form.format(max(values))))
    return " to ".join(ends)


def live():
    """Whether a person is in front of this notebook, in JupyterLab, Notebook or VS Code."""
    shell = get_ipython()
    return "JPY_SESSION_NAME" in os.environ or (
        shell is not None and "__vsc_ipynb_file__" in shell.user_ns
    )


def sliders(view, *, width, seed, widths=(1, 160), seeds=(1, 100)):
    """Sliders for width and seed that call view(width, seed), where `live`; else None.

    What `view` displays stands below the sliders. A book of executed notebooks has no kernel, so
    nothing is left in it that could not move.
    """
    if not live():
        return None
    import ipywidgets

    def slider(name, value, low, high):
        return ipywidgets.IntSlider(
            value=min(max(value, low), high),
            min=low,
            max=high,
            description=name,
            continuous_update=False,
        )

    controls = {
        "width": slider("Width", width, *widths),
        "seed": slider("Seed", seed, *seeds),
    }
    return ipywidgets.VBox([*controls.values(), ipywidgets.interactive_output(view, controls)])


def explorer(draw, *, state, alt, caption):
    """Leave the place of the interactive explorer, with a figure for where it cannot run.

    Parameters
    ----------
    draw : callable
        The figure, see `fma.figures.show`.
    state : str
        What the explorer shows first, as in the address of a page: "width=64&seed=1".
    alt, caption : str
        Of the figure.
    """
    figure = figures.html(draw, alt=alt, caption=caption)
    mount = f'<div class="fma-explorer" data-state="{escape(state)}">{figure}</div>'
    display({"text/html": mount, "text/plain": f"Figure: {alt}"}, raw=True)
