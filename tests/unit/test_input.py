"""Bad input: one sentence that names the argument, its value and what is allowed."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import fma
from fma.checks import choice, number, whole
from fma.publish import command as command_line
from fma.regimes import ending
from fma.training import gradient_of

WIDTH = "width must be a whole number of at least 1, got {}"
SEED = "seed must be a whole number of at least 0 and at most 4294967295, got {}"
RATE = "learning_rate must be a finite number above 0, got {}"
EPOCHS = "epochs must be a whole number of at least 1, got {}"
SLOPE = "slope must be a number from 0 to 1, got {}"
RECIPE = "recipe must be one of text, script, table, long, got {}"
INIT = "init must be one of uniform, he, glorot, torch, got {}"
TASK = "task must be one of product, sum, got {}"
ACTIVATION = "activation must be one of leaky_relu, tanh, silu, gelu, got {}"

BAD = [
    *(("width", bad, WIDTH) for bad in (0, -1, 3.5, math.nan, math.inf, "abc", "")),
    *(("seed", bad, SEED) for bad in (-1, 2**32, 1.5, "one")),
    *(("learning_rate", bad, RATE) for bad in (0, -1e-5, math.nan, math.inf, -math.inf, "fast")),
    *(("epochs", bad, EPOCHS) for bad in (0, -3, 2.5, math.inf, "ten")),
    *(("slope", bad, SLOPE) for bad in (-0.01, 1.01, math.nan, "steep")),
    *(("hidden", bad, WIDTH.replace("width", "hidden")) for bad in (0, 6.4)),
    *(("recipe", bad, RECIPE) for bad in ("tables", "")),
    *(("init", bad, INIT) for bad in ("normal", "")),
    *(("activation", bad, ACTIVATION) for bad in ("relu", "")),
    *(("task", bad, TASK) for bad in ("division", "")),
]


def call(name, value):
    """The library, given this one bad argument."""
    if name in ("width", "seed", "recipe", "task"):
        return fma.Run(**{"width": 4, "seed": 1, name: value})
    return fma.Recipe(**{"init": "he", "learning_rate": 1e-4, "epochs": 2, name: value})


@pytest.mark.parametrize(("name", "value", "sentence"), BAD)
def test_the_library_and_the_command_line_say_the_same(name, value, sentence, capsys):
    with pytest.raises(ValueError, match=r"\A[^\n]*\Z") as caught:
        call(name, value)
    assert str(caught.value) == sentence.format(repr(value))
    code = command_line.main(["train", f"--{name.replace('_', '-')}", str(value)])
    out, err = capsys.readouterr()
    assert (code, out, err) == (2, "", sentence.format(repr(value)) + "\n")


@pytest.mark.parametrize("bad", [True, None, [3], "64", np.float64(3.5), 1j])
def test_what_only_python_can_pass_is_refused_too(bad):
    for name in ("width", "seed"):
        with pytest.raises(ValueError, match=rf"^{name} must be a whole number .*, got "):
            fma.train(**{"width": 4, "seed": 1, name: bad})
    if not isinstance(bad, float):
        with pytest.raises(ValueError, match=r"^learning_rate must be "):
            fma.Recipe("he", bad, 3)


def test_numpy_numbers_are_numbers():
    run = fma.Run(np.int64(3), np.uint8(7), fma.Recipe("he", np.float64(1e-4), np.int32(2)))
    assert (type(run.width), type(run.seed)) == (int, int)
    assert len(fma.train(np.int64(3), 1, run.recipe).cost) == 2


@pytest.mark.parametrize("change", [0, 2, 4])
def test_parameters_of_another_shape_are_refused(change):
    start = list(fma.initialise(5, 1, "he"))
    start[change] = start[change][:-1]
    with pytest.raises(ValueError, match=r"^parameters must have the shapes .*, got .*"):
        fma.train(5, 1, parameters=start)
    with pytest.raises(ValueError, match=r"^parameters must have the shapes"):
        fma.train(5, 1, parameters=start[:4])
    for bad in (3, "he", [], start[0], [1.0] * 6):
        with pytest.raises(ValueError, match=r"\Aparameters must have the shapes .*, got .*\Z"):
            fma.train(5, 1, parameters=bad)


TRAIN = fma.product_task()
SHAPES = r"x_train \(rows, 2\) and y_train \(rows, 1\), at least one row, got "
NO_TASK = [
    *((TRAIN._replace(y_train=np.ones(shape)), SHAPES) for shape in ((600, 1), (700, 2), (700,))),
    *((TRAIN._replace(y_train=np.ones(shape)), SHAPES) for shape in ((), (1, 1), (1, 700))),
    *((TRAIN._replace(x_train=np.ones(shape)), SHAPES) for shape in ((700, 3), (700,), (2, 700))),
    (TRAIN._replace(x_train=np.ones((0, 2)), y_train=np.ones((0, 1))), SHAPES),
    *((TRAIN._replace(x_train=bad * TRAIN.x_train), "finite") for bad in (np.nan, np.inf)),
    (TRAIN._replace(y_train=np.nan * TRAIN.y_train), "finite"),
    *((TRAIN._replace(y_train=bad), "arrays of numbers") for bad in (None, "y", [[1], [2, 3]])),
    (TRAIN._replace(y_train=1j * TRAIN.y_train), "arrays of numbers"),
    *((bad, "a Task or a name") for bad in (3, tuple(TRAIN), list(TRAIN), TRAIN.x_train)),
    ("division", "one of product, sum"),
]


@pytest.mark.parametrize(("task", "words"), NO_TASK)
def test_what_is_no_task_is_refused_before_anything_is_computed(task, words):
    """The compiled loops would read beyond an array, or train on another column."""
    start = fma.initialise(5, 1, "he")
    for call in (
        lambda: fma.train(5, 1, task=task),
        lambda: fma.sharpness(start, task),
        lambda: gradient_of(start, task, fma.RECIPES["table"]),
    ):
        with pytest.raises(ValueError, match=rf"\Atask must [^\n]*{words}[^\n]*\Z"):
            call()


def test_a_task_may_be_named_and_hold_whatever_is_an_array_of_numbers():
    expected = fma.train(5, 1, task=fma.sum_task(), epochs=5)
    x, y = (v.tolist() for v in fma.sum_task()[1:3])
    whole = fma.Task("mine", np.ones((3, 2), dtype=int), np.arange(3)[:, None], None, None)
    assert np.array_equal(fma.train(5, 1, task="sum", epochs=5).cost, expected.cost)
    listed = fma.sum_task()._replace(x_train=x, y_train=y)
    assert np.array_equal(fma.train(5, 1, task=listed, epochs=5).cost, expected.cost)
    assert fma.train(5, 1, task=whole, epochs=5, detail=0).cost[0] > 0


@pytest.mark.parametrize("bad", [math.nan, 7, -0.1, "half"])
def test_a_share_of_neurons_is_a_share(bad):
    trace = fma.train(4, 1, "table", epochs=2)
    for call, name in ((fma.regime, "few"), (ending, "few"), (ending, "straight")):
        with pytest.raises(ValueError, match=rf"^{name} must be a number from 0 to 1, got "):
            call(trace, **{name: bad})


def test_a_recipe_holds_what_was_meant():
    recipe = fma.Recipe("HE", 1e-4, np.int64(3), hidden=np.int64(7), activation="LEAKY_RELU")
    assert recipe == fma.Recipe("he", 1e-4, 3, hidden=7)
    assert repr(recipe) == repr(fma.Recipe("he", 1e-4, 3, hidden=7))
    assert fma.regime(fma.train(4, 1, recipe, detail=0)) == "plateau"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["stream", "--a", "2,0,1"], "layer size must be a whole number of at least 1, got 0"),
        (["stream", "--a", "2,x"], "layer size must be a whole number of at least 1, got 'x'"),
        (["stream", "--b", "7"], "layer sizes must be at least two whole numbers, got [7]"),
        (["build", "--scale", "huge"], "scale must be one of full, quick, got 'huge'"),
        (
            ["serve", "--port", "-5"],
            "port must be a whole number of at least 0 and at most 65535, got -5",
        ),
    ],
)
def test_the_other_commands(arguments, sentence, capsys):
    assert command_line.main(arguments) == 2
    assert capsys.readouterr() == ("", sentence + "\n")


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["train", "--wings", "2"], ["train", "--width"], ["train", "9"]]
)
def test_what_argparse_refuses_is_one_line_too(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        command_line.main(arguments)
    out, err = capsys.readouterr()
    assert (caught.value.code, out, err.count("\n")) == (2, "", 1)


def test_a_real_process_exits_with_2_and_one_line():
    command = [sys.executable, "-m", "fma", "train", "--learning-rate", "-1e-5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == RATE.format("-1e-05") + "\n"


letters = st.characters(exclude_categories=["Cs"])  # those of UTF-8, without trying each
anything = st.one_of(
    *(st.none(), st.booleans(), st.complex_numbers()),
    *(st.text(letters, max_size=9), st.binary(max_size=3)),
    *(st.floats(), st.lists(st.integers(), max_size=2)),
)


@settings(max_examples=200)
@given(anything | st.integers(max_value=0))
@example(1.0)
@example(math.nan)
def test_a_whole_number_is_never_guessed(value):
    with pytest.raises(ValueError, match=r"^size must be a whole number of at least 1, got ") as e:
        whole("size", value, 1)
    assert str(e.value).endswith(repr(value))


@settings(max_examples=200)
@given(st.integers(1, 10**30))
def test_good_whole_numbers_pass_unchanged(value):
    assert whole("size", value, 1) == value


@settings(max_examples=200)
@given(st.floats())
def test_a_number_passes_exactly_if_it_is_in_range(value):
    if 0 <= value <= 1:
        assert number("share", value, "a share", 0, 1) == value
    else:
        with pytest.raises(ValueError, match=r"^share must be a share, got "):
            number("share", value, "a share", 0, 1)


@settings(max_examples=200)
@given(anything | st.integers())
def test_a_choice_passes_exactly_if_it_is_among_them(value):
    allowed = ("he", "uniform")
    if isinstance(value, str) and value.lower() in allowed:
        assert choice("init", value, allowed) == value.lower()
    else:
        with pytest.raises(ValueError, match=r"^init must be one of he, uniform, got "):
            choice("init", value, allowed)
