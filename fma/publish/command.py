"""The command line: ``python -m fma train``, ``stream``, ``preflight``, ``claims``, ..."""

import argparse
import functools
import json
import math
import re
import runpy
import sys
import threading
import warnings
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import fma
from fma.checks import choice
from fma.stream import dense, stream_map
from fma.sweeps import TASKS, cache_folder, cache_size, clear_cache


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        """One line and exit code 2, as for any other bad input."""
        self.exit(2, f"{message} (see {self.prog} --help)\n")


def _parser():
    parser = _Parser(prog="python -m fma", description=fma.__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(run, **texts):
        name = run.__name__.strip("_")
        sub = commands.add_parser(name, description=texts["help"], **texts)
        sub.set_defaults(run=run)
        return sub.add_argument

    option = command(_train, help=TRAIN)
    option("--width", type=_value, default=64, help="neurons of layer 1 (64)")
    option("--seed", type=_value, default=1, help="of NumPy's legacy generator (1)")
    option("--recipe", default="table", help=f"{', '.join(fma.RECIPES)} (table)")
    option("--task", default="product", help=f"{' or '.join(TASKS)} of m and a (product)")
    for name, text in RECIPE_OPTIONS.items():
        option(f"--{name.replace('_', '-')}", type=_value, help=f"{text} (the recipe's)")
    option("--json", action="store_true", help="print one JSON object instead of a table")

    option = command(_stream, help="Tell which random draws two networks of one seed share.")
    shapes = "layer sizes such as 2,63,64,1, or the shapes drawn such as 2x63,63x64,64x1"
    option("--a", default="2,63,64,1", metavar="SHAPES", help=f"network A: {shapes}")
    option("--b", default="2,64,64,1", metavar="SHAPES", help="network B, likewise")

    option = command(_preflight, help="Look at two models of your own before they are compared.")
    option("make", metavar="FILE:FUNCTION", help="yours.py:make, see examples/template.py")
    option("--widths", default="63,64", help="the two to compare (63,64)")
    option("--seed", type=_value, default=1, help="that both start from (1)")
    option("--json", action="store_true", help="print a JSON object instead of a page")

    option = command(_claims, help="Test the article's claims and print the verdicts.")
    option("--recipe", default="table", help=f"the one audited: {', '.join(fma.RECIPES)} (table)")
    option("--seed", type=_value, default=1, help="of the single runs (1)")
    option("--scale", default="full", help="full, or quick for fewer runs (full)")
    option("--json", action="store_true", help="print a JSON list instead of a table")

    option = command(_cache, help="Show where results are kept and how much there is.")
    option("--clear", action="store_true", help="delete them")

    option = command(_build, help="Execute the notebooks and build the book.")
    option("--scale", default="full", help="full or quick (full)")

    option = command(_serve, help="Serve the built book on this machine.")
    option("--port", type=_value, default=8000, help="0 takes a free one (8000)")
    option("--scale", default="full", help="full or quick (full)")
    return parser


TRAIN = (
    "Train one network [2, width, hidden, 1] and print its outcome. The final cost is the one "
    "before the last update, as in the article's table; its seed test takes the one after it."
)
RECIPE_OPTIONS = {
    "init": "how weights are drawn",
    "learning_rate": "step size",
    "epochs": "number of updates",
    "slope": "of LeakyReLU below 0",
    "hidden": "neurons of layer 2",
    "activation": "of both hidden layers",
}


def _value(text):
    """A number if the text is one, else the text, which the library then refuses in its words."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def _train(options):
    from threadpoolctl import threadpool_limits
    from tqdm import tqdm

    changes = {n: v for n in RECIPE_OPTIONS if (v := getattr(options, n)) is not None}
    name = choice("recipe", options.recipe, fma.RECIPES)
    recipe = replace(fma.RECIPES[name], **changes)
    run = fma.Run(options.width, options.seed, recipe, options.task)
    with _said_if_slow("Compiling, once"):  # lest it stand in the bar's prediction
        fma.train(1, run.seed, replace(recipe, epochs=1, hidden=1), detail=0)
    bar = tqdm(total=recipe.epochs, unit=" epochs", leave=False, dynamic_ncols=True)
    with bar, threadpool_limits(1):

        def watch(epoch, cost, alive):
            bar.set_postfix_str(f"cost {cost:.4g}, {alive} alive", refresh=False)
            bar.update()

        task = TASKS[run.task]()
        trace = fma.train(run.width, run.seed, recipe, task, detail=0, watch=watch)
    result = {
        "width": trace.width,
        "seed": trace.seed,
        "recipe": name,
        "regime": fma.regime(trace),
        "final_cost": _rounded(trace.cost, -1),
        "z2_max_100": _rounded(trace.z2_max, 100),
        "dw2_norm_100": _rounded(trace.gradient_norm[:, 1], 100),
    }
    if options.json:
        print(json.dumps(result))
        return
    changed = "".join(f", {n.replace('_', ' ')} {v}" for n, v in changes.items())
    print(f"{run.task} task, recipe {name}{changed}: {len(trace.cost):,} epochs")
    result["after_last_update"] = _rounded([trace.final_cost], 0, places=2)
    _table([{k.replace("_", " "): "-" if v is None else v for k, v in result.items()}])


@contextmanager
def _said_if_slow(text, seconds=2):
    """Print a line on stderr if what is done within takes longer."""
    timer = threading.Timer(seconds, print, [text], {"file": sys.stderr})
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _rounded(curve, epoch, places=1):
    """The value to so many decimals; None if the run ended before, or if it is not finite."""
    value = curve[epoch] if epoch < len(curve) else math.nan
    return round(float(value), places) if math.isfinite(value) else None


def _table(rows):
    """Print rows (dicts with the same keys) under their keys, numbers to the right."""
    for key_row in [dict(zip(rows[0], rows[0], strict=True)), *rows]:
        cells = []
        for key in rows[0]:
            width = max(len(str(row[key])) for row in [*rows, {key: key}])
            left = isinstance(rows[0][key], str) and rows[0][key] != "-"
            cells.append(f"{key_row[key]!s:{'<' if left else '>'}{width}}")
        print("  ".join(cells).rstrip())


def _stream(options):
    print(stream_map(_shapes(options.a), _shapes(options.b)))


def _shapes(text):
    items = text.split(",")
    if re.search(r"\dx", text):
        return [tuple(_value(size) for size in item.split("x")) for item in items]
    return dense([_value(size) for size in items])


def _preflight(options):
    from fma.preflight import preflight

    widths = [_value(width) for width in options.widths.split(",")]
    report = preflight(_function(options.make), widths, options.seed)
    print(json.dumps(report.as_dict()) if options.json else report)
    return 1 if report.advice else 0


def _function(place):
    """The function that "path/to/file.py:name" names; its errors are said in one sentence."""
    path, _, name = place.rpartition(":")
    sentence = f"make must be a file and its function, file.py:make, got {place}"
    if not Path(path).is_file():
        raise ValueError(sentence)
    found = _saying(runpy.run_path, path)(path)
    if name not in found:
        raise ValueError(sentence)
    if not callable(found[name]):
        raise ValueError(f"make must be a function, got {place}, which is {found[name]!r}")
    make = _saying(found[name], place)

    def made(width, seed):
        model = make(width, seed)
        if isinstance(model, tuple) and len(model) > 1 and callable(model[1]):
            return model[0], _saying(model[1], f"the gradient of {place}"), *model[2:]
        return model

    return made


def _saying(function, what):
    """The function, with any error as a ValueError of one line: what failed, and with what."""

    @functools.wraps(function)
    def said(*arguments):
        try:
            return function(*arguments)
        except (Exception, SystemExit) as error:
            text = " ".join(str(error).split())
            raise ValueError(f"{what} failed with {type(error).__name__}: {text}") from None

    return said


def _claims(options):
    from fma.chapters.ledger import claims

    ledger = [c.plain() for c in claims(options.recipe, options.seed, options.scale)]
    if options.json:
        print(json.dumps(ledger, indent=2))
    else:
        _table([{key: row[key] for key in ("id", "verdict", "statement")} for row in ledger])
    if options.scale.lower() != "full":
        print("Reduced scale: fewer runs; the verdicts of full scale may differ.", file=sys.stderr)


def _cache(options):
    if options.clear:
        clear_cache()
    results, size = cache_size()
    print(f"{cache_folder()}: {results:,} results, {size / 1e6:,.1f} MB")


def _build(options):
    from fma.publish import build

    build(scale=options.scale)


def _serve(options):
    from fma.publish import serve

    serve(port=options.port, scale=options.scale)


def main(arguments=None):
    """Run a command and return the exit code: 2 for bad input, 1 for a failure, 130 for Ctrl-C."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for i in range(len(words) - 1, 0, -1):  # argparse takes -1e-5 for an option
        if words[i - 1].startswith("--") and isinstance(_value(words[i]), int | float):
            words[i - 1 : i + 1] = [f"{words[i - 1]}={words[i]}"]
    options = _parser().parse_args(words)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: print(message, file=sys.stderr)
            return options.run(options) or 0
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except (RuntimeError, OSError, MemoryError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; what was finished is kept.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
