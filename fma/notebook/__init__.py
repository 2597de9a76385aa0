"""What the notebooks need around a computation: parameters, figures, tables, checked prose."""

import re

from IPython.display import display

from fma.figures.words import count as count
from fma.figures.words import fixed as fixed
from fma.figures.words import listing as listing
from fma.figures.words import span as span
from fma.notebook.checking import check
from fma.notebook.data import offer
from fma.notebook.interactive import explorer, live, mount, sliders
from fma.notebook.outputs import show, table
from fma.notebook.parameters import checked, several, vary

__all__ = [
    "check",
    "checked",
    "explorer",
    "live",
    "mount",
    "offer",
    "several",
    "show",
    "sliders",
    "table",
    "vary",
]


def say(text):
    """Show Markdown that was put together from computed values; line ends keep lists apart only."""
    text = "\n".join(" ".join(item.split()) for item in re.split(r"\n(?=- )", text))
    display({"text/markdown": text, "text/plain": text}, raw=True)
