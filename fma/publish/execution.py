"""Executing notebooks with papermill, side by side, each only when what determines it changed."""

import contextlib
import functools
import hashlib
import json
import os
import platform
import re
import time
from importlib.metadata import requires, version
from pathlib import Path

from packaging.requirements import Requirement

from fma.sweeps import KEEP_FREED

PACKAGE = Path(__file__).resolve().parents[1]
SIDE_BY_SIDE = 4  # notebooks at most: each has its kernel, and its sweeps their processes
LONGEST = (  # are started first; 12 does without the trainer, which 07 compiles meanwhile
    "12_your_network",
    "07_what_decides",
    "05_seed_test",
    "14_under_a_lens",
    "11_fair_comparison",
    "10_beyond",
    "08_is_it_w2",
)
COLLECT = ("15_verdicts", "index")  # show what other chapters compute, so they come last


class BuildError(RuntimeError):
    """The book was not built; the message is one line that says where it stopped, and the log."""


def outdated(notebooks, folder, scale):
    """The notebooks whose executed copy is not what executing them again would give.

    Returns a dict from path to key, in the order in which they are best executed.
    """
    stale = {}
    for notebook in sorted(notebooks, key=lambda notebook: _turn(notebook.stem)):
        executed, key = folder / notebook.name, _key(notebook, scale)
        if not executed.exists() or _read(executed)["metadata"].get("fma_key") != key:
            stale[notebook] = key
    return stale


def execute(notebooks, folder, scale, log):
    """Execute notebooks, a dict from path to key, into the folder; yields name and seconds of each.

    They run side by side, and their sweeps share the cores: with processes for all of them each,
    they would wait for one another.
    """
    from joblib import Parallel, cpu_count, delayed

    jobs = max(1, min(SIDE_BY_SIDE, cpu_count(), len(notebooks)))
    options = {"batch_size": 1, "pre_dispatch": "n_jobs", "return_as": "generator_unordered"}
    yield from Parallel(jobs, **options)(
        delayed(_execute)(notebook, key, folder, scale, log, jobs)
        for notebook, key in notebooks.items()
    )


def _turn(name):
    if name in LONGEST:
        return 0, LONGEST.index(name), name
    return 2 if name in COLLECT else 1, 0, name


def _execute(notebook, key, folder, scale, log, side_by_side):
    """Execute one notebook into the folder; it appears there whole or not at all."""
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from fma.notebook.prose import apply_checks

    began = time.monotonic()
    name, log = f"notebooks/{notebook.name}", log / f"{notebook.stem}.log"
    partial = log.with_suffix(".partial.ipynb")
    options = {"kernel_name": "python3", "language": "python", "progress_bar": False}
    try:
        with kernel_environment(log.parents[1] / "jupyter", side_by_side):
            os.environ["FMA_PUBLISH"] = "1"  # `fma.notebook.show` draws for the page
            executed = papermill.execute_notebook(
                notebook, partial, _parameters(notebook, scale), cwd=notebook.parent, **options
            )
    except PapermillExecutionError as error:
        log.write_text("\n".join(error.traceback) + "\n", "utf-8")
        cells = [cell.source for cell in nbformat.read(notebook, 4).cells]
        number = cells.index(error.source) + 1 if error.source in cells else "of parameters"
        what = f"{error.ename}: {error.evalue}".splitlines()[0]
        raise BuildError(f"{name}, cell {number} failed with {what} (log: {log})") from None
    except Exception as error:
        log.write_text(repr(error) + "\n", "utf-8")
        what = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise BuildError(f"{name} was not executed: {what[0]} (log: {log})") from None
    executed = apply_checks(executed)
    executed.metadata["fma_key"] = key
    nbformat.write(executed, partial)
    partial.replace(folder / notebook.name)
    return notebook.stem, time.monotonic() - began


@contextlib.contextmanager
def kernel_environment(folder, side_by_side=1):
    """Kernels of this Python environment, with their files in `folder` instead of in the home.

    Sweeps show no progress, and those of several kernels `side_by_side` share the cores. Matrices
    are small: further BLAS threads would wait for each other, and memory given back is soon asked
    for again. Their ports are of this process's own.
    """
    from joblib import cpu_count

    from fma.publish.ports import use_own_ports

    use_own_ports()
    ours = KEEP_FREED | {
        "OPENBLAS_NUM_THREADS": "1",
        "LOKY_MAX_CPU_COUNT": str(-(-cpu_count() // side_by_side)),  # joblib's, for its processes
        "FMA_PROGRESS": os.devnull,
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
    before = dict(os.environ)
    os.environ.update(ours)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _read(notebook):
    try:
        content = json.loads(notebook.read_text("utf-8"))
        return {"cells": content["cells"], "metadata": content["metadata"]}
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{notebook} is no notebook: {type(error).__name__}: {error}") from None


def _parameters(notebook, scale):
    """What a build of that scale passes to a notebook, whose parameters must have these names."""
    content = _read(notebook)
    passed = {} if scale == "full" else content["metadata"].get("fma", {}).get("quick", {})
    tagged = [c for c in content["cells"] if "parameters" in c["metadata"].get("tags", ())]
    source = "".join("".join(cell["source"]) for cell in tagged[:1])  # papermill's choice
    known = re.findall(r"^(\w+)\s*(?::[^=\n]+)?=(?!=)", source, re.MULTILINE)
    if unknown := [name for name in passed if name not in known]:
        there = f"its parameters are {', '.join(known)}" if tagged else "it has no parameters cell"
        raise BuildError(f"{notebook}: fma.quick names {', '.join(unknown)}, but {there}")
    return passed


def _key(notebook, scale):
    """Hash of what determines the outputs: the cells, their parameters, the library, versions.

    Neither this package nor the explorer's style sheet and scripts do: these only set the pages.
    """
    content = _read(notebook)
    cells = [[cell["cell_type"], cell["source"], cell["metadata"]] for cell in content["cells"]]
    library = [path for path in files(PACKAGE) if path.suffix in (".py", ".mplstyle")]
    return digest(
        [cells, content["metadata"].get("fma"), _parameters(notebook, scale), versions()],
        [path for path in library if path.relative_to(PACKAGE).parts[0] != "publish"],
    )


def files(folder):
    """Every file below the folder, except what Python leaves behind."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


@functools.cache
def versions():
    """Of Python and of all packages that this one requires here."""
    needed = map(Requirement, requires("fma"))
    here = [n.name for n in needed if n.marker is None or n.marker.evaluate({"extra": ""})]
    return [platform.python_version(), *(f"{name}=={version(name)}" for name in here)]


def digest(values, paths):
    """Hash of plain values and of the files' names and contents."""
    found = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for path in paths:
        found.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
