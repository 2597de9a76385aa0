"""The notebooks' helpers: parameters, figures, tables, checks, what moves."""

import base64
import re

import nbformat
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from fma import notebook
from fma.figures import DESK
from fma.notebook import checking, data, interactive, outputs
from fma.notebook.prose import MIME, Prose, apply_checks, plain
from fma.recipe import RECIPES


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as a list of its MIME bundles."""
    bundles = []

    def display(bundle, *, metadata=None, raw=False):
        bundles.append(bundle)

    for module in (checking, interactive, outputs, data):
        monkeypatch.setattr(module, "display", display)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.delenv("FMA_PUBLISH", raising=False)
    return bundles


def simple(layout):
    figure, axis = layout.figure("A title", 1)
    axis.plot([0, 1], [0, 1])
    return figure


# Parameters.


def test_a_bad_parameter_is_one_line_without_a_traceback(capsys):
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    lines = (
        "from fma.notebook import checked, vary",
        "with checked():",
        "    vary('table', epochs=0)",
    )
    shell.run_cell("\n".join(lines))
    out = capsys.readouterr().out.strip()
    assert out == "ValueError: epochs must be a whole number of at least 1, got 0"


def test_vary_changes_what_is_given():
    assert notebook.vary("table", learning_rate=None) == RECIPES["table"]
    assert notebook.vary("table", epochs=3).epochs == 3


@pytest.mark.parametrize("values", [5, "63", [], [63, 63]])
def test_several_wants_different_values(values):
    with pytest.raises(ValueError, match="widths must be a list of at least 2 different values"):
        notebook.several("widths", values, 2)


def test_several_drops_repetitions_and_keeps_the_order():
    assert notebook.several("widths", [64, 63, 64]) == [64, 63]


# Figures and tables.


def test_a_figure_is_a_picture_with_words(shown):
    notebook.show(simple, alt="A line rises.", name="rise", caption="Nothing else.")
    assert set(shown[0]) == {"image/png", "text/plain"}
    assert base64.b64decode(shown[0]["image/png"])[:4] == b"\x89PNG"
    assert shown[0]["text/plain"] == "Figure: A line rises."


def test_in_the_book_a_figure_is_themed_svg(shown, monkeypatch):
    monkeypatch.setenv("FMA_PUBLISH", "1")
    notebook.show(simple, alt="A line rises.", name="rise")
    assert shown[0]["text/html"].startswith('<figure class="fma-figure" id="rise">')
    assert shown[0]["text/html"].count("<svg") == 2


def test_table_is_accessible_escaped_and_clean(shown):
    notebook.table(["width", "a < b"], [["63", "1"], ["64", "<b>"]], caption="Two & two", name="t")
    html, plain_text = shown[0]["text/html"], shown[0]["text/plain"]
    assert html.startswith('<div class="fma-table" id="t"><table>')
    assert "<caption>Two &amp; two</caption>" in html
    assert '<th scope="col">a &lt; b</th>' in html
    assert '<th scope="row">64</th><td>&lt;b&gt;</td>' in html
    assert not re.search("style|script|svg|align", html)
    assert plain_text.splitlines() == ["Two & two", "width  a < b", "63         1", "64       <b>"]


@pytest.mark.parametrize(
    "cells",
    [("-1.5", "–"), ("below 0.001", "0.034"), ("< 0.001", "0.5"), ("5 %", "1,346"), ("−2", "±3")],
)
def test_columns_of_numbers_stand_right(shown, cells):
    notebook.table(["width", "p"], [["63", cells[0]], ["64", cells[1]]], caption="")
    assert shown.pop()["text/html"].count(' align="right"') == 3


def test_table_refuses_rows_of_another_length(shown):
    with pytest.raises(ValueError, match="zip"):
        notebook.table(["a", "b"], [["1"]], caption="")


# Checks.


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("63", 63),
        ("63", np.int64(63)),
        ("3.65** (3.62 to 3.69)", "3.65 (3.62 to 3.69)"),
        ("−0.5", "-0.5"),
        ("moves with the width", True),
        ("moves with the width", np.True_),
    ],
)
def test_check_is_silent_where_the_text_is_right(shown, words, found):
    notebook.check(words, found)
    assert shown == []


def test_check_says_what_is_found(shown):
    notebook.check("3.65", f"{4.1:.2f}")
    notebook.check("moves with the width", False)
    notebook.check("moves with the width", False, here="It stays at 3.")
    assert [b["text/plain"] for b in shown] == [
        "Where the text says “3.65”, here: 4.10",
        "Not so here: “moves with the width”.",
        "Not so here: “moves with the width”. It stays at 3.",
    ]
    assert shown[0][MIME] == {"words": "3.65", "found": "4.10", "everywhere": False, "here": None}


def test_a_check_that_a_cell_does_not_come_to_says_that_its_words_do_not_hold(shown):
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    checking.watch(shell)
    shell.run_cell("from fma.notebook import check")
    shell.run_cell("if True:\n    check('It is 3', 'It is 3')")
    assert shown == []
    shell.run_cell("if False:\n    check('It is 3', 'It is 3')")
    assert [bundle[MIME]["words"] for bundle in shown] == ["It is 3"]
    assert "Not so here" in shown[0]["text/plain"]
    shown.clear()
    shell.run_cell("check('5', '5'); 1 / 0")
    shell.run_cell("1 + 1")
    assert shown == []


@pytest.mark.parametrize(("words", "found"), [("3.65", 3.65), (63, "63"), ("x", None)])
def test_check_wants_words_and_digits_that_somebody_chose(shown, words, found):
    with pytest.raises(TypeError):
        notebook.check(words, found)


def book(*cells):
    """Return a notebook of Markdown (str) and the records of checks (dict)."""
    made = nbformat.v4.new_notebook()
    for cell in cells:
        if isinstance(cell, str):
            made.cells.append(nbformat.v4.new_markdown_cell(cell))
        else:
            record = {"found": None, "everywhere": False, "here": None} | cell
            output = nbformat.v4.new_output("display_data", {MIME: record, "text/plain": "…"})
            other = nbformat.v4.new_output("display_data", {"text/plain": "kept"})
            made.cells.append(nbformat.v4.new_code_cell("check()", outputs=[output, other]))
    return made


def corrected(text, words, found=None, **more):
    return apply_checks(book(text, {"words": words, "found": found} | more)).cells[0].source


def value(said, found):
    return f'<span class="fma-found" title="the text says {said}">{found}</span>'


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("It is 64 wide.", "64", f"It is {value('64', '7')} wide."),
        ("It is **64**.", "64", f"It is **{value('64', '7')}**."),
        ("It is 64.", "64", f"It is {value('64', '7')}."),
        ("a\n8.7 to\n9.5 b", "8.7 to 9.5", f"a\n{value('8.7 to 9.5', '7')} b"),
        ("*one **3.65** (3.62)* b", "3.65 (3.62)", f"*one **{value('3.65 (3.62)', '7')}*** b"),
        ("**3.65** (3.62 to 3.69)", "3.65** (3.62", f"**{value('3.65 (3.62', '7')}** to 3.69)"),
        ("[width 64 is](a.md) so", "64 is so", f"[width {value('64 is so', '7')}](a.md)"),
        ("64 and 64", "64", f"{value('64', '7')} and {value('64', '7')}"),
        ("a 64-wide net, −64", "64", f"a {value('64', '7')}-wide net, −64"),
        ("It is −0.5.", "-0.5", f"It is {value('-0.5', '7')}."),
        ("63–64", "64", f"63–{value('64', '7')}"),
        ("# Head\n\n64 it is", "64", f"# Head\n\n{value('64', '7')} it is"),
    ],
)
def test_a_found_value_takes_the_words_place(text, words, expected):
    assert corrected(text, words, "7") == expected


@pytest.mark.parametrize(
    "text",
    [
        "640 164 64.5 64,000 1.64 1,64 64% −64 W64 1e-64 64th",
        "`64` $64$ $$64$$ [a](64.md) <span data-set='width=64'>a</span> https://a.b/64",
        "```\n64\n```\n\n:::{margin} 64\n:::\n{cite}`b64`",
        "*One neuron changes everything: the 63 vs 64 puzzle*",
    ],
)
def test_what_only_looks_alike_is_left(text):
    assert corrected(text, "64", "7", everywhere=True) == text


def test_lists_are_told_from_numbers_that_start_a_line():
    assert Prose("1. One\n2. Two").text == "One\nTwo"
    assert Prose("from 1 to\n10. Then").text == "from 1 to 10. Then"


def test_untrue_words_are_marked():
    assert corrected("It **moves with\nthe width** here.", "moves with the width") == (
        'It **<span class="fma-untrue">moves with\nthe width</span> '
        '<span class="fma-note">(not so here)</span>** here.'
    )
    assert corrected("So **all** die.", "So all die", here="Two live <on>.") == (
        '<span class="fma-untrue">So **all** die</span> '
        '<span class="fma-note">(Two live &lt;on&gt;.)</span>.'
    )
    assert corrected("It **moves with** it.", "with it") == (
        'It **moves <span class="fma-untrue">with it</span> '
        '<span class="fma-note">(not so here)</span>**.'
    )


def test_parameters_change_at_once_and_in_every_cell():
    records = (
        {"words": "63", "found": "64", "everywhere": True},
        {"words": "64", "found": "65", "everywhere": True},
        {"words": "64 falls late", "everywhere": False},
    )
    before = book("# 63 or 64", "64 falls late.", *records, "Later: 63.")
    after = apply_checks(before)
    a, b = value("63", "64"), value("64", "65")
    assert after.cells[0].source == f"# {a} or {b}"
    assert after.cells[1].source.startswith(f'<span class="fma-untrue">{b} falls late</span>')
    assert after.cells[-1].source == f"Later: {a}."
    assert all([o.data["text/plain"] for o in c.outputs] == ["kept"] for c in after.cells[2:5])
    assert MIME in before.cells[2].outputs[0].data


def test_the_nearest_text_above_is_meant():
    after = apply_checks(book("It is 5.", "It is 5.", {"words": "5", "found": "6"}, "It is 5."))
    assert [c.source == "It is 5." for c in after.cells if c.cell_type == "markdown"] == [
        True,
        False,
        True,
    ]


def test_the_longer_words_win():
    records = ({"words": "5", "found": "6"}, {"words": "5 of 8", "found": "7 of 8"})
    assert apply_checks(book("It is 5 of 8.", *records)).cells[0].source == (
        f"It is {value('5 of 8', '7 of 8')}."
    )


def test_prose_is_what_a_reader_sees():
    text = "# Head\n\nA **bold** [link](x.md),\n`code` and \\* _it_.\n\n- one\n- two"
    assert Prose(text).text.split("\n") == ["Head", "A bold link, code and * it.", "one", "two"]
    assert plain("a  **b**\nsnake_case −1") == "a b snake_case -1"


# What moves.


def test_sliders_only_where_they_can_move(monkeypatch, shown):
    calls = []
    assert (
        notebook.sliders(lambda width, seed: calls.append((width, seed)), width=63, seed=1) is None
    )
    assert (calls, shown) == ([], [])
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    box = notebook.sliders(lambda width, seed: calls.append((width, seed)), width=63, seed=1)
    width, seed, _ = box.children
    width.value, seed.value = 64, 7
    assert calls == [(63, 1), (64, 1), (64, 7)]
    assert [s.description for s in (width, seed)] == ["Width", "Seed"]


STATE = "width=63,64&seed=1&recipe=table&learning_rate=1e-5"


def test_explorer_is_a_picture_a_mount_or_alive(shown, monkeypatch):
    notebook.explorer(simple, STATE, alt="A line.")
    assert set(shown[-1]) == {"image/png", "text/plain"}
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    notebook.explorer(simple, STATE, alt="A line.")
    assert "application/vnd.jupyter.widget-view+json" in shown[-1]
    assert "image/png" in shown[-1]
    monkeypatch.setenv("FMA_PUBLISH", "1")
    notebook.explorer(simple, STATE, alt="A line.")
    assert 'class="fma-explorer" data-state="width=63,64&amp;seed=1' in shown[-1]["text/html"]
    assert shown[-1]["text/html"].count("<svg") == 2


def test_a_figure_can_stay_below_what_is_alive(shown, monkeypatch):
    notebook.mount("lens", simple, "lens=small", alt="A line.", keep=True)
    assert [set(bundle) for bundle in shown] == [{"image/png", "text/plain"}]
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    notebook.mount("lens", simple, "lens=small", alt="A line.", keep=True)
    assert "application/vnd.jupyter.widget-view+json" in shown[1]
    assert "image/png" not in shown[1]
    assert set(shown[2]) == {"image/png", "text/plain"}
    monkeypatch.setenv("FMA_PUBLISH", "1")
    notebook.mount("lens", simple, "lens=small", alt="A line.", keep=True)
    assert '<div class="fma-lens" data-state="lens=small"></div><' in shown[3]["text/html"]
    assert shown[3]["text/html"].count("<svg") == 2


def test_the_state_sets_the_explorers_traits():
    assert interactive.traits(STATE) == {
        "width": 64,
        "reference_width": 63,
        "seed": 1,
        "recipe": "table",
        "learning_rate": 1e-5,
    }


def test_data_is_in_the_book_alone(shown, monkeypatch):
    notebook.offer("runs", [{"a": 1}], {"a": "A number."})
    assert "href" not in shown[-1]["text/html"]
    monkeypatch.setenv("FMA_PUBLISH", "1")
    notebook.offer("runs", [{"a": 1}], {"a": "A number."})
    assert 'href="data:application/gzip;base64,' in shown[-1]["text/html"]


def test_the_layout_of_a_picture_is_the_desk(shown):
    seen = []

    def draw(layout):
        seen.append(layout)
        return simple(layout)

    notebook.show(draw, alt="A line.")
    assert seen == [DESK]
