"""Many runs: in parallel, with a progress bar, and each computed once and kept on disk.

`sweep` trains networks; `compute`, beneath it, is a parallel map that remembers. Results are files
of plain arrays (``.npz``, never pickles) in a cache folder: the argument `cache`, else the
environment variable ``FMA_CACHE``, else the user's cache folder. The name of a result is a hash of
all that determines it: the function with the code it reaches in this package, the versions, and
the case. Files are written whole or not at all and end in a checksum, so an interrupted sweep
resumes where it was, two processes may share a folder, and a damaged file is noticed, reported in
one line and computed again.

On a cluster
------------
The same call runs on a Dask cluster through joblib's backend. Results travel back to the caller,
who alone writes the cache, so the workers need no shared disk, only the same version of this
package. One thread a worker, since NumPy's own threads are switched off::

    from dask.distributed import Client, LocalCluster
    from joblib import parallel_config

    with LocalCluster(n_workers=4, threads_per_worker=1) as cluster, Client(cluster):
        with parallel_config("dask"):
            traces = fma.sweep(fma.runs(range(60, 69), range(1, 21), ["long"]))
"""

import ast
import functools
import hashlib
import inspect
import io
import json
import os
import platform
import re
import signal
import sys
import threading
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, fields, is_dataclass
from importlib.util import find_spec, resolve_name
from itertools import product
from pathlib import Path
from uuid import uuid4

import numpy as np

from fma.checks import LARGEST_SEED, choice, whole
from fma.network import Parameters
from fma.recipe import Recipe, as_recipe
from fma.task import TASKS
from fma.training import Trace, train

BATCH_MS = 3_000  # short cases are computed and stored together, about this much work a file
_sources = {}  # module name to its spec and source


@dataclass(frozen=True)
class Run:
    """One training run of a sweep; a recipe's name is replaced by the recipe.

    Raises ValueError, one sentence that names the argument, its value and what is allowed.
    """

    width: int
    seed: int
    recipe: str | Recipe = "table"
    task: str = "product"  # or "sum"
    detail: int = 0  # as in `fma.train`

    def __post_init__(self):
        object.__setattr__(self, "width", whole("width", self.width, 1))
        object.__setattr__(self, "seed", whole("seed", self.seed, 0, LARGEST_SEED))
        object.__setattr__(self, "recipe", as_recipe(self.recipe))
        object.__setattr__(self, "task", choice("task", self.task, TASKS))
        object.__setattr__(self, "detail", whole("detail", self.detail, 0))


def runs(widths, seeds, recipes=("table",), tasks=("product",), detail=0):
    """Every combination as a list of `Run`: tasks vary slowest, then recipes, widths, seeds."""
    return [Run(w, s, r, t, detail) for t, r, w, s in product(tasks, recipes, widths, seeds)]


def sweep(runs, *, label="", jobs=None, cache=None, progress=True):
    """Train every run, or fetch it from the cache.

    Parameters
    ----------
    runs : iterable of Run
        Any mix of widths, seeds, recipes and tasks.
    label, jobs, cache, progress
        As in `compute`.

    Returns
    -------
    list of Trace
        In the order of `runs`.
    """
    runs = list(runs)
    options = {"label": label, "jobs": jobs, "cache": cache, "progress": progress}
    results = compute(_train, runs, milliseconds=_training_time, **options)
    return [_trace(run, result) for run, result in zip(runs, results, strict=True)]


def _train(run):
    trace = train(run.width, run.seed, run.recipe, TASKS[run.task](), detail=run.detail)
    names = "cost", "z2_max", "gradient_norm", "alive"
    results = {name: getattr(trace, name) for name in names} | trace.parameters._asdict()
    results["final_cost"] = trace.final_cost
    return results | {f"detail.{name}": values for name, values in trace.detail.items()}


def _trace(run, result):
    curves = [result[name] for name in ("cost", "z2_max", "gradient_norm", "alive")]
    parameters = Parameters(*(result[name] for name in Parameters._fields))
    final_cost = result["final_cost"]
    detail = {n.removeprefix("detail."): v for n, v in result.items() if n.startswith("detail.")}
    return Trace(run.width, run.seed, run.recipe, run.task, *curves, parameters, final_cost, detail)


def _training_time(run):
    observed = 3 / run.detail if run.detail else 0
    return run.recipe.epochs * (0.1 + 0.004 * run.width + observed)


def compute(
    function,
    cases,
    *,
    label="",
    jobs=None,
    cache=None,
    progress=True,
    milliseconds=lambda case: 100,
):
    """Map `function` over `cases` in parallel processes, remembering every result on disk.

    Parameters
    ----------
    function : callable
        A function at the top of a module, of one case; it returns a dict from names to floats,
        ints, strings or arrays and depends on nothing but the case.
    cases : iterable
        Plain values, tuples, lists, dicts, arrays, or dataclasses of these.
    label : str
        What the progress bar is called.
    jobs : int, optional
        Processes; all cores (or all workers of the Dask cluster) unless given. Results do not
        depend on it: each process computes with one BLAS thread.
    cache : path, optional
        The cache folder, see `cache_folder`.
    progress : bool
        Show a progress bar with the time that is left, on stderr or, if the environment variable
        ``FMA_PROGRESS`` names a file, at the end of that file. Nothing is shown if all results
        are in the cache.
    milliseconds : callable, optional
        About how long a case takes. The longest start first; short ones share a file.

    Returns
    -------
    list of dict
        In the order of `cases`; a number or string comes back as Python's own.
    """
    jobs = None if jobs is None else whole("jobs", jobs, 1)
    cases = list(cases)
    context = _context(function)
    keys = [_digest([context, _plain(case)]) for case in cases]
    folder = cache_folder(cache) / f"{function.__name__.strip('_')}-{context[:16]}"
    results = _load(folder, set(keys))
    todo = {key: case for key, case in zip(keys, cases, strict=True) if key not in results}
    if todo:
        work = {key: milliseconds(case) for key, case in todo.items()}
        with (
            _bar(label, work, len(results), progress) as advance,
            closing(_parallel(function, todo, work, jobs)) as batches,
        ):
            for new in batches:
                _store(folder, new)
                results |= new
                advance(new)
    return [_unpacked(results[key]) for key in keys]


# Computing.


def _parallel(function, cases, work, jobs):
    """The results of batch after batch as they come, each a dict from key to result."""
    from joblib import Parallel, delayed, effective_n_jobs

    jobs = jobs or -1
    limit = min(BATCH_MS, sum(work.values()) / (4 * effective_n_jobs(jobs)))
    task = delayed(_run_batch)
    return Parallel(jobs, batch_size=1, return_as="generator_unordered")(
        task(function, {key: cases[key] for key in batch}, os.getpid())
        for batch in _batches(work, limit)
    )


def _batches(work, limit):
    """Split the keys of `work` (key to milliseconds) into batches, the longest cases first."""
    batch, size = [], 0
    for key in sorted(work, key=work.get, reverse=True):
        if batch and size + work[key] > limit:
            yield batch
            batch, size = [], 0
        batch.append(key)
        size += work[key]
    yield batch


def _run_batch(function, cases, caller):
    """Compute a batch, in the caller's process or in a worker's, with one BLAS thread."""
    from threadpoolctl import threadpool_limits

    limits = threadpool_limits(1)
    at_home = os.getpid() == caller
    if not at_home and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the caller to handle
    try:
        return {key: _packed(function(case)) for key, case in cases.items()}
    finally:
        if at_home:
            limits.restore_original_limits()


def _packed(result):
    arrays = {name: np.asarray(value) for name, value in result.items()}
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"{name} must be a number, a string or an array, got {result[name]!r}")
    return arrays


def _unpacked(arrays):
    return {name: a.item() if a.ndim == 0 else a for name, a in sorted(arrays.items())}


@contextmanager
def _bar(label, work, done, progress):
    """A progress bar filled by milliseconds of work; yields what to call with new results."""
    from tqdm import tqdm

    total = done + len(work)
    layout = "{desc}{percentage:3.0f}%|{bar}| {elapsed}, {remaining} left{postfix}"
    options = {"bar_format": layout, "disable": not progress, "dynamic_ncols": True}
    path = os.environ.get("FMA_PROGRESS")
    with (
        open(path, "a", encoding="utf-8") if path else nullcontext(sys.stderr) as file,
        tqdm(desc=label and f"{label}: ", total=sum(work.values()), file=file, **options) as bar,
    ):

        def advance(new):
            nonlocal done
            done += len(new)
            bar.set_postfix_str(f"{done} of {total} done", refresh=False)
            bar.update(min(sum(work[key] for key in new), bar.total - bar.n))

        bar.set_postfix_str(f"{done} of {total} done")
        yield advance


# Keys: a hash of the function, of the code beneath it, of the versions, and of the case.


def _context(function):
    """A hash of all that determines a result beside the case."""
    home = function.__module__
    if home == __name__:
        modules, own = _reached("fma.training", set()), inspect.getsource(function)
    else:
        modules, own = _reached(home, set()), ""
    code = {name: _code(_source(name)) for name in modules}
    versions = [np.__version__, platform.machine()]
    return _digest([f"{home}.{function.__qualname__}", _code(own), code, versions])


def _reached(name, found):
    """Names of the module and of all modules of its package and of this one that it imports."""
    found.add(name)
    for imported in _imports(name):
        if imported not in found and imported != __name__:
            _reached(imported, found)
    return found


def _imports(name):
    """Names of such modules, imported at the top of the module or inside its functions."""
    packages = {name.partition(".")[0], __name__.partition(".")[0]}
    spec = find_spec(name) if name != "__main__" else None
    package = (spec.parent if spec else None) or name
    for node in ast.walk(_parsed(_source(name))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.partition(".")[0] in packages)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            if module.partition(".")[0] in packages:
                inner = (f"{module}.{alias.name}" for alias in node.names)
                yield from (name if _is_module(name) else module for name in inner)


def _is_module(name):
    with suppress(ModuleNotFoundError):
        return find_spec(name) is not None
    return False


def _source(name):
    """The source text of a module, as first read since the module was loaded or reloaded."""
    module = sys.modules.get(name)
    if name == "__main__":
        try:
            return inspect.getsource(module)
        except (OSError, TypeError):
            raise ValueError("function must stand in a module that is a file") from None
    spec = find_spec(name) if module is None else module.__spec__
    if name not in _sources or _sources[name][0] is not spec:
        _sources[name] = spec, Path(spec.origin).read_text(encoding="utf-8")
    return _sources[name][1]


_parsed = functools.cache(ast.parse)


@functools.cache
def _code(source):
    """A hash of source text that does not depend on comments and layout."""
    return _digest(ast.dump(_parsed(source)))


def _plain(value):
    """A case as what JSON can say."""
    if is_dataclass(value):
        named = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {"class": type(value).__qualname__} | named
    if isinstance(value, np.ndarray):
        data = np.ascontiguousarray(value)
        return [str(data.dtype), data.shape, hashlib.sha256(data).hexdigest()]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _digest(plain):
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


# Files: standard .npz archives whose comment is the SHA-256 of all that stands before it.


def cache_folder(cache=None):
    """The folder of the cache: `cache`, else ``FMA_CACHE``, else the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(cache or os.environ.get("FMA_CACHE") or user_cache_path("fma", appauthor=False))


def cache_size(cache=None):
    """Number of files in the cache and their bytes."""
    sizes = [path.stat().st_size for path in _files(cache)]
    return len(sizes), sum(sizes)


def clear_cache(cache=None):
    """Delete what `compute` has written, and nothing else."""
    for path in _files(cache):
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()


def _files(cache):
    ours = re.compile(r".+-[0-9a-f]{16}/((batch-)?[0-9a-f]{64}\.npz|[0-9a-f]{32}\.tmp)")
    folder = cache_folder(cache)
    paths = sorted(folder.glob("*/*"))
    return [path for path in paths if ours.fullmatch(path.relative_to(folder).as_posix())]


def _load(folder, keys):
    """The results for those of `keys` that are stored, as a dict."""
    names = {path.name for path in folder.glob("*.npz")}
    results = {}
    for name in sorted(names & {f"{key}.npz" for key in keys}):
        results |= _read(folder / name)
    for name in sorted(name for name in names if name.startswith("batch-")):
        if len(results) == len(keys):
            break
        results |= {key: result for key, result in _read(folder / name).items() if key in keys}
    return results


def _read(path):
    """The results in a file; none, with one line on stderr, if the file is damaged."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:  # cleared by another process
        return {}
    if data[-64:] != hashlib.sha256(data[:-64]).hexdigest().encode():
        print(f"fma: cache file {path} is damaged and is computed again", file=sys.stderr)
        with suppress(OSError):
            path.unlink()
        return {}
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        keys = arrays["keys"].tolist()
        results = {key: {} for key in keys}
        for member in arrays.files:
            owner, _, name = member.partition("/")
            if owner == "all":
                for result, value in zip(results.values(), arrays[member], strict=True):
                    result[name] = np.asarray(value)
            elif name:
                results[keys[int(owner)]][name] = arrays[member]
    return results


def _store(folder, results):
    """Write a batch of results (key to dict of arrays) to one file, whole or not at all."""
    keys = sorted(results)
    members = {"keys": np.array(keys)}
    for name in sorted(set().union(*results.values())):
        column = {i: results[key][name] for i, key in enumerate(keys) if name in results[key]}
        kinds = {(a.shape, "U" if a.dtype.kind == "U" else a.dtype) for a in column.values()}
        if len(kinds) == 1 and len(column) == len(keys):
            members[f"all/{name}"] = np.stack(list(column.values()))
        else:
            members |= {f"{i}/{name}": array for i, array in column.items()}
    buffer = io.BytesIO()
    np.savez(buffer, **members)
    # An archive ends in the length of its comment (two bytes) and the comment.
    data = buffer.getvalue()[:-2] + (64).to_bytes(2, "little")
    data += hashlib.sha256(data).hexdigest().encode()
    path = folder / f"{keys[0] if len(keys) == 1 else 'batch-' + _digest(keys)}.npz"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{uuid4().hex}.tmp"
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except PermissionError:  # on Windows, where another process is reading the same results
        if not path.exists():
            raise
    finally:
        draft.unlink(missing_ok=True)
