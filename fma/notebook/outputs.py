"""Figures and tables that every viewer of a notebook shows: JupyterLab, a code host, the book.

A viewer that has not run a notebook strips style, script and SVG from its HTML. So a figure is a
PNG, and a table is HTML that carries its meaning in elements and attributes. When the book is made,
`FMA_PUBLISH=1` in the environment, a figure is the themed SVG of the page instead.
"""

import base64
import os
import re
from html import escape

from IPython.display import display

from fma import figures
from fma.notebook.prose import minus


def publishing():
    """Whether the book is being made, whose pages show HTML as it is."""
    return os.environ.get("FMA_PUBLISH") == "1"


def show(draw, *, alt, name=None, caption=""):
    """Display a figure.

    Parameters
    ----------
    draw : callable
        draw(layout) returns a matplotlib Figure; layout is `fma.figures.DESK` or `PHONE`.
    alt : str
        What the figure shows, in words, for readers who cannot see it.
    name : str, optional
        An id for links to the figure in the book.
    caption : str
        A line below the figure, plain text.
    """
    if publishing():
        html = figures.html(draw, alt=alt, name=name, caption=caption)
        display({"text/html": html, "text/plain": f"Figure: {alt}"}, raw=True)
    else:
        bundle, metadata = picture(draw, alt, caption)
        display(bundle, metadata=metadata, raw=True)


def picture(draw, alt, caption=""):
    """Return the MIME bundle of a figure as PNG, and its metadata."""
    data, width = figures.png(draw, caption)
    bundle = {"image/png": base64.b64encode(data).decode(), "text/plain": f"Figure: {alt}"}
    return bundle, {"image/png": {"width": width, "alt": alt}}


def table(head, rows, *, caption, name=None):
    """Display a table; the first column heads the rows, columns of numbers stand right.

    Parameters
    ----------
    head : sequence of str
    rows : sequence of sequences of str
    caption : str
    name : str, optional
        An id for links to the table in the book.
    """
    rows = [list(map(str, row)) for row in rows]
    columns = list(zip(head, *rows, strict=True))
    right = [i > 0 and all(map(_numeric, cells)) for i, (_, *cells) in enumerate(columns)]
    sides = [' align="right"' if side else "" for side in right]
    top = "".join(
        f'<th scope="col"{side}>{escape(cell)}</th>' if cell else "<td></td>"
        for cell, side in zip(head, sides, strict=True)
    )
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(
            f"<td{side}>{escape(minus(cell))}</td>"
            for cell, side in zip(row[1:], sides[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    anchor = f' id="{escape(name)}"' if name else ""
    html = (
        f'<div class="fma-table"{anchor}><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    widths = [max(map(len, column)) for column in columns]
    plain = [caption] + [
        "  ".join(
            cell.rjust(width) if side or i else cell.ljust(width)
            for i, (cell, width, side) in enumerate(zip(row, widths, right, strict=True))
        ).rstrip()
        for row in (list(head), *rows)
    ]
    display({"text/html": html, "text/plain": "\n".join(plain)}, raw=True)


def _numeric(cell):
    """Whether a cell is a number, an open one ("below 0.001") or the dash for none."""
    return bool(re.match(r"(below |above |at most |at least |[<>≤≥=±] ?)?[-−–+]?\d|[–-]?$", cell))
