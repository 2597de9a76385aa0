"""The notebooks' helpers: parameters, sentences, tables, sliders."""

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from fma import notebook
from fma.recipe import RECIPES


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as a list of its MIME bundles."""
    bundles = []
    monkeypatch.setattr(notebook, "display", lambda data, raw=False: bundles.append(data))
    return bundles


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


def test_say_joins_lines_but_keeps_a_list(shown):
    notebook.say("one\n   two")
    notebook.say("- one\n  more\n- two")
    assert [b["text/markdown"] for b in shown] == ["one two", "- one more\n- two"]


def test_table_is_accessible_and_escaped(shown):
    notebook.table(["width", "a < b"], [["63", "1"], ["64", "<b>"]], caption="Two & two")
    html, plain = shown[0]["text/html"], shown[0]["text/plain"]
    assert "<caption>Two &amp; two</caption>" in html
    assert '<th scope="col">a &lt; b</th>' in html
    assert '<th scope="row">64</th><td>&lt;b&gt;</td>' in html
    assert "text-align:right" not in html
    notebook.table(["width", "cost"], [["63", "-1.5"], ["64", "–"]], caption="")
    assert shown.pop()["text/html"].count("text-align:right") == 3
    assert plain.splitlines() == ["Two & two", "width  a < b", "63         1", "64       <b>"]


def test_table_refuses_rows_of_another_length(shown):
    with pytest.raises(ValueError, match="zip"):
        notebook.table(["a", "b"], [["1"]], caption="")


def test_words_for_numbers():
    assert [notebook.fixed(v) for v in (1234.56, -0.5405, np.inf, np.nan)] == [
        "1,234.6",
        "-0.5",
        "diverged",
        "–",
    ]
    assert notebook.fixed(0.126, 2, "+") == "+0.13"
    assert notebook.span([2.0, 1.0]) == "1.0 to 2.0"
    assert notebook.span([1.01, 1.0]) == "1.0"
    assert notebook.listing([1]) == "1"
    assert notebook.listing([1, 2, 3]) == "1, 2 and 3"
    assert [notebook.count(n, "run") for n in (0, 1, 2)] == ["no run", "1 run", "2 runs"]


def test_sliders_only_where_they_can_move(monkeypatch, shown):
    calls = []
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
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
