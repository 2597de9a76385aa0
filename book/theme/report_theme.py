"""Sphinx extension of the book: its theme, mathematics set at build time, margin notes.

Pages load nothing but the files beside them, and a page loads only what it needs.
"""

import os
import re
from importlib.metadata import version
from pathlib import Path

import latex2mathml.converter
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.util.fileutil import copy_asset

from fma.explorer import bundle

THEME = Path(__file__).parent / "report"
EXPLORER = ("assets/explorer.css", "assets/explorer.js")


def setup(app):
    """Register the theme, the mathematics renderer, the directives and the page hook."""
    app.add_html_theme("report", THEME)
    app.add_html_math_renderer("mathml", (_inline_math, None), (_display_math, None))
    app.add_directive("margin", Margin)
    app.connect("html-page-context", _page, priority=900)
    app.connect("build-finished", _assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


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


def _page(app, pagename, templatename, context, doctree):
    """Give the layout what it needs and leave out what a page does not."""
    root = app.config.root_doc
    contents = context["toctree"](collapse=True, maxdepth=1, includehidden=True, titles_only=True)
    context["contents"] = _numbered(contents, pagename)
    context["local_contents"] = _local(context.get("toc", ""))
    context["chapter"] = _chapter(pagename)
    context["root_doc"] = root
    context["project_title"] = app.config.html_title
    context["report_version"] = version("fma")
    context["reduced"] = os.environ.get("FMA_SCALE") == "quick"
    context["title"] = context.get("title") or pagename.title()
    context["description"] = _description(doctree)
    body = context.get("body", "")
    context["body"] = _tidy(body)
    explorer = EXPLORER if 'class="fma-explorer"' in body else ()
    context["page_styles"] = ["_static/report.css", *(n for n in explorer if n.endswith(".css"))]
    context["page_scripts"] = ["_static/report.js", *(n for n in explorer if n.endswith(".js"))]
    source = app.env.doc2path(pagename, base=False) if pagename in app.env.all_docs else ""
    if source.endswith(".ipynb"):
        context["notebook"] = f"notebooks/{source}"
        context["example"] = _example(app, pagename)


def _chapter(name):
    """The number of a chapter, from the name of its notebook; 0 for other pages."""
    number = re.match(r"(\d\d)_", name)
    return int(number[1]) if number else 0


def _numbered(contents, pagename):
    """The table of contents with the chapters' numbers, and the page that is open marked."""
    contents = contents.replace(' role="heading"', "")
    contents = re.sub(
        r'(<a [^>]*href="(\d\d_\w+)\.html">)',
        lambda link: f'{link[1]}<span class="number">{_chapter(link[2])}</span> ',
        contents,
    )
    current = '<a class="current reference internal" href="#"'
    number = f'<span class="number">{_chapter(pagename)}</span> ' if _chapter(pagename) else ""
    return contents.replace(f"{current}>", f'{current} aria-current="page">{number}')


def _local(toc):
    """The sections of the page: its table of contents without the title on top."""
    inner = re.fullmatch(r"\s*<ul>\s*<li>.*?</a>(.*)</li>\s*</ul>\s*", toc, re.DOTALL)
    return inner[1].strip() if inner and inner[1].count("<li>") > 1 else ""


def _description(doctree):
    """The first paragraph, shortened, for the page's metadata."""
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(paragraph.astext().split())
            return text if len(text) < 200 else text[:200].rsplit(" ", 1)[0] + " …"
    return ""


def _example(app, pagename):
    """A parameter of the notebook with its default, as papermill takes it: "seed 1"."""
    source = Path(app.env.doc2path(pagename)).read_text("utf-8")
    return "seed 2" if re.search(r'"seed = \d+', source) else ""


def _tidy(body):
    """Tables scroll inside themselves; empty headings and roles that ARIA gave up are left out."""
    body = body.replace('<th scope="col"></th>', "<td></td>")
    body = re.sub(r' role="(doc-biblioentry|list)"', "", body)
    body = re.sub(r"<table\b", '<div class="table-scroll"><table', body)
    return body.replace("</table>", "</table></div>")


def _assets(app, exception):
    """Copy book/assets and book/data beside the pages, and the explorer that pages mount."""
    if exception is None:
        bundle.write(Path(app.outdir) / "assets")
    for name in ("assets", "data"):
        source = Path(app.srcdir) / name
        if exception is None and source.is_dir():
            copy_asset(source, Path(app.outdir) / name)
