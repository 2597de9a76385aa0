"""The book's sources gathered in one folder, and Jupyter Book run over them."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import yaml
from tqdm import tqdm

from fma.checks import choice
from fma.publish.execution import BuildError, digest, execute, files, outdated, versions

ROOT = Path(__file__).resolve().parents[2]
SCALES = ("full", "quick")
PARTS = {  # the chapters of each, by number
    "The investigation": range(1, 6),
    "The audit": range(6, 13),
    "Why": range(13, 15),
    "The verdicts": range(15, 100),
}
APPENDIX = ("rerun", "cite", "bibliography")


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
    folder = tree(root, scale)
    if scale == "quick":
        unwanted = shutil.ignore_patterns("_build", "theme", "*.ipynb")
        shutil.copytree(root / "book", folder, ignore=unwanted, dirs_exist_ok=True)
    for leftover in {p.name for p in folder.glob("*.ipynb")} - {p.name for p in notebooks}:
        (folder / leftover).unlink()
    log = folder / "_build" / "log"
    log.mkdir(parents=True, exist_ok=True)

    stale = outdated(notebooks, folder, scale)
    print(f"Notebooks: {len(notebooks)} at {scale} scale, {len(stale)} to execute.", flush=True)
    with closing(execute(stale, folder, scale, log)) as done:
        for name, seconds in tqdm(done, total=len(stale), disable=not stale, dynamic_ncols=True):
            tqdm.write(f"  {name}: {seconds:.0f} s")

    page = folder / "_build" / "html" / "index.html"
    key, stamp = _key(root, folder, scale), page.with_name(".stamp")
    if not stamp.exists() or stamp.read_text() != key:
        print("Setting the pages.", flush=True)
        set_pages(root, folder, scale, log / "jupyter-book.log")
        shutil.copytree(root / "notebooks", page.with_name("notebooks"), ignore=_no_notebooks)
        stamp.write_text(key)
    print(f"The book is ready ({time.monotonic() - began:.0f} s): {page}")
    print(f"Open that file, or serve it on this machine: make serve{argument(scale)}")
    return page


def tree(root, scale):
    """The folder that Jupyter Book reads: book/ itself, or at reduced scale a copy of it."""
    return Path(root) / ("book" if scale == "full" else "build/quick")


def argument(scale):
    """What stands behind ``make`` for that scale."""
    return "" if scale == "full" else f" scale={scale}"


def contents(names):
    """Table of contents, as Jupyter Book reads it, from the names of the notebooks."""
    numbered = {name: int(name[:2]) for name in names if name[:2].isdigit()}
    parts = {
        caption: [name for name, number in numbered.items() if number in numbers]
        for caption, numbers in PARTS.items()
    }
    parts["Appendix"] = APPENDIX
    listed = [
        {"caption": caption, "chapters": [{"file": name} for name in chapters]}
        for caption, chapters in parts.items()
        if chapters
    ]
    return {"format": "jb-book", "root": "index", "parts": listed}


def set_pages(root, folder, scale, log):
    """Run Jupyter Book, every warning an error; its whole output is in the log."""
    for old in ("html", ".doctrees", ".jupyter_cache"):
        shutil.rmtree(folder / "_build" / old, ignore_errors=True)
    toc = folder / "_build" / "_toc.yml"
    toc.write_text(yaml.safe_dump(contents(sorted(p.stem for p in folder.glob("*.ipynb")))))
    run = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", run, "build", str(folder), "--path-output", str(folder)]
    command += ["-W", "-n", "--keep-going"]
    command += ["--config", str(root / "_config.yml"), "--toc", str(toc)]
    environment = os.environ | {"FMA_SCALE": scale, "PYTHONUTF8": "1"}
    with log.open("w", encoding="utf-8") as output:
        options = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
        code = subprocess.run(command, env=environment, **options).returncode
    if code:
        from sphinx.util.console import strip_colors

        lines = strip_colors(log.read_text("utf-8", errors="replace")).splitlines()
        signs = ("WARNING", "ERROR", "CRITICAL", "Error: ", "Exception: ")
        problems = [line.strip() for line in lines if any(sign in line for sign in signs)]
        first = problems[0] if problems else f"exit code {code}"
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise BuildError(f"Jupyter Book stopped: {first}{more} (log: {log})")


def _key(root, folder, scale):
    """Hash of all that the pages are made of."""
    sources = [path for path in files(folder) if "_build" not in path.relative_to(folder).parts]
    folders = ("book/theme", "notebooks", "fma/explorer")
    sources += [path for name in folders for path in files(root / name)]
    return digest([scale, versions()], [root / "_config.yml", *sources])


def _no_notebooks(folder, names):
    return [name for name in names if not name.endswith(".ipynb")]
