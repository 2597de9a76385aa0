"""Google Lighthouse on every page of the built book: ``python -m benchmarks.lighthouse``.

Lighthouse comes through npm (``npx``, Node 18 or newer) and drives the Chromium of the browser
tests. It simulates a slow phone (a processor four times slower, 1.6 Mbit/s) and a desk. The pages
are served compressed, as any host of static pages does. The results go into lighthouse.json and
lighthouse.md beside this file; where pages are named, the rows of the others stay as they are.
"""

import argparse
import functools
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser import LAUNCH, chromium

HERE = Path(__file__).parent
PACKAGE = "lighthouse@12.8.2"
GOALS = {"mobile": 95, "desktop": 98, "shift": 0.05}
BEFORE = {"mobile": 77, "desktop": 88, "shift": 0.24}  # the first page on 2026-11-24
AUDITS = {
    "first_paint_ms": "first-contentful-paint",
    "largest_paint_ms": "largest-contentful-paint",
    "blocking_ms": "total-blocking-time",
    "shift": "cumulative-layout-shift",
}


class _Compressed(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return self.send_error(404)
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        if path.suffix != ".woff2":
            data = gzip.compress(data, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        return self.wfile.write(data)

    def log_message(self, *_):
        pass


def measure(url, device):
    """Score from 0 to 100, times in milliseconds, and the layout shift of one load of a page.

    Parameters
    ----------
    url : str
    device : {"mobile", "desktop"}
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = ["npx", "--yes", PACKAGE, url, "--quiet", "--only-categories=performance"]
        command += ["--output=json", f"--output-path={report}"]
        command += [f"--chrome-flags={' '.join(LAUNCH)}"]
        command += ["--preset=desktop"] if device == "desktop" else []
        subprocess.run(command, check=True, env=os.environ | {"CHROME_PATH": chromium()})
        found = json.loads(report.read_text("utf-8"))
    values = {name: found["audits"][audit]["numericValue"] for name, audit in AUDITS.items()}
    return {"score": 100 * found["categories"]["performance"]["score"]} | values


def measure_site(site, pages, rounds):
    """Medians over the rounds, for each page and device."""
    handler = functools.partial(_Compressed, directory=str(site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    results = {}
    for page in tqdm(pages):
        url = f"http://127.0.0.1:{server.server_port}/{page}.html"
        results[page] = {}
        for device in ("mobile", "desktop"):
            loads = [measure(url, device) for _ in range(rounds)]
            results[page][device] = {
                name: round(statistics.median(load[name] for load in loads), 3) for name in loads[0]
            }
    server.shutdown()
    server.server_close()
    return results


def table(results):
    """The results in Markdown, with the goals and what the first page had before."""
    lines = [
        f"{PACKAGE}, simulated throttling, medians. Goals for every page: mobile at least "
        f"{GOALS['mobile']}, desktop at least {GOALS['desktop']}, layout shift at most "
        f"{GOALS['shift']}. The first page had {BEFORE['mobile']}, {BEFORE['desktop']} and "
        f"{BEFORE['shift']} before.",
        "",
        "| page | mobile | blocking, ms | largest paint, s | shift | desktop | shift |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for page, found in results.items():
        phone, desk = found["mobile"], found["desktop"]
        lines.append(
            f"| {page} | {phone['score']:.0f} | {phone['blocking_ms']:.0f} "
            f"| {phone['largest_paint_ms'] / 1000:.1f} | {phone['shift']:.3f} "
            f"| {desk['score']:.0f} | {desk['shift']:.3f} |"
        )
    return "\n".join([*lines, ""])


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lighthouse", description=__doc__)
    parser.add_argument("pages", nargs="*", help="names of pages, without .html (all)")
    parser.add_argument("--site", type=Path, default=HERE.parent / "book" / "_build" / "html")
    parser.add_argument("--rounds", type=int, default=3, help="loads of each page (3)")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the results")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    pages = options.pages or sorted(page.stem for page in options.site.glob("*.html"))
    path = options.out / "lighthouse.json"
    kept = json.loads(path.read_text("utf-8")) if options.pages and path.exists() else {}
    results = dict(sorted((kept | measure_site(options.site, pages, options.rounds)).items()))
    path.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    (options.out / "lighthouse.md").write_text(table(results), "utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
