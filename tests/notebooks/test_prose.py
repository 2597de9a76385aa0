"""Prose is Markdown, every number in it is vouched for by a check, and outputs show everywhere.

``python tests/notebooks/test_prose.py`` prints what of each notebook nothing vouches for. With
``--record`` it writes down how often each text that is vouched for everywhere occurs: of two such
texts that differ in one digit, 63 and 64, one could else be taken for the other unnoticed.
"""

import ast
import functools
import json
import re
import sys
from pathlib import Path

import pytest

from fma.notebook.prose import MIME, Prose, places

ROOT = Path(__file__).resolve().parents[2]
RECORD = Path(__file__).with_name("everywhere.json")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

NAMES = re.compile(r"\b[Ll]ayers?[ -][12](?: and [12])?\b|(?<![\w.,])[^\W\d]\w*")
CHAPTER = re.compile(r"\[[^\]]*?\bchapter\s+(\d+)[^\]]*\]\((\d\d)_\w+\.ipynb[^)]*\)", re.IGNORECASE)
NUMERAL = re.compile(r"\d(?:[\d.,]*\d)?")


def load(path):
    return json.loads(path.read_text("utf-8"))


def sources(notebook, kind):
    return [
        (i, "".join(cell["source"]))
        for i, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == kind
    ]


def read(notebook):
    """Return a Prose for each Markdown cell, None for each other."""
    prose = dict(sources(notebook, "markdown"))
    return [Prose(prose[i]) if i in prose else None for i in range(len(notebook["cells"]))]


def calls(notebook):
    for i, source in sources(notebook, "code"):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call):
                yield i, node, node.func.id if isinstance(node.func, ast.Name) else ""


def checks(notebook):
    """Return number of the cell, words and scope of each check."""
    found = []
    for i, node, name in calls(notebook):
        if name == "check":
            options = {keyword.arg: keyword.value for keyword in node.keywords}
            words = node.args[0] if node.args else options["words"]
            scope = node.args[2] if len(node.args) > 2 else options.get("everywhere")
            found.append((i, ast.literal_eval(words), scope and ast.literal_eval(scope)))
    return found


@functools.lru_cache(128)
def exempt(prose):
    """Return the places in the text whose digits are names, code or mathematics."""
    spans = [*prose.kept, *(hit.span() for hit in NAMES.finditer(prose.text))]
    links = [m.span(1) for m in CHAPTER.finditer(prose.source) if int(m[1]) == int(m[2])]
    free = {k for start, end in spans for k in range(start, end)}
    linked = {k for k, (at, _) in enumerate(prose.places) if any(a <= at < b for a, b in links)}
    return frozenset(free | linked)


def survey(notebook, cells=None, told=None):
    """Return words that stand nowhere, numerals without a check, and counts of those everywhere."""
    cells = cells or read(notebook)
    covered = {i: set(exempt(prose)) for i, prose in enumerate(cells) if prose}
    missing, counts = [], {}
    for i, words, everywhere in checks(notebook) if told is None else told:
        found = places(cells, i, words, everywhere)
        if not found:
            missing.append(words)
        if everywhere:
            counts[words] = len(found)
        for number, _, _, start, end in found:
            covered[number].update(range(start, end))
    open_ = [
        (i, hit.start(), hit[0])
        for i, free in covered.items()
        for hit in NUMERAL.finditer(cells[i].text)
        if not free.issuperset(k for k in range(*hit.span()) if cells[i].text[k].isdigit())
    ]
    return missing, open_, counts


@each
def test_words_vouched_for_stand_in_the_markdown_above(path):
    missing, _, _ = survey(load(path))
    assert not missing, f"checks vouch for words that no text above has; change either: {missing}"


@each
def test_every_digit_of_the_prose_is_vouched_for(path):
    notebook = load(path)
    cells = read(notebook)
    _, open_, _ = survey(notebook, cells)
    bare = [cells[i].text[max(k - 30, 0) : k + 30] for i, k, _ in open_]
    assert not bare, f"no check vouches for the number in the middle of each: {bare}"


@each
def test_words_vouched_for_everywhere_are_as_many_as_recorded(path):
    _, _, counts = survey(load(path))
    assert counts == json.loads(RECORD.read_text("utf-8")).get(path.stem, {})


@each
def test_one_changed_digit_is_noticed(path):
    notebook = load(path)
    cells, told = read(notebook), checks(notebook)
    _, _, counts = survey(notebook, cells, told)
    unnoticed = []
    for i, prose in enumerate(cells):
        free = exempt(prose) if prose else set()
        for k in range(len(prose.text) if prose else 0):
            if not prose.text[k].isdigit() or k in free:
                continue
            start, end = prose.places[k]
            changed = str((int(prose.text[k]) + 1) % 10)
            mutant = Prose(prose.source[:start] + changed + prose.source[end:])
            missing, open_, now = survey(notebook, [*cells[:i], mutant, *cells[i + 1 :]], told)
            if not missing and not open_ and now == counts:
                unnoticed.append(prose.text[max(k - 30, 0) : k + 30])
    assert not unnoticed


@each
def test_no_cell_puts_a_sentence_together(path):
    for _, node, name in calls(load(path)):
        assert name != "say"
        if name in ("display", "Markdown", "HTML", "print"):
            assert not any(isinstance(part, ast.JoinedStr) for part in ast.walk(node))
        for keyword in node.keywords:
            if name == "check" and keyword.arg == "here":
                assert not isinstance(keyword.value, ast.JoinedStr)


@each
def test_no_line_of_prose_is_a_comment(path):
    """MyST leaves out a line that begins with a per cent sign, and the book with it."""
    prose = sources(load(path), "markdown")
    assert not [text for _, text in prose if re.search("^%", text, re.MULTILINE)]


@each
def test_no_cell_is_hidden(path):
    for cell in load(path)["cells"]:
        tags = set(cell["metadata"].get("tags", ()))
        assert not tags & {"hide-input", "hide-cell", "remove-input", "remove-cell", "hide-output"}


@each
def test_no_metadata_of_whoever_executed_it(path):
    """Such as times, or the version of Python: `make outputs` leaves none."""
    notebook = load(path)
    assert list(notebook["metadata"]["language_info"]) == ["name"]
    assert all(set(cell["metadata"]) <= {"tags"} for cell in notebook["cells"])


@each
def test_outputs_show_in_every_viewer(path):
    for cell in load(path)["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            html = "".join(data.get("text/html", ""))
            assert not re.search(r"<(svg|style|script)\b|\bstyle=|javascript:", html)
            assert MIME not in data, "".join(data.get("text/plain", ""))
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", "executed without FMA_PROGRESS=/dev/null"
            if "image/png" in data:
                assert "".join(data["text/plain"]).startswith("Figure: ")


@each
def test_a_notebook_asks_one_question(path):
    notebook = load(path)
    first = "".join(notebook["cells"][0]["source"])
    assert first.startswith("# ")
    question = notebook["metadata"]["fma"]["question"]
    assert question.endswith("?")


def test_there_is_more_prose_than_code():
    lines = {
        kind: sum(
            bool(line.strip())
            for path in NOTEBOOKS
            for _, source in sources(load(path), kind)
            for line in source.splitlines()
        )
        for kind in ("markdown", "code")
    }
    assert lines["markdown"] >= lines["code"]


def test_the_committed_notebooks_are_small():
    assert sum(path.stat().st_size for path in NOTEBOOKS) < 4_000_000


# The rules themselves.


def made(*cells):
    return {
        "cells": [
            {"cell_type": "code" if cell.startswith("check(") else "markdown", "source": cell}
            for cell in cells
        ]
    }


@pytest.mark.parametrize(
    ("cells", "missing", "open_"),
    [
        (["It is 64.", "check('64', 64)"], [], []),
        (["It is 64.", "check('65', 65)"], ["65"], ["64"]),
        (["check('64', 64)", "It is 64."], ["64"], ["64"]),
        (["check('64', 64, everywhere=True)", "It is 64."], [], []),
        (["It is 64.", "It is 64.", "check('64', 64)"], [], ["64"]),
        (["It is 8.5 to 9.", "check('8.5', '8.5')"], [], ["9"]),
        (["# W1 and Z2_max, `7`, $8$, layer 2, layers 1 and 2"], [], []),
        (["[chapter 7](07_what.ipynb), [chapter 8](09_what.ipynb#a1)"], [], ["8"]),
        (["1. One\n2. Two\n\n{cite}`a2020` <b data-set='a=1'>b</b>"], [], []),
        (["From 1 to\n10. Then"], [], ["1", "10"]),
        (["At 1e-5 it is 3 %."], [], ["1", "5", "3"]),
    ],
)
def test_the_rule(cells, missing, open_):
    notebook = made(*cells)
    found = survey(notebook)
    assert found[0] == missing
    assert [text for _, _, text in found[1]] == open_


if __name__ == "__main__":
    record = {}
    for notebook_path in NOTEBOOKS:
        gone, unvouched, number = survey(load(notebook_path))
        record[notebook_path.stem] = number
        texts = read(load(notebook_path))
        for lost in gone:
            print(f"{notebook_path.stem}: not in the text above: {lost!r}")
        for cell_number, at, text_ in unvouched:
            around = texts[cell_number].text[max(at - 30, 0) : at + 30]
            print(f"{notebook_path.stem}, cell {cell_number}: {text_} in {around!r}")
    if "--record" in sys.argv:
        RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
