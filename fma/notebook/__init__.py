"""What the notebooks need around a computation: parameters, figures, tables, checked prose."""

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
