"""The figures: data in, a picture out that suits desk and phone, light page and dark.

A figure is a function `draw(layout)` that returns a matplotlib Figure. `show` draws it twice, for
the desk and for the phone, and displays both as inline SVG of which the page picks one. Text stays
text; ink, background and the regimes' colours are CSS variables, so that the page's theme decides.
`save` writes the same figure to files, one for light pages and one for dark.
"""

import re
import textwrap
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib import resources
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import matplotlib.style
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy

STYLE = str(resources.files("fma.figures") / "figures.mplstyle")

# Every colour that the theme may change: its name, on a light page, on a dark page.
THEME = {
    "paper": ("#ffffff", "#121212"),
    "ink": ("#1f2328", "#e6e8eb"),
    "muted": ("#59636e", "#a9b1ba"),
    "axis": ("#8b949e", "#767e87"),
    "grid": ("#d8dee4", "#343a41"),
    "accent": ("#8a3f8f", "#d69ae0"),
    "plateau": ("#0b62a8", "#5fb0f2"),
    "dead": ("#b8430a", "#f58b4c"),
    "converge": ("#00806a", "#4ccfae"),
    "diverged": ("#5d5d5d", "#b4b4b4"),
}
PAPER, INK, MUTED, AXIS, GRID, ACCENT = (light for light, _ in list(THEME.values())[:6])

# One colour per regime, and a marker, a line and a hatch so that colour is never the only sign.
REGIME_COLOURS = {name: THEME[name][0] for name in ("plateau", "dead", "converge", "diverged")}
REGIME_MARKERS = {"plateau": "o", "dead": "X", "converge": "^", "diverged": "D"}
REGIME_LINES = {"plateau": "-", "dead": (0, (5, 2)), "converge": (0, (1.2, 1.4)), "diverged": "-."}
REGIME_HATCHES = {"plateau": "", "dead": "xxxx", "converge": "////", "diverged": "----"}


@dataclass(frozen=True)
class Layout:
    """The place a figure is drawn for."""

    name: str
    width: float  # inches; text of 9 points is then 12 px high or more on the page
    columns: int  # letters that fit into a line of a title

    @property
    def phone(self):
        """Whether the place is narrow."""
        return self is PHONE

    def figure(self, title, height, *subplots, **options):
        """A Figure `height` inches high below its title, and its axes (see Figure.subplots)."""
        figure = self.blank(title, height)
        return figure, figure.subplots(*subplots, **options)

    def blank(self, title, height):
        """A Figure `height` inches high below its title, without axes."""
        lines = textwrap.wrap(title, self.columns)
        figure = Figure(figsize=(self.width, height + 0.18 * len(lines)))
        figure.suptitle("\n".join(lines), x=0.005, ha="left")
        return figure


DESK = Layout("desk", 7.2, 84)
PHONE = Layout("phone", 3.6, 40)

_CSS = (
    ".fma-figure{container-type:inline-size;margin:1.2em 0;"
    + "".join(f"--fma-{name}:{light};" for name, (light, _) in THEME.items())
    + "--fma-ink:currentColor}"
    + "html[data-theme=dark] .fma-figure,body[data-jp-theme-light=false] .fma-figure,"
    + "body.vscode-dark .fma-figure{"
    + "".join(f"--fma-{name}:{dark};" for name, (_, dark) in THEME.items())
    + "--fma-ink:currentColor}"
    + ".fma-figure svg{display:block;width:100%;height:auto;overflow:visible;background:none;"
    + "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}"
    + ".fma-figure svg image{image-rendering:pixelated}"
    + ".fma-figure .fma-desk{max-width:54rem}.fma-figure .fma-phone{display:none;max-width:30rem}"
    + ".fma-figure figcaption{font-size:.9em;color:var(--fma-muted);text-align:left}"
    + "@container (max-width:35rem){.fma-figure .fma-desk{display:none}"
    + ".fma-figure .fma-phone{display:block}}"
)


def show(draw, *, alt, name=None, caption=""):
    """Display a figure in the notebook and in the book.

    Parameters
    ----------
    draw : callable
        draw(layout) returns a matplotlib Figure; it is called for the desk and for the phone.
    alt : str
        What the figure shows, in words, for readers who cannot see it.
    name : str, optional
        An id for links to the figure.
    caption : str
        A line below the figure, plain text.
    """
    display(
        {
            "text/html": html(draw, alt=alt, name=name, caption=caption),
            "text/plain": f"Figure: {alt}",
        },
        raw=True,
    )


def html(draw, *, alt, name=None, caption=""):
    """Return what `show` displays, as HTML that carries its own style."""
    pictures = "".join(_inline(_svg(draw, layout), layout.name, alt) for layout in (DESK, PHONE))
    anchor = f' id="{escape(name)}"' if name else ""
    caption = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure class="fma-figure"{anchor}><style>{_CSS}</style>{pictures}{caption}</figure>'


def save(draw, path, layout=DESK):
    """Write the figure as `path`-light.svg and `path`-dark.svg; return the two paths."""
    svg = ElementTree.tostring(_svg(draw, layout), encoding="unicode")
    paths = []
    for column, theme in enumerate(("light", "dark")):
        themed = svg
        for colours in THEME.values():
            themed = themed.replace(f"{colours[0]}", colours[column])
        font = "style=\"font-family:system-ui,'Segoe UI',Roboto,'Noto Sans',sans-serif;"
        paths.append(Path(f"{path}-{theme}.svg"))
        paths[-1].write_text(themed.replace('style="', font, 1) + "\n", encoding="utf-8")
    return paths


def label(axes, x, y, text, *, shift=0, halo=True, **options):
    """Write a direct label; its halo in the page's colour keeps it readable where it crosses.

    `shift` moves it right of the data point (x, y), by that many points.
    """
    if shift:
        options["transform"] = offset_copy(axes.transData, axes.figure, shift, units="points")
    return axes.text(x, y, text, gid="halo" if halo else None, **options)


def _svg(draw, layout):
    """The figure as an SVG element: no metadata, short numbers, only the ids that are used."""
    with matplotlib.style.context(STYLE):
        buffer = StringIO()
        draw(layout).savefig(buffer, format="svg", metadata={"Date": None})
    svg = ElementTree.fromstring(buffer.getvalue())
    for halo in svg.iterfind(".//*[@id='halo']//{*}text"):
        halo.set("style", halo.get("style") + f";paint-order:stroke;stroke:{PAPER};stroke-width:3")
    for element in svg.iter():
        _tidy(element)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', ElementTree.tostring(svg, "unicode")))
    for element in svg.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
    for element in reversed(list(svg.iter())):
        _flatten(element)
    for key in ("width", "height", "version"):
        svg.attrib.pop(key, None)
    svg.set("style", "stroke-linejoin:round;stroke-linecap:butt")
    svg.set("xmlns", "http://www.w3.org/2000/svg")
    return svg


def _tidy(element):
    """Drop namespaces, blanks and what says nothing; numbers to two decimals."""
    element.tag = element.tag.rpartition("}")[2]
    element.text, element.tail = ((t or "").strip() or None for t in (element.text, element.tail))
    attributes = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
    for key in attributes.keys() & {"d", "x", "y", "width", "height", "transform"}:
        value = re.sub(r"-?\d+\.\d{3,}", lambda n: f"{float(n[0]):.2f}", attributes[key])
        attributes[key] = re.sub(r"\s+", " ", value).strip()
    if attributes.get("transform", "").startswith("rotate(-0 "):
        del attributes["transform"]
    if "style" in attributes:
        style = re.sub(r"font(-family)?: ?(?=[^;]*(sans|Sans))", "", attributes["style"])
        style = re.sub(r"(?:^|;) *(?:'[^']*'|sans-serif|, *)+(?=;|$)", "", style)
        attributes["style"] = re.sub(r"([;:]) +", r"\1", style).strip("; ")
    element.attrib.clear()
    element.attrib.update(attributes)


def _flatten(parent):
    """Remove the metadata, the empty and the invisible; put groups' children in their place."""
    for i, child in reversed(list(enumerate(parent))):
        invisible = child.tag == "path" and child.get("style") == "fill:none"
        empty = child.tag in ("defs", "g") and not len(child)
        if child.tag in ("metadata", "style") or invisible or empty:
            parent.remove(child)
        elif child.tag == "g" and not child.attrib:
            parent[i : i + 1] = list(child)


def _inline(svg, layout, alt):
    """The SVG for a page: colours as CSS variables, ids that occur nowhere else on the page."""
    svg.set("class", f"fma-{layout}")
    svg.set("role", "img")
    svg.set("aria-label", alt)
    text = ElementTree.tostring(svg, encoding="unicode")
    for name, (light, _) in THEME.items():
        text = text.replace(light, f"var(--fma-{name},{light})")
    prefix = f"f{sha256(text.encode()).hexdigest()[:8]}"
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", text)
