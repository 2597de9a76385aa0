"""The page's trainer beside the library's on one core and beside one object per neuron.

``python -m benchmarks.page`` prints the table; `measure_page` returns its numbers. The three train
the network [2, 64, 64, 1] from seed 1 in turns; the page's is timed as a reader meets it: in a
worker of headless Chromium, from the request to the last record on the page, weights drawn and
curves, neurons and surfaces of every epoch included.
"""

import functools
import statistics
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

import fma
from fma.explorer import bundle

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser import LAUNCH, chromium

WIDTH, SEED = 64, 1
OBJECT_EPOCHS = 4  # timed of the stand-in, whose epochs all take the same work
BUDGET = {"of_numpy": 4, "times_objects": 20}

START = """(source) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  window.worker = new Worker(url);
}"""
LIVE = """(run) => new Promise((resolve, reject) => {
  const start = performance.now();
  let cost = [];
  window.worker.onmessage = ({ data }) => {
    if (data.type === "records") cost = cost.concat(Array.from(data.cost));
    if (data.type === "done") window.took = performance.now() - start;
    if (data.type === "failed") reject(new Error(data.problem));
    if (data.type === "sharpness") resolve([window.took, cost]);
  };
  window.worker.postMessage({ type: "train", id: 1, run });
})"""
OBJECTS = """async (request) => {
  const { trainObjects } = await import("/objects.js");
  const start = performance.now();
  const cost = trainObjects(request);
  return [performance.now() - start, cost];
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def _numpy(name):
    with threadpool_limits(1):
        start = time.perf_counter()
        trace = fma.train(WIDTH, SEED, name, detail=0)
        return 1000 * (time.perf_counter() - start), trace.cost


def _live(page, recipe):
    run = {
        "width": WIDTH,
        "seed": SEED,
        "init": recipe.init,
        "learningRate": recipe.learning_rate,
        "slope": recipe.slope,
        "epochs": recipe.epochs,
        "graft": None,
    }
    return page.evaluate(LIVE, run)


def _objects(page, recipe):
    task = fma.product_task()
    parameters = fma.initialise(WIDTH, SEED, recipe.init)
    request = {
        "shape": [2, WIDTH, recipe.hidden, 1],
        "weights": [w.ravel().tolist() for w in parameters[::2]],
        "rows": np.hstack([task.x_train, task.y_train]).tolist(),
        "learningRate": recipe.learning_rate,
        "slope": recipe.slope,
        "epochs": OBJECT_EPOCHS,
    }
    took, cost = page.evaluate(OBJECTS, request)
    return took * recipe.epochs / OBJECT_EPOCHS, cost


def measure_page(rounds=7, recipes=("table", "script", "text")):
    """Milliseconds of a whole run, by recipe and contender, and the page's two ratios.

    Parameters
    ----------
    rounds : int
        Turns of all contenders; a first turn that warms up is not counted.
    recipes : sequence of str

    Returns
    -------
    dict
        Recipe name to a dict of medians over the rounds: "numpy_ms", "live_ms", "objects_ms", and
        of the medians of ratios taken within each round: "of_numpy", "times_objects".

    Raises
    ------
    AssertionError
        If the contenders' costs differ: they would not have done the same work.
    """
    from playwright.sync_api import sync_playwright

    times = {name: [] for name in recipes}
    handler = functools.partial(_Quiet, directory=Path(__file__).parent)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(LAUNCH))
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/objects.js")
        page.evaluate(START, bundle.worker())
        for turn in range(rounds + 1):
            for name in recipes:
                recipe = fma.RECIPES[name]
                ours, cost = _numpy(name)
                live, live_cost = _live(page, recipe)
                objects, objects_cost = _objects(page, recipe)
                np.testing.assert_allclose(live_cost[:OBJECT_EPOCHS], cost[:OBJECT_EPOCHS], 1e-6)
                np.testing.assert_allclose(objects_cost, cost[:OBJECT_EPOCHS], 1e-6)
                if turn:
                    times[name].append((ours, live, objects))
        browser.close()
    server.shutdown()
    server.server_close()
    return {name: _summary(turns) for name, turns in times.items()}


def _summary(turns):
    ours, live, objects = zip(*turns, strict=True)
    return {
        "numpy_ms": statistics.median(ours),
        "live_ms": statistics.median(live),
        "objects_ms": statistics.median(objects),
        "of_numpy": statistics.median(b / a for a, b, _ in turns),
        "times_objects": statistics.median(c / b for _, b, c in turns),
    }


def table(results):
    """The results in Markdown."""
    epochs = ", ".join(f"{fma.RECIPES[name].epochs} epochs of `{name}`" for name in results)
    lines = [
        f"Live training of [2, {WIDTH}, 64, 1] in headless Chromium: {epochs}. The page may take "
        f"{BUDGET['of_numpy']} times as long as NumPy on one core, and must be "
        f"{BUDGET['times_objects']} times as fast as one object per neuron.",
        "",
        "| recipe | page, ms | NumPy, ms | page / NumPy | objects, ms | objects / page |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, r in results.items():
        lines.append(
            f"| {name} | {r['live_ms']:.0f} | {r['numpy_ms']:.0f} | {r['of_numpy']:.2f} "
            f"| {r['objects_ms']:.0f} | {r['times_objects']:.0f} |"
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    print(table(measure_page()))
