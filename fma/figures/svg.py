"""The figure as SVG: inline for a page, whose theme decides its colours, or as files.

Text stays text; ink, background and the regimes' colours are CSS variables.
"""

import re
from hashlib import sha256
from html import escape
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.style
from matplotlib.backends.backend_svg import FigureCanvasSVG

from fma.figures.style import DESK, PAPER, PHONE, STYLE, THEME

CSS = (  # what a page that shows `html` needs once
    ".fma-figure{margin:1.2em 0;"
    + "".join(f"--fma-{name}:{light};" for name, (light, _) in THEME.items())
    + "--fma-ink:currentColor}"
    + "html[data-theme=dark] .fma-figure,body[data-jp-theme-light=false] .fma-figure,"
    + "body.vscode-dark .fma-figure{"
    + "".join(f"--fma-{name}:{dark};" for name, (_, dark) in THEME.items())
    + "--fma-ink:currentColor}"
    + ".fma-figure svg{display:block;width:100%;height:auto;overflow:visible;background:none;"
    + "content-visibility:auto;overflow-clip-margin:1rem;"  # out of sight it waits, see report.js
    + "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}"
    + ".fma-figure svg image{image-rendering:pixelated}"
    + ".fma-figure .fma-desk{max-width:54rem}.fma-figure .fma-phone{display:none;max-width:30rem}"
    + ".fma-figure figcaption{font-size:.9em;color:var(--fma-muted);text-align:left}"
    + "@media (max-width:37.5rem){.fma-figure .fma-desk{display:none}"
    + ".fma-figure .fma-phone{display:block}}"
    + "@media print{.fma-figure svg{content-visibility:visible}}"
)


def html(draw, *, alt, name=None, caption=""):
    """Return the figure for desk and phone as HTML; a page needs `CSS` beside it.

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
    pictures = "".join(_inline(_svg(draw, layout), layout.name, alt) for layout in (DESK, PHONE))
    anchor = f' id="{escape(name)}"' if name else ""
    caption = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure class="fma-figure"{anchor}>{pictures}{caption}</figure>'


def inline(draw, *, alt):
    """Return a small figure, one for all widths, as HTML; a page needs `CSS` beside it."""
    return f'<figure class="fma-figure">{_inline(_svg(draw, PHONE), "small", alt)}</figure>'


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


def _svg(draw, layout):
    """The figure as an SVG element: no metadata, short numbers, only the ids that are used."""
    with matplotlib.style.context(STYLE):
        figure, buffer = draw(layout), StringIO()
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})  # savefig draws twice
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
    """The SVG for a page: colours as CSS variables, ids that occur nowhere else on the page.

    Its style names its proportions, for its box has its size before what is in it is laid out.
    """
    width, height = svg.get("viewBox").split()[2:]
    svg.set("style", f"aspect-ratio:{width}/{height};{svg.get('style')}")
    svg.set("class", f"fma-{layout}")
    svg.set("role", "img")
    svg.set("aria-label", alt)
    text = ElementTree.tostring(svg, encoding="unicode")
    for name, (light, _) in THEME.items():
        text = text.replace(light, f"var(--fma-{name},{light})")
    prefix = f"f{sha256(text.encode()).hexdigest()[:8]}"
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", text)
