"""Join a figure's sources into one file: an ES module for Jupyter, a script for the book.

Each source is a small ES module that imports its neighbours by name. Here the imports are dropped,
the sources stand one after the other in the order of their imports, and what the worker runs is
carried along as a text. The body is the same for both hosts; only its last line differs:

- Jupyter imports it: ``export default { render };``
- a page includes it with ``<script src=...>``, which unlike a module also loads from ``file://``.

The figures are the explorer, the lens and the throw; what a figure does not use is not in its file.
``python -m fma.explorer.bundle FOLDER`` writes `explorer.js`, `explorer.css` and so on for a page.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import\s*(?:\{[^}]*\}\s*from\s*)?"\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
_NAME = re.compile(r"^(?:async )?(?:function\*?|const|let|class)\s+(\w+)", re.MULTILINE)


# The sources that a figure begins with: the component, the static host, the worker, the styles.
FIGURES = {
    "explorer": ("explorer.js", "mount.js", "worker.js", ("explorer.css",)),
    "lens": ("lens.js", "lens-mount.js", "lens-worker.js", ("explorer.css", "lens.css")),
    "throw": ("throw.js", "throw-mount.js", "throw-worker.js", ("explorer.css", "lens.css")),
}


def module(figure="explorer"):
    """A figure as one ES module: its default export has anywidget's `render`."""
    return f"{_body(figure, FIGURES[figure][0])}\nexport default {{ render }};\n"


def script(figure="explorer"):
    """A figure as one classic script that mounts itself on the page that includes it."""
    return f"(() => {{\n{_body(figure, FIGURES[figure][1])}\nmountAll();\n}})();\n"


def worker(figure="explorer"):
    """What the worker runs, as one classic script."""
    return _join(FIGURES[figure][2])


def style(figure="explorer"):
    """A figure's style sheet."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in FIGURES[figure][3])


def write(folder):
    """Write every figure's script and style for a static page into `folder`; return the paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for figure in FIGURES:
        for name, text in ((f"{figure}.js", script(figure)), (f"{figure}.css", style(figure))):
            paths.append(folder / name)
            paths[-1].write_text(text, encoding="utf-8")
    return paths


@cache
def _body(figure, entry):
    source = json.dumps(worker(figure), ensure_ascii=False).replace("</", "<\\/")
    return f'"use strict";\nconst WORKER_SOURCE = {source};\n{_join(entry)}'


def _join(entry):
    """`entry` and all that it imports, each once, without imports and exports."""
    names, sources = [], {}

    def visit(name):
        if name in sources:
            return
        text = (FOLDER / name).read_text(encoding="utf-8")
        sources[name] = ""
        for needed in _IMPORT.findall(text):
            visit(needed)
        sources[name] = _EXPORT.sub("", _IMPORT.sub("", text))
        names.append(name)

    visit(entry)
    joined = "\n".join(sources[name] for name in names)
    declared = _NAME.findall(joined)
    twice = sorted({name for name in declared if declared.count(name) > 1})
    left = re.findall(r"^(?:import|export)\b.*", joined, re.MULTILINE)
    if twice or left:
        raise ValueError(f"{entry} cannot be joined: declared twice {twice}, left over {left}")
    return joined


if __name__ == "__main__":
    for path in write(sys.argv[1]):
        print(path)
