"""Sphinx extension of the book: its theme, mathematics set at build time, margin notes.

Pages load nothing but the files beside them, and a page loads only what it needs.
"""

import os
import re
from importlib.metadata import version
from pathlib import Path

import latex2mathml.converter
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.writers.html5 import HTML5Translator

from fma.explorer import bundle
from fma.figures import svg

THEME = Path(__file__).parent / "report"


def setup(app):
    """Register the theme, the writer, the margin note and the page hook."""
    app.add_html_theme("report", THEME)
    app.add_html_math_renderer("mathml", (_inline_math, None), (_display_math, None))
    app.add_directive("margin", Margin)
    app.set_translator("html", Writer)
    app.connect("doctree-read", _places)
    app.connect("doctree-read", _unbroken)
    app.connect("html-page-context", _page, priority=900)
    app.connect("build-finished", _assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Writer(HTML5Translator):
    """Tables scroll inside themselves; citations have no roles that ARIA gave up."""

    def visit_table(self, node):
        """Open the box that scrolls."""
        self.body.append('<div class="table-scroll">')
        super().visit_table(node)

    def depart_table(self, node):
        """Close it."""
        super().depart_table(node)
        self.body.append("</div>")

    def visit_citation(self, node):
        """Open a citation, a plain block."""
        self.body.append(self.starttag(node, "div", classes=["citation"]))

    def depart_citation(self, node):
        """Close it."""
        self.body.append("</div>\n")


class Margin(Directive):
    """A note in the margin; on a phone it stands in the text."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        """Parse the note into an aside."""
        note = nodes.container(classes=["margin-note"])
        if self.arguments:
            title, messages = self.state.inline_text(self.arguments[0], self.lineno)
            note += nodes.paragraph("", "", nodes.strong("", "", *title), *messages)
        self.state.nested_parse(self.content, self.content_offset, note)
        return [note]


def _mathml(latex, display):
    latex = latex.replace("{aligned}", "{align*}")  # the name that the converter knows
    return latex2mathml.converter.convert(latex.strip(), display=display)


def _inline_math(writer, node):
    writer.body.append(_mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _display_math(writer, node):
    number = f'<span class="equation-number">({node["number"]})</span>' if node["number"] else ""
    name = f' id="{node["ids"][0]}"' if node["ids"] else ""
    math = _mathml(node.astext(), "block")
    writer.body.append(f'<div class="equation"{name}>{math}{number}</div>\n')
    raise nodes.SkipNode


def _places(app, doctree):
    """Let links in the text lead to figures, tables and claims that a notebook's outputs name."""
    known = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for output in doctree.findall(nodes.raw):
        if 'id="' in output.astext():
            html = BeautifulSoup(output.astext(), "html.parser")
            for place in html.select(":is(figure, div, section)[id]"):
                known[place["id"]] = 0, place["id"], ""


def _unbroken(app, doctree):
    """Keep a comma, a stop or a bracket on the line of the formula before it."""
    for math in list(doctree.findall(nodes.math)):
        after = math.next_node(descend=False, siblings=True)
        stop = re.match(r"[,.;:!?)]+", after) if isinstance(after, nodes.Text) else None
        if stop:
            together = nodes.inline(classes=["unbroken"])
            math.replace_self(together)
            together += [math, nodes.Text(stop.group())]
            after.parent.replace(after, nodes.Text(after[stop.end() :]))


def _page(app, pagename, templatename, context, doctree):
    """Give the layout what it needs and leave out what a page does not."""
    body = context.get("body", "")
    known = pagename in app.env.all_docs
    source = str(app.env.doc2path(pagename, base=False)) if known else ""
    context |= {
        "contents": _contents(app),
        "local_contents": _sections(doctree),
        "chapter": _chapter(pagename),
        "root_doc": app.config.root_doc,
        "project_title": app.config.html_title,
        "report_version": version("fma"),
        "reduced": os.environ.get("FMA_SCALE") == "quick",
        "title": context.get("title") or pagename.title(),
        "description": _description(doctree),
        "notebook": f"notebooks/{source}" if source.endswith(".ipynb") else "",
        "mathematics": "<math" in body,
        "figures": [f for f in bundle.FIGURES if f'class="fma-{f}"' in body],
        "figure_style": svg.CSS if 'class="fma-figure"' in body else "",
    }


def _contents(app):
    """The parts of the book: the caption of each and its pages' names, numbers and titles."""
    titles = {name: title.astext() for name, title in app.env.titles.items()}
    return [
        (part.caption, [(name, _chapter(name), titles[name]) for name in part.files()])
        for part in app.env.external_site_map.root.subtrees
    ]


def _chapter(name):
    """The number of a chapter, from the name of its notebook; 0 for other pages."""
    return int(name[:2]) if name[:2].isdigit() else 0


def _sections(doctree):
    """The ids and titles of the sections below a page's title."""
    title = next(doctree.findall(nodes.section), None) if doctree is not None else None
    sections = [child for child in title or () if isinstance(child, nodes.section)]
    return [(section["ids"][0], section.next_node(nodes.title).astext()) for section in sections]


def _description(doctree):
    """The first paragraph, shortened, for the page's metadata."""
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(paragraph.astext().split())
            return text if len(text) < 200 else text[:200].rsplit(" ", 1)[0] + " …"
    return ""


def _assets(app, exception):
    """Write the figures that pages mount beside them."""
    if exception is None:
        bundle.write(Path(app.outdir) / "assets")
