"""The figure as a PNG, for viewers that strip SVG: on paper, whatever the viewer's theme."""

import textwrap
from io import BytesIO

import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from fma.figures.style import DESK, MUTED, PAPER, STYLE

DPI = 150
COLOURS = 128  # of the palette: enough for anti-aliased text beside some hues
SHOWN = 100  # CSS pixels an inch


def png(draw, caption=""):
    """Return the figure at desk width as the bytes of a PNG, and the CSS width to show it at.

    Parameters
    ----------
    draw : callable
        draw(layout) returns a matplotlib Figure.
    caption : str
        Set below the figure.
    """
    with matplotlib.style.context(STYLE):
        parts = [_image(draw(DESK))]
        if caption:
            parts.append(_image(_caption(caption)))
    size = max(part.width for part in parts), sum(part.height for part in parts)
    picture, top = Image.new("RGB", size, PAPER), 0
    for part in parts:
        picture.paste(part, (0, top))
        top += part.height
    buffer = BytesIO()
    few = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue(), round(DESK.width * SHOWN)


def _image(figure):
    canvas = FigureCanvasAgg(figure)
    figure.set(dpi=DPI, facecolor=PAPER)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _caption(text):
    lines = textwrap.wrap(text, round(1.28 * DESK.columns))
    figure = Figure(figsize=(DESK.width, 0.17 * len(lines) + 0.1), layout="none")
    figure.text(0.005, 1, "\n".join(lines), va="top", fontsize=8.5, color=MUTED, linespacing=1.3)
    return figure
