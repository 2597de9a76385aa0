"""The build itself, on a small book: what is redone, what is kept, how it fails, how it serves."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from fma import publish
from fma.publish import execution, pages

ROOT = Path(__file__).parents[2]


def _notebook(path, code, quick=None, text=""):
    parameters = new_code_cell("n = 20", metadata={"tags": ["parameters"]})
    cells = [new_markdown_cell(f"# {path.stem}\n\n{text}"), parameters, new_code_cell(code)]
    nbformat.write(new_notebook(cells=cells, metadata={"fma": {"quick": quick or {}}}), path)


@pytest.fixture
def book(tmp_path):
    """A repository with a book of two notebooks."""
    shutil.copy(ROOT / "_config.yml", tmp_path)
    shutil.copytree(
        ROOT / "book", tmp_path / "book", ignore=shutil.ignore_patterns("_build", "*.ipynb")
    )
    (tmp_path / "notebooks").mkdir()
    _notebook(tmp_path / "notebooks" / "01_one.ipynb", "print('there are', n)", {"n": 3})
    _notebook(tmp_path / "notebooks" / "index.ipynb", "print(n)")
    return tmp_path


@pytest.fixture
def without_pages(monkeypatch):
    """Setting pages does nothing but write a first page."""

    def set_pages(root, folder, scale, log):
        page = folder / "_build" / "html" / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("set")
        shutil.rmtree(page.with_name("notebooks"), ignore_errors=True)

    monkeypatch.setattr(pages, "set_pages", set_pages)


def _executed(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.ipynb")}


TEXT = "There are 20 of them, an even number. See [there](02_two.ipynb#place)."
CHECKS = """from fma.notebook import check
print('there are', n)
check('20', n)
check('an even number', n % 2 == 0)"""


def test_pages_at_both_scales(book):
    """One book for three matters, since setting pages takes ten seconds."""
    _notebook(book / "notebooks" / "01_one.ipynb", CHECKS, {"n": 3}, TEXT)
    code = "from fma.notebook import table\ntable(['n'], [['1']], caption='One', name='place')"
    _notebook(book / "notebooks" / "02_two.ipynb", code)
    full, quick = (publish.build(scale, book).parent for scale in ("full", "quick"))

    # The scales are apart, and quick is labelled on every page.
    assert full == book / "book" / "_build" / "html"
    one, few = ((folder / "01_one.html").read_text("utf-8") for folder in (full, quick))
    assert "there are 20" in one
    assert "there are 3" in few
    for folder, label in ((full, False), (quick, True)):
        pages = list(folder.glob("*.html"))
        assert len(pages) >= 5
        for page in pages:
            assert ("Reduced scale." in page.read_text("utf-8")) is label, page

    # Text links to the table that an output names.
    assert 'id="place"' in (full / "02_two.html").read_text("utf-8")
    assert 'href="02_two.html#place"' in one

    # What is found stands in the place of what the text says.
    assert "<p>There are 20 of them, an even number. See" in one
    assert 'title="the text says 20">3</span> of them' in few
    assert '<span class="fma-untrue">an even number</span>' in few
    assert '<span class="fma-note">' in few


def test_nothing_is_done_again_unless_its_input_changed(book, without_pages, capsys):
    publish.build("full", book)
    before = _executed(book / "book")
    assert set(before) == {"01_one.ipynb", "index.ipynb"}
    stamp = book / "book" / "_build" / "html" / ".stamp"
    set_at = stamp.stat().st_mtime_ns
    began = time.monotonic()
    publish.build("full", book)
    assert time.monotonic() - began < 2
    assert "0 to execute" in capsys.readouterr().out
    assert stamp.stat().st_mtime_ns == set_at
    _notebook(book / "notebooks" / "01_one.ipynb", "print('now', n)")
    publish.build("full", book)
    after = _executed(book / "book")
    assert after["01_one.ipynb"] != before["01_one.ipynb"]
    assert after["index.ipynb"] == before["index.ipynb"]
    assert stamp.stat().st_mtime_ns != set_at


def test_sweeps_of_notebooks_side_by_side_share_the_cores(book, without_pages, monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")
    code = "import joblib\nprint(joblib.cpu_count())"
    for name in ("01_one", "index"):
        _notebook(book / "notebooks" / f"{name}.ipynb", code)

    def told(name):
        return nbformat.read(book / "book" / f"{name}.ipynb", 4).cells[-1].outputs[0].text.strip()

    publish.build("full", book)
    assert told("01_one") == told("index") == "1"
    _notebook(book / "notebooks" / "index.ipynb", f"{code} or print('alone')")
    publish.build("full", book)
    assert told("index").split() == [str(min(2, os.cpu_count())), "alone"]


def test_a_kernel_gets_ports_of_its_process_that_are_free(tmp_path):
    from jupyter_client.connect import LocalPortCache

    with publish.kernel_environment(tmp_path):
        ports = LocalPortCache.instance()
        first = ports.find_available_port("127.0.0.1")
        second = ports.find_available_port("127.0.0.1")
        block = range(20_000 + 50 * (os.getpid() % 240), 32_000)[:50]
        assert first in block
        assert second in block
        assert first != second
        ports.return_port(second)
        assert ports.find_available_port("127.0.0.1") == second
        ports.return_port(second)
        with socket.create_server(("127.0.0.1", second)):
            third = ports.find_available_port("127.0.0.1")
        assert third != second
        ports.return_port(first)
        ports.return_port(third)


def test_a_kernel_that_has_ended_leaves_its_port_to_the_next(tmp_path):
    from jupyter_client.connect import LocalPortCache

    with publish.kernel_environment(tmp_path):
        ports = LocalPortCache.instance()
        port = ports.find_available_port("127.0.0.1")
        with socket.create_server(("127.0.0.1", port)) as kernel:
            other = ports.find_available_port("127.0.0.1")
            ports.return_port(port)
            listening = ports.find_available_port("127.0.0.1")
            with socket.create_connection(kernel.getsockname()):
                kernel.accept()[0].close()  # who closes first is held to it for a minute
        ended = ports.find_available_port("127.0.0.1")
        for taken in (other, listening, ended):
            ports.return_port(taken)
    assert port not in (other, listening)
    assert ended == port


def test_a_page_written_by_hand_sets_the_pages_again(book, without_pages):
    publish.build("full", book)
    before = _executed(book / "book")
    page = book / "book" / "_build" / "html" / "index.html"
    page.write_text("old")
    (book / "book" / "cite.md").write_text("# How to cite\n\nDo.\n")
    publish.build("full", book)
    assert page.read_text() == "set"
    assert _executed(book / "book") == before


@pytest.mark.parametrize(
    ("name", "again"), [("explorer.css", False), ("state.js", False), ("cell.py", True)]
)
def test_only_what_notebooks_use_executes_them_again(
    book, without_pages, monkeypatch, capsys, name, again
):
    source = book / "fma" / "explorer" / name
    source.parent.mkdir(parents=True)
    source.write_text("before")
    monkeypatch.setattr(execution, "PACKAGE", book / "fma")
    publish.build("full", book)
    page = book / "book" / "_build" / "html" / "index.html"
    page.write_text("old")
    source.write_text("after")
    capsys.readouterr()
    publish.build("full", book)
    assert f"{2 * again} to execute" in capsys.readouterr().out
    assert page.read_text() == "set"


def test_a_notebook_that_is_gone_leaves_the_book(book, without_pages):
    publish.build("full", book)
    (book / "notebooks" / "01_one.ipynb").unlink()
    publish.build("full", book)
    assert set(_executed(book / "book")) == {"index.ipynb"}


def test_a_failing_cell_is_named_in_one_line_and_what_was_done_is_kept(book, without_pages):
    for scale in ("full", "quick"):
        publish.build(scale, book)
    _notebook(book / "notebooks" / "02_two.ipynb", "1 / 0", {"n": 1})
    for scale in ("full", "quick"):
        with pytest.raises(publish.BuildError) as failed:
            publish.build(scale, book)
        message = str(failed.value)
        assert message.startswith("notebooks/02_two.ipynb, cell 3 failed with ZeroDivisionError")
        assert "\n" not in message
        log = Path(message.rpartition("log: ")[2].rstrip(")"))
        assert "ZeroDivisionError" in log.read_text()
    assert set(_executed(book / "book")) == {"01_one.ipynb", "index.ipynb"}


@pytest.mark.parametrize("text", ['{"cells": [', "[]", '{"metadata": {}}', "\xff"])
def test_a_file_that_is_no_notebook_is_named(book, text):
    broken = book / "notebooks" / "02_two.ipynb"
    broken.write_text(text, "latin-1")
    with pytest.raises(publish.BuildError, match=r"\A[^\n]*\Z") as failed:
        publish.build("full", book)
    assert str(failed.value).startswith(f"{broken} is no notebook: ")
    assert not _executed(book / "book")


def test_what_is_no_parameter_of_the_notebook_is_named_before_anything_is_done(book):
    two = book / "notebooks" / "02_two.ipynb"
    _notebook(two, "print(n)", {"n": 1, "widhts": [1]})
    sentence = f"{two}: fma.quick names widhts, but its parameters are n"
    with pytest.raises(publish.BuildError, match=rf"\A{re.escape(sentence)}\Z"):
        publish.build("quick", book)
    notebook = nbformat.read(two, 4)
    del notebook.cells[1]
    nbformat.write(notebook, two)
    with pytest.raises(publish.BuildError, match="names n, widhts, but it has no parameters cell"):
        publish.build("quick", book)
    assert not _executed(book / "build" / "quick")


def test_parameters_are_what_is_assigned_in_their_cell(tmp_path):
    path = tmp_path / "one.ipynb"
    _notebook(path, "late = 1", {"a": 1, "b_2": 2, "c": 3})
    notebook = nbformat.read(path, 4)
    notebook.cells[
        1
    ].source = "a = [\n    1, 2\n]\nb_2: int = 3  # of d == 4\nc=f(e=5)\nd == 4\n%magic"
    nbformat.write(notebook, path)
    assert execution._parameters(path, "quick") == {"a": 1, "b_2": 2, "c": 3}
    for name in ("d", "e", "late"):
        notebook.metadata["fma"] = {"quick": {name: 1}}
        nbformat.write(notebook, path)
        with pytest.raises(
            publish.BuildError, match=f"names {name}, but its parameters are a, b_2, c"
        ):
            execution._parameters(path, "quick")


def test_the_versions_are_those_of_all_that_is_required_here(monkeypatch):
    names = [entry.partition("==")[0] for entry in execution.versions()[1:]]
    assert {"numpy", "papermill"} <= set(names)
    assert "jax" not in names
    assert "pytest" not in names
    if sys.platform != "darwin":
        assert "numba" in names


def test_a_warning_of_jupyter_book_stops_the_build(book):
    (book / "book" / "cite.md").write_text("# How to cite\n\n[nowhere](nowhere.md)\n")
    with pytest.raises(publish.BuildError, match=r"Jupyter Book stopped: .*nowhere") as failed:
        publish.build("full", book)
    assert "\n" not in str(failed.value)
    with pytest.raises(publish.BuildError, match="nowhere"):
        publish.build("full", book)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_an_interrupted_build_goes_on_where_it_was(book):
    slow = "import time, pathlib; pathlib.Path('begun').touch(); time.sleep(n)"
    _notebook(book / "notebooks" / "02_two.ipynb", slow)
    code = f"from fma import publish; publish.build('full', {str(book)!r})"
    build = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    begun, done = book / "notebooks" / "begun", book / "book" / "01_one.ipynb"
    while not (begun.exists() and done.exists()):
        assert build.poll() is None, build.stderr.read()
        time.sleep(0.1)
    build.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in build.communicate(timeout=20)[1]
    assert build.returncode
    assert done.exists()
    assert not (book / "book" / "02_two.ipynb").exists()


def test_bad_arguments_are_refused_in_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="scale must be one of full, quick, got 'half'"):
        publish.build("half")
    with pytest.raises(ValueError, match=r"port must be a whole number .* got -1"):
        publish.serve(-1)
    with pytest.raises(publish.BuildError, match="has no notebooks"):
        publish.build("full", tmp_path)
    with pytest.raises(publish.BuildError, match="not been built yet: make book scale=quick"):
        publish.serve(0, "quick", tmp_path)


def test_contents_list_the_notebooks_that_exist_in_their_parts():
    toc = publish.contents(["01_setup", "05_seeds", "06_recipe", "13_why", "15_all", "index"])
    assert toc["root"] == "index"
    assert [(part["caption"], len(part["chapters"])) for part in toc["parts"]] == [
        ("The investigation", 2),
        ("The audit", 1),
        ("Why", 1),
        ("The verdicts", 1),
        ("Appendix", 3),
    ]


def test_serves_on_loopback_only(tmp_path):
    (tmp_path / "index.html").write_text("here")
    with publish.server(tmp_path) as site:
        assert site.server_address[0] == "127.0.0.1"
        threading.Thread(target=site.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{site.server_port}/") as answer:
            assert answer.read() == b"here"
        site.shutdown()
