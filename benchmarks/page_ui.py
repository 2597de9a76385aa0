"""What the explorer costs a reader: bytes, time until it can be used, time from slider to frame.

``python -m benchmarks.page_ui`` prints the table; `measure_ui` returns its numbers.
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

BUDGET = {"compressed_bytes": 350_000, "first_usable_ms": 1000, "slider_to_frame_p95_ms": 16}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Explorer</title>
<link rel="stylesheet" href="explorer.css"></head><body>
<div class="fma-explorer" data-mode="full" data-state="width=64&amp;seed=1"></div>
<script src="explorer.js"></script></body></html>"""

# The moment when the status line has its words and a frame with them has been painted.
FIRST_USABLE = """
  window.usable = new Promise((resolve) => {
    const look = () => {
      if (!document.querySelector("[role=status]")?.textContent) return requestAnimationFrame(look);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.now());
      return port2.postMessage(null);
    };
    requestAnimationFrame(look);
  });
"""
# From each input event of the slider to the end of the frame that shows it.
SLIDER_TO_FRAME = """() => {
  window.spans = [];
  document.addEventListener("input", () => {
    const start = performance.now();
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.spans.push(performance.now() - start);
      port2.postMessage(null);
    });
  }, { capture: true });
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def measure_ui(loads=5, moves=100):
    """Bytes, median milliseconds until usable, and the slider's percentiles over `moves` moves.

    The slider is dragged inside the atlas with a real (emulated) mouse, whose moves the browser
    hands out once a frame.
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        paths = bundle.write(folder)
        Path(folder, "index.html").write_text(PAGE, encoding="utf-8")
        handler = functools.partial(_Quiet, directory=folder)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(LAUNCH))
        usable = []
        for _ in range(loads):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.add_init_script(FIRST_USABLE)
            page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
            usable.append(page.evaluate("window.usable"))
        spans = _drag(page, moves)
        browser.close()
        server.shutdown()
        server.server_close()
        return {
            "compressed_bytes": sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths),
            "first_usable_ms": statistics.median(usable),
            "slider_to_frame_median_ms": statistics.median(spans),
            "slider_to_frame_p95_ms": statistics.quantiles(spans, n=20)[-1],
            "moves": len(spans),
        }


def _drag(page, moves):
    box = page.get_by_role("slider", name="Width", exact=True).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 12, y)
    page.mouse.down()
    page.wait_for_timeout(500)
    page.evaluate(SLIDER_TO_FRAME)
    for move in range(moves):
        page.mouse.move(box["x"] + 12 + move * (box["width"] - 24) / moves, y)
        page.wait_for_timeout(20)
    page.mouse.up()
    page.wait_for_timeout(200)
    return page.evaluate("window.spans")


if __name__ == "__main__":
    for name, value in measure_ui().items():
        budget = f"   (budget {BUDGET[name]:,})" if name in BUDGET else ""
        print(f"{name:28} {value:12,.1f}{budget}")
