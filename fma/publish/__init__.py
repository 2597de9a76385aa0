"""The book: papermill executes the notebooks, then Jupyter Book sets the pages.

Executed notebooks go into ``book/`` and the pages into ``book/_build/html``. The reduced scale has
a tree of its own, ``build/quick/``, so that its numbers never show among the full ones. What is
unchanged is not done again: each executed notebook carries a hash of all that determines it, and
so do the finished pages.
"""

import contextlib
import functools
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import requires, version
from pathlib import Path

from tqdm import tqdm

from fma.checks import choice, whole

ROOT = Path(__file__).resolve().parents[2]
SCALES = ("full", "quick")
QUICK = Path("build", "quick")
ASIDE = r"import |from |(show|explorer)\("
HAND_WRITTEN = ("*.md", "*.bib", "assets", "data", "theme")


class BuildError(RuntimeError):
    """The book was not built; the message is one line that says where it stopped, and the log."""


def build(scale="full", root=ROOT):
    """Execute the notebooks that changed, then set the pages if anything did.

    Parameters
    ----------
    scale : {"full", "quick"}
        "quick" takes fewer seeds and epochs: the parameters that each notebook names in its own
        metadata as ``fma.quick``. Its pages say so.
    root : path
        The repository.

    Returns
    -------
    Path
        The first page.

    Raises
    ------
    BuildError
        A cell failed, or Jupyter Book warned. What was finished before is kept.
    """
    root, scale = Path(root).resolve(), choice("scale", scale, SCALES)
    notebooks = sorted((root / "notebooks").glob("*.ipynb"))
    if not notebooks:
        raise BuildError(f"{root} has no notebooks: run this in a clone of the repository.")
    began = time.monotonic()
    folder = _tree(root, scale, notebooks)
    log = folder / "_build" / "log"
    log.mkdir(parents=True, exist_ok=True)
    stale = [notebook for notebook in notebooks if not _executed(notebook, folder, scale)]
    print(f"Notebooks: {len(notebooks)} at {scale} scale, {len(stale)} to execute.")
    with kernel_environment(folder / "_build" / "jupyter"), _progress(stale, log) as step:
        _execute_all(stale, folder, scale, log, step)
    page = folder / "_build" / "html" / "index.html"
    key, stamp = _pages_key(root, folder, scale), page.with_name(".stamp")
    if not stamp.exists() or stamp.read_text() != key:
        _set_pages(root, folder, scale, log / "jupyter-book.log")
        stamp.write_text(key)
    print(f"The book is ready ({time.monotonic() - began:.0f} s): {page}")
    print("Open that file, or serve it on this machine: make serve" + _argument(scale))
    return page


def _argument(scale):
    return "" if scale == "full" else f" scale={scale}"


def _tree(root, scale, notebooks):
    """The folder Jupyter Book reads: book/ itself, or at reduced scale a mirror of it."""
    folder = root / "book"
    if scale == "quick":
        folder = root / QUICK
        for pattern in HAND_WRITTEN:
            for source in (root / "book").glob(pattern):
                _mirror(source, folder / source.name)
    for leftover in {p.name for p in folder.glob("*.ipynb")} - {p.name for p in notebooks}:
        (folder / leftover).unlink()
    _write(folder / "_toc.yml", contents([notebook.stem for notebook in notebooks]))
    return folder


def _mirror(source, copy):
    if copy.is_dir():
        shutil.rmtree(copy)
    copy.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy2)(source, copy)


def contents(names):
    """Table of contents of the book, as YAML for Jupyter Book, from the notebooks there are."""
    parts = {
        "The investigation": [name for name in names if name[:2].isdigit() and name[:2] < "06"],
        "The audit": [name for name in names if name[:2].isdigit() and name[:2] >= "06"],
        "Appendix": ["rerun", "cite", "bibliography"],
    }
    lines = ["format: jb-book", "root: index", "parts:"]
    for caption, files in parts.items():
        if files:
            lines += [f"  - caption: {caption}", "    chapters:"]
            lines += [f"      - file: {file}" for file in files]
    return "\n".join(lines) + "\n"


# Executing -------------------------------------------------------------------------------------


def _parameters(notebook, scale):
    if scale == "full":
        return {}
    return json.loads(notebook.read_text("utf-8"))["metadata"].get("fma", {}).get("quick", {})


def _key(notebook, scale):
    """Hash of everything that determines what the notebook shows."""
    content = json.loads(notebook.read_text("utf-8"))
    cells = [[cell["cell_type"], cell["source"], cell["metadata"]] for cell in content["cells"]]
    return _hash(
        [cells, content["metadata"].get("fma"), _parameters(notebook, scale), _versions()],
        [
            path
            for path in _files(ROOT / "fma")
            if "publish" not in path.parts and path.stem != "__main__"
        ],
    )


def _executed(notebook, folder, scale):
    """Whether the executed copy is there and is what executing it again would give."""
    try:
        metadata = json.loads((folder / notebook.name).read_text("utf-8"))["metadata"]
    except (OSError, ValueError):
        return False
    return metadata.get("fma_key") == _key(notebook, scale)


def _execute_all(notebooks, folder, scale, log, step):
    """One by one at full scale, where sweeps take all cores; else as many as there are cores."""
    from joblib import Parallel, delayed

    def tasks():
        for notebook in notebooks:
            step(notebook.stem)
            yield delayed(_execute)(notebook, folder, scale, log / f"{notebook.stem}.log")

    Parallel(1 if scale == "full" else -1, batch_size=1, pre_dispatch="n_jobs")(tasks())


def _execute(notebook, folder, scale, log):
    """Execute one notebook into the folder; it appears there whole or not at all."""
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    key, partial = _key(notebook, scale), log.with_suffix(".partial.ipynb")
    name = f"notebooks/{notebook.name}"
    try:
        papermill.execute_notebook(
            notebook,
            partial,
            _parameters(notebook, scale),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=notebook.parent,
        )
    except PapermillExecutionError as error:
        log.write_text("\n".join(error.traceback) + "\n", "utf-8")
        cell = _cell_number(nbformat.read(partial, 4), error.cell_index)
        what = f"{error.ename}: {error.evalue}".splitlines()[0]
        raise BuildError(f"{name}, cell {cell} failed with {what} (log: {log})") from None
    except Exception as error:
        log.write_text(repr(error) + "\n", "utf-8")
        what = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise BuildError(f"{name} was not executed: {what[0]} (log: {log})") from None
    executed = nbformat.read(partial, 4)
    executed.metadata["fma_key"] = key
    defaults, given = (_tagged(executed, tag) for tag in ("parameters", "injected-parameters"))
    for cell in given:  # is shown as the cell of the defaults is
        cell.metadata.tags += [tag for tag in defaults[0].metadata.tags if tag != "parameters"]
    for cell in executed.cells:  # what only imports or draws stands behind a toggle
        if cell.cell_type == "code" and re.match(ASIDE, cell.source):
            cell.metadata.tags = sorted({*cell.metadata.get("tags", ()), "hide-input"})
    nbformat.write(executed, partial)
    partial.replace(folder / notebook.name)


def _tagged(notebook, *tags):
    return [c for c in notebook.cells if set(tags) & set(c.metadata.get("tags", ()))]


def _cell_number(notebook, index):
    """Number of the failed cell, from 1 and as in the source, without the cells papermill added.

    Of these two, on top and before the failed cell, are not in papermill's index.
    """
    added = _tagged(notebook, "injected-parameters", "papermill-error-cell-tag")
    return sum(cell not in added for cell in notebook.cells[: index + 3])


@contextlib.contextmanager
def kernel_environment(folder):
    """Kernels of this Python environment, with their files in the build instead of in the home."""
    ours = {
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    profile = folder / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 50\n")
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def _progress(notebooks, log):
    """Yield a function to call as each notebook begins; the sweeps' own progress stands beside."""
    if not notebooks:
        yield None
        return
    told = log / "progress"
    told.write_bytes(b"")
    before = os.environ.get("FMA_PROGRESS")
    os.environ["FMA_PROGRESS"] = str(told)
    done = threading.Event()
    with _bar(len(notebooks)) as bar:
        started = []

        def step(name):
            bar.update(len(started) - bar.n)
            started.append(name)
            bar.set_description_str(name)

        def follow():
            with told.open(encoding="utf-8", errors="replace") as lines:
                while not done.wait(0.2):
                    latest = re.split(r"[\r\n]+", lines.read().strip())[-1]
                    if latest:
                        bar.set_postfix_str(latest, refresh=False)
                    bar.update(0)

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield step
            bar.set_postfix_str("", refresh=False)
            bar.update(len(notebooks) - bar.n)
            bar.set_description_str("executed")
        finally:
            done.set()
            thread.join()
            os.environ.pop("FMA_PROGRESS")
            if before is not None:
                os.environ["FMA_PROGRESS"] = before


def _bar(total):
    """A progress bar: a moving line in a terminal, a line now and then in a log."""
    return tqdm(
        total=total,
        dynamic_ncols=True,
        miniters=0,
        mininterval=0.2 if sys.stderr.isatty() else 15,
        bar_format="{desc} {percentage:3.0f}%|{bar:12}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]"
        "{postfix}",
    )


# Setting the pages -----------------------------------------------------------------------------


def _pages_key(root, folder, scale):
    files = [path for path in _files(folder) if "_build" not in path.relative_to(folder).parts]
    files += [root / "_config.yml", *_files(root / "book" / "theme")]
    files += _files(root / "fma" / "explorer")
    return _hash([scale, _versions()], files)


def _set_pages(root, folder, scale, log):
    """Run Jupyter Book, every warning an error; its whole output is in the log."""
    for old in ("html", ".doctrees", ".jupyter_cache"):
        shutil.rmtree(folder / "_build" / old, ignore_errors=True)
    command = [
        shutil.which("jupyter-book", path=sysconfig.get_path("scripts")) or "jupyter-book",
        *("build", str(folder), "--path-output", str(folder)),
        *("--config", str(root / "_config.yml")),
        *("--toc", str(folder / "_toc.yml"), "-W", "-n", "--keep-going"),
    ]
    environment = os.environ | {"FMA_SCALE": scale, "PYTHONUTF8": "1"}
    warnings = []
    with (
        log.open("w", encoding="utf-8") as copy,
        _bar(100) as bar,
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as book,
    ):
        bar.set_description_str("pages")
        for line in book.stdout:
            line = re.sub(r"\x1b\[[\d;]*m", "", line)
            copy.write(line)
            if re.search(r"\b(WARNING|ERROR|CRITICAL)\b|^\w+(Error|Exception): .", line):
                warnings.append(line.strip())
            if percent := re.search(r"(reading sources|writing output)\.* *\[ *(\d+)%\]", line):
                half = 50 * (percent[1] == "writing output")
                bar.update(max(half + int(percent[2]) // 2 - bar.n, 0))
        if not book.wait():
            bar.update(100 - bar.n)
    if book.returncode:
        first = warnings[0] if warnings else f"exit code {book.returncode}"
        more = f" and {len(warnings) - 1} more" if len(warnings) > 1 else ""
        raise BuildError(f"Jupyter Book stopped: {first}{more} (log: {log})")


# What determines a result ----------------------------------------------------------------------


def _files(folder):
    """Every file below the folder, except what Python leaves behind."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


@functools.cache
def _versions():
    needed = [re.match(r"[\w.-]+", line)[0] for line in requires("fma") if "extra" not in line]
    return [platform.python_version(), *(f"{name}=={version(name)}" for name in needed)]


def _hash(values, paths):
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for path in paths:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _write(path, text):
    if not path.exists() or path.read_text("utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")


# Serving ---------------------------------------------------------------------------------------


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
    }

    def do_GET(self):
        """Answer; browsers ask for an icon of this name even where a page names its own."""
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_):
        """Say nothing about each request."""


def server(folder, port=0):
    """A web server for the folder, on loopback only; port 0 takes a free one."""
    handler = functools.partial(_Handler, directory=str(folder))
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


def serve(port=8000, scale="full", root=ROOT):
    """Serve the built book on loopback until Ctrl-C.

    Raises BuildError if it has not been built or the port is taken, ValueError for a bad argument.
    """
    port, scale = whole("port", port, 0, 65535), choice("scale", scale, SCALES)
    folder = Path(root) / ("book" if scale == "full" else QUICK) / "_build" / "html"
    if not (folder / "index.html").exists():
        raise BuildError("The book has not been built yet: make book" + _argument(scale))
    try:
        site = server(folder, port)
    except OSError as error:
        raise BuildError(f"Port {port} cannot be used: {error.strerror}.") from None
    with site, contextlib.suppress(KeyboardInterrupt):
        print(f"The book is at http://127.0.0.1:{site.server_port}/ (Ctrl-C stops)", flush=True)
        site.serve_forever()
    print()
