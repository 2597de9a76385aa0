"""What moves where it can: the explorer and sliders, live in front of a person."""

import os
from html import escape
from urllib.parse import parse_qsl

from IPython import get_ipython
from IPython.display import display

from fma import figures
from fma.notebook.outputs import picture, publishing


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


def explorer(draw, state="width=64&seed=1", *, alt, caption=""):
    """Show the explorer: alive in Jupyter, a place for it in the book, a figure elsewhere.

    Parameters
    ----------
    draw : callable
        The figure for where it cannot run, see `show`.
    state : str
        What it shows first, as in the address of a page: "width=63,64&seed=1&recipe=table". Two
        values are those of the reference and of the run beside it.
    alt, caption : str
        Of the figure.
    """
    mount("explorer", draw, state, alt=alt, caption=caption)


def mount(kind, draw, state="", *, alt, caption="", keep=False):
    """Show an interactive figure: alive in Jupyter, a place for it in the book, a figure elsewhere.

    Parameters
    ----------
    kind : str
        "explorer", "lens" or "throw".
    draw, state, alt, caption
        As in `explorer`.
    keep : bool
        Whether the figure stays, below what is alive, instead of giving its place to it.
    """
    if publishing():
        figure = figures.html(draw, alt=alt, caption=caption)
        inside, below = ("", figure) if keep else (figure, "")
        place = f'<div class="fma-{kind}" data-state="{escape(state)}">{inside}</div>{below}'
        display({"text/html": place, "text/plain": f"Figure: {alt}"}, raw=True)
        return
    bundle, metadata = picture(draw, alt, caption)
    if live():
        widget = _widget(kind, state)._repr_mimebundle_()
        widget = widget[0] if isinstance(widget, tuple) else widget
        if keep:
            display(widget, raw=True)
        else:
            bundle = widget | bundle
    display(bundle, metadata=metadata, raw=True)


def _widget(kind, state):
    """The widget of that kind in that state."""
    from fma import explorer as widgets

    if kind == "explorer":
        return widgets.Explorer(**traits(state))
    return {"lens": widgets.Lens, "throw": widgets.Throw}[kind].of(state)


def traits(state):
    """The explorer's traits from a text such as "width=63,64&seed=1"."""
    values = {}
    for name, text in parse_qsl(state):
        *reference, own = [_value(part) for part in text.split(",")]
        values[name] = own
        if reference:
            values[f"reference_{name}"] = reference[0]
    return values


def _value(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
