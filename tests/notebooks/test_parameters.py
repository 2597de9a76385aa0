"""Every notebook under other parameters, and under bad ones."""

import json
import re
from pathlib import Path

import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

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


@pytest.mark.parametrize(("notebook", "parameters"), list(_cases("other")))
def test_runs_with_other_parameters(notebook, parameters, tmp_path):
    executed = _run(notebook, tmp_path, parameters)
    assert all(cell.get("execution_count") for cell in executed.cells if cell.cell_type == "code")


def _bad_cases():
    for notebook in NOTEBOOKS:
        for name in [name for name in BAD if name in _known(notebook)][:2]:
            yield pytest.param(notebook, name, id=f"{notebook.stem}-{name}")


@pytest.mark.parametrize(("notebook", "name"), list(_bad_cases()))
def test_refuses_a_bad_parameter_at_once_in_one_sentence(notebook, name, tmp_path):
    with pytest.raises(PapermillExecutionError) as refused:
        _run(notebook, tmp_path, {name: BAD[name]})
    error = refused.value
    assert re.fullmatch(
        rf".*\b{name}\b must be [^\n]+ got {re.escape(repr(BAD[name]))}", error.evalue
    )
    assert len(error.traceback) == 1, "a traceback from inside the library is shown"
    executed = json.loads((tmp_path / notebook.name).read_text("utf-8"))["cells"]
    ran = [c for c in executed if c["cell_type"] == "code" and c.get("execution_count")]
    assert len(ran) <= 4, "the value is refused only after other cells have run"
