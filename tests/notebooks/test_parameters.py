"""Every notebook under other parameters, and under bad ones."""

import json
import re
from pathlib import Path

import papermill
import pytest
from jupyter_client.manager import run_kernel
from papermill.parameterize import parameterize_notebook

from fma.notebook.prose import MIME, Prose, apply_checks, places

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
BAD = {
    "learning_rate": -1.0,
    "recipe": "nonesuch",
    "seed": -1,
    "epochs": 0,
    "n_seeds": 0,
    "long_epochs": 0,
    "pair_epochs": 0,
}


def _metadata(notebook):
    return json.loads(notebook.read_text("utf-8"))["metadata"].get("fma", {})


def _known(notebook):
    return papermill.inspect_notebook(notebook)


def _run(notebook, folder, parameters):
    return papermill.execute_notebook(
        notebook,
        folder / notebook.name,
        parameters,
        kernel_name="python3",
        progress_bar=False,
        cwd=notebook.parent,
    )


def _cases(key):
    for notebook in NOTEBOOKS:
        found = _metadata(notebook).get(key, {})
        for parameters in found if isinstance(found, list) else [found]:
            yield pytest.param(notebook, parameters, id=f"{notebook.stem}-{json.dumps(parameters)}")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_names_other_parameters_to_try(notebook):
    assert _metadata(notebook).get("other"), "metadata fma.other must list parameters to run with"
    tags = [c["metadata"].get("tags", []) for c in json.loads(notebook.read_text("utf-8"))["cells"]]
    assert sum("parameters" in tag for tag in tags) == 1


@pytest.mark.parametrize(("notebook", "parameters"), [*_cases("quick"), *_cases("other")])
def test_metadata_names_parameters_that_exist(notebook, parameters):
    assert set(parameters) <= set(_known(notebook))


@pytest.fixture(scope="module")
def kernel():
    """One kernel for all runs, so that imports are made once."""
    with run_kernel(kernel_name="python3", cwd=NOTEBOOKS[0].parent) as client:
        yield client


def _error(kernel, source):
    """The error that a cell ends in, else None."""
    found = []

    def listen(message):
        if message["msg_type"] == "error":
            found.append(message["content"])

    kernel.execute_interactive(source, output_hook=listen, timeout=600)
    return found[0] if found else None


def _cells(notebook, parameters, kernel):
    """The code cells of a notebook under these parameters, and a kernel that has forgotten all."""
    assert _error(kernel, "%reset -f") is None
    asked = parameterize_notebook(papermill.iorw.load_notebook_node(str(notebook)), parameters)
    return [cell.source for cell in asked.cells if cell.cell_type == "code"]


@pytest.mark.parametrize(("notebook", "parameters"), list(_cases("other")))
def test_runs_with_other_parameters(notebook, parameters, kernel):
    for source in _cells(notebook, parameters, kernel):
        error = _error(kernel, source)
        assert error is None, "\n".join(error["traceback"])


def _records(notebook):
    """What the checks of an executed notebook found otherwise: number of the cell, record."""
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            if MIME in output.get("data", {}):
                yield i, output["data"][MIME]


def _prose(notebook):
    return [Prose(c.source) if c.cell_type == "markdown" else None for c in notebook.cells]


def test_chapter_2_says_nothing_false_of_another_seed(tmp_path):
    notebook = next(path for path in NOTEBOOKS if path.stem == "02_regimes")
    executed = _run(notebook, tmp_path, {"seed": 2})
    records, prose = list(_records(executed)), _prose(executed)
    assert records
    assert all(places(prose, i, r["words"], r["everywhere"]) for i, r in records)
    told = [
        o.data["text/plain"] for c in executed.cells for o in c.get("outputs", ()) if "data" in o
    ]
    assert "Where the text says “72 epochs”, here: 140 epochs" in told
    assert "Not so here: “Then it falls”." in told
    page = apply_checks(executed)
    assert not list(_records(page))
    text = "\n".join(cell.source for cell in page.cells if cell.cell_type == "markdown")
    for words in (
        "Then it falls",
        "Width 64 comes down too, but not as far",
        "part ways as the article says",
        "Every entry that the article prints comes out",
        "it can be reproduced to the digit",
        "every width is what the article calls it",
    ):
        assert f'<span class="fma-untrue">{words}</span> <span class="fma-note">(' in text
    for said, found in (
        ("After 12 epochs", "After 5 epochs"),
        ("(63 and 65)", "(63, 64 and 65)"),
        ("between 135 and 145", "between 137 and 140"),
    ):
        assert f'<span class="fma-found" title="the text says {said}">{found}</span>' in text


def test_chapter_7_says_nothing_false_of_another_recipe(tmp_path):
    notebook = next(path for path in NOTEBOOKS if path.stem == "07_what_decides")
    few = {"n_runs": 60, "n_unseen": 10, "n_rates": 3, "n_edges": 2, "n_factors": 5}
    few |= {"lowest_width": 60, "highest_width": 69}
    page = apply_checks(_run(notebook, tmp_path, {"recipe": "text"} | few))
    text = "\n".join(cell.source for cell in page.cells if cell.cell_type == "markdown")
    for words in (
        "All eight widths start above the limit",
        "every neuron of layer 2 is on for every example",
        "3.65",
        "Width 64 stands on its own border. A twentieth of a per cent below",
        "Two numbers tell most of it near the border",
    ):
        marked = r"\s+".join(map(re.escape, words.split()))
        assert re.search(f'<span class="fma-untrue">{marked}</span>', text), words


def _bad_cases():
    for notebook in NOTEBOOKS:
        for name in [name for name in BAD if name in _known(notebook)][:2]:
            yield pytest.param(notebook, name, id=f"{notebook.stem}-{name}")


@pytest.mark.parametrize(("notebook", "name"), list(_bad_cases()))
def test_refuses_a_bad_parameter_at_once_in_one_sentence(notebook, name, kernel):
    cells = _cells(notebook, {name: BAD[name]}, kernel)
    errors = (_error(kernel, source) for source in cells[:4])
    error = next((error for error in errors if error), None)
    assert error, "the value is refused only after other cells have run"
    said = rf".*\b{name}\b must be [^\n]+ got {re.escape(repr(BAD[name]))}"
    assert re.fullmatch(said, error["evalue"])
    assert len(error["traceback"]) == 1, "a traceback from inside the library is shown"
