"""The pre-flight check: the commands of the README, its report, its exit codes."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import fma
from fma.preflight import preflight
from fma.publish.command import main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"python -m fma (preflight examples/\S+:\w+)[^\n`]*# exit code (\d)", README)


def test_the_readme_has_the_commands():
    assert {re.search(r"examples/(\w+)", c)[1] for c, _ in COMMANDS} == {
        "template",
        "sklearn_mlp",
        "jax_mlp",
    }
    assert {code for _, code in COMMANDS} == {"0", "1"}


@pytest.mark.parametrize(("command", "code"), COMMANDS)
def test_the_commands_of_the_readme(command, code, capsys, monkeypatch):
    if "jax" in command and importlib.util.find_spec("jax") is None:
        pytest.skip("JAX is not installed (extra: oracle)")
    monkeypatch.chdir(ROOT)
    assert main(command.split()) == int(code)
    page = capsys.readouterr().out
    assert "Widths 63 (A) and 64 (B), seed 1" in page
    assert "A: η λ = " in page
    assert main([*command.split(), "--json"]) == int(code)
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] == (code == "0") == (not found["advice"])
    assert len(found["eta_sharpness"]) == 2


def test_the_gradient_of_the_sklearn_example_is_that_of_its_loss(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "examples")
    import sklearn_mlp

    network, gradient, _ = sklearn_mlp.make(5, 1)
    parts = [w for pair in zip(network.coefs_, network.intercepts_, strict=True) for w in pair]
    point = np.concatenate([p.ravel() for p in parts])
    shapes = [p.shape for p in parts]

    def loss(flat):
        W1, b1, W2, b2 = sklearn_mlp.unpacked(flat, shapes)
        network.coefs_, network.intercepts_ = [W1, W2], [b1, b2]
        right = network.predict_proba(sklearn_mlp.X)[np.arange(len(point_rows)), point_rows]
        return -np.log(right).mean()

    point_rows = sklearn_mlp.LABELS
    for seed in range(3):
        v = np.random.default_rng(seed).standard_normal(len(point))
        slope = (loss(point + 1e-6 * v) - loss(point - 1e-6 * v)) / 2e-6
        assert gradient(point) @ v == pytest.approx(slope, rel=1e-5)


def test_a_step_beyond_the_limit_is_advised_against():
    def make(width, seed):
        return {"w": np.arange(1.0, width + 1)}, lambda x: 30 * x, 0.1

    report = preflight(make, (8, 9))
    assert report.eta_sharpness == pytest.approx((3, 3))
    assert len(report.advice) == 1
    assert "beyond 2" in report.advice[0]
    assert report.advice[0] in str(report)


def test_parameters_alone_are_enough():
    report = preflight(lambda width, seed: [np.random.default_rng(seed).random((2, width))], (8, 9))
    assert report.eta_sharpness == report.sharpness == ()
    assert "The seed makes no pair" in str(report)


FILES = {
    "import no_such": "{file} failed with ModuleNotFoundError: No module named 'no_such'",
    "import sys; sys.exit('no JAX')": "{file} failed with SystemExit: no JAX",
    "def make(": "{file} failed with SyntaxError: '(' was never closed",
    "make = 3": "make must be a function, got {file}:make, which is 3",
    "def make(width, seed): return {}[width]": "{file}:make failed with KeyError: 63",
    "def make(width, seed): raise ValueError('two\\n  lines')": (
        "{file}:make failed with ValueError: two lines"
    ),
    "def make(width, seed): return [[1.0] * width], lambda x: 1 / 0": (
        "the gradient of {file}:make failed with ZeroDivisionError: division by zero"
    ),
}


@pytest.mark.parametrize("text", FILES)
def test_a_file_or_function_that_fails_is_said_in_one_line(text, tmp_path, capsys):
    """Exit code 1 means that the seed makes no pair."""
    file = tmp_path / "yours.py"
    file.write_text(text)
    assert main(["preflight", f"{file}:make"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(FILES[text].format(file=file))


def test_a_module_whose_imports_fail_is_not_said_to_be_missing(monkeypatch):
    monkeypatch.delitem(sys.modules, "fma.curvature")
    monkeypatch.delattr(fma, "curvature")
    monkeypatch.setitem(sys.modules, "scipy.sparse.linalg", None)
    with pytest.raises(ModuleNotFoundError, match="scipy"):
        _ = fma.curvature
    with pytest.raises(AttributeError, match=r"^module 'fma' has no attribute 'curvatures'$"):
        _ = fma.curvatures


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["examples/template.py"], "make must be a file and its function"),
        (["examples/template.py:none"], "make must be a file and its function"),
        (["none.py:make"], "make must be a file and its function"),
        (["examples/template.py:make", "--widths", "3"], "widths must be two whole numbers"),
        (["examples/template.py:make", "--widths", "3,x"], "widths must be a whole number"),
        (["examples/template.py:make", "--seed", "-1"], "seed must be a whole number"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(words, sentence, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["preflight", *words]) == 2
    found = capsys.readouterr()
    assert found.err.startswith(sentence)
    assert len(found.err.splitlines()) == 1
    assert not found.out
