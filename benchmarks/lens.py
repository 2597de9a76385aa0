"""How soon the lens shows its first picture, with a worker for each core.

``python -m benchmarks.lens`` prints the table, `measure_lens` returns its numbers. The first
picture has 16 × 12 small networks or 12 × 9 full ones; the time counts from the change of the
address to its last pixel.
"""

import functools
import gzip
import statistics
import sys
import tempfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from fma.explorer import bundle

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser import LAUNCH, chromium

BUDGET = {"small_first_ms": 1000, "full_first_ms": 5000, "compressed_bytes": 350_000}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Lens</title>
<link rel="stylesheet" href="lens.css"></head><body>
<div class="fma-lens" data-state="lens=small&amp;width=1"></div>
<script src="lens.js"></script></body></html>"""
FIRST = """(fragment) => new Promise((resolve) => {
  const lens = document.querySelector(".fl");
  const start = performance.now();
  lens.dataset.first = "0";
  location.hash = fragment;
  const look = () => {
    const first = +lens.dataset.first;
    if (first > 0) resolve(performance.now() - start);
    else setTimeout(look, 2);
  };
  setTimeout(look, 20);
})"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def measure_lens(rounds=5):
    """Median milliseconds to the first picture of each network, and the bytes of all figures.

    Parameters
    ----------
    rounds : int
        Each at another seed, so that nothing is known from before.

    Returns
    -------
    dict
        "small_first_ms", "full_first_ms", "compressed_bytes".
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = bundle.write(folder)
        (Path(folder) / "index.html").write_text(PAGE, encoding="utf-8")
        handler = functools.partial(_Quiet, directory=folder)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(LAUNCH))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        page.wait_for_function("+document.querySelector('.fl').dataset.first > 0")
        times = {}
        for network in ("small", "full"):
            times[f"{network}_first_ms"] = statistics.median(
                page.evaluate(FIRST, f"lens={network}&axis=slope&width=64&seed={seed}")
                for seed in range(1, rounds + 1)
            )
        browser.close()
        server.shutdown()
        server.server_close()
        size = sum(len(gzip.compress(path.read_bytes())) for path in files)
    return times | {"compressed_bytes": size}


def table(found):
    """The numbers beside their budgets, in Markdown."""
    rows = [f"| {name} | {found[name]:,.0f} | {budget:,} |" for name, budget in BUDGET.items()]
    return "\n".join(["| | found | budget |", "|---|--:|--:|", *rows])


if __name__ == "__main__":
    print(table(measure_lens()))
