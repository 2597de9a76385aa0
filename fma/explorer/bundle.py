"""Join the explorer's sources into one file: an ES module for Jupyter, a script for the book.

Each source is a small ES module that imports its neighbours by name. Here the imports are dropped,
the sources stand one after the other in the order of their imports, and what the worker runs is
carried along as a text. The body is the same for both hosts; only its last line differs:

- Jupyter imports it: ``export default { render };``
- a page includes it with ``<script src=...>``, which unlike a module also loads from ``file://``.

``python -m fma.explorer.bundle FOLDER`` writes `explorer.js` and `explorer.css` for a page.
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


def module():
    """The explorer as one ES module: its default export has anywidget's `render`."""
    return f"{_body('explorer.js')}\nexport default {{ render }};\n"


def script():
    """The explorer as one classic script that mounts itself on the page that includes it."""
    return f"(() => {{\n{_body('mount.js')}\nmountAll();\n}})();\n"


def worker():
    """What the worker runs, as one classic script."""
    return _join("worker.js")


def style():
    """The explorer's style sheet."""
    return (FOLDER / "explorer.css").read_text(encoding="utf-8")


def write(folder):
    """Write `explorer.js` and `explorer.css` for a static page into `folder`; return the paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in (("explorer.js", script()), ("explorer.css", style())):
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths


@cache
def _body(entry):
    source = json.dumps(worker(), ensure_ascii=False).replace("</", "<\\/")
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
