"""Many runs: in parallel, with a progress bar, and each computed once and kept on disk.

`sweep` trains networks; `compute`, beneath it, is a parallel map that remembers. Results stand in
one SQLite file of a cache folder: the argument `cache`, else the environment variable
``FMA_CACHE``, else the user's cache folder. The key of a result is a hash of all that determines
it: the function with the code it reaches in this package and its own, the versions, the processor's
matrix products, and the case. Batches are written whole or not at all, so an interrupted sweep
resumes where it was and two processes may share a folder. Each result has a checksum: damage is
reported in one line, and what is lost is computed again. Nothing is ever unpickled. Where the file
cannot be read or written, one line says so, it is left as it is, and the sweep goes on without it.

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
import json
import os
import platform
import signal
import sqlite3
import sys
import threading
import time
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import version
from importlib.util import find_spec, resolve_name
from itertools import product
from pathlib import Path

import numpy as np

from fma.checks import LARGEST_SEED, choice, whole
from fma.network import Parameters
from fma.recipe import Recipe, as_recipe
from fma.task import TASKS
from fma.training import Trace, train

CURVES = "cost", "z2_max", "gradient_norm", "alive", "final_cost"
BATCH_MS = 3_000  # short cases are computed and stored together, about this much work at once
HERE_MS = 1_000  # of work is done here before other processes are started, which takes seconds
# glibc's: with these set high a process keeps the memory it frees, else it asks anew every epoch.
KEEP_FREED = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(2**29))
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

    Raises
    ------
    ValueError
        One of `runs` is no Run.
    """
    runs = list(runs)
    for run in runs:
        if not isinstance(run, Run):
            raise ValueError(f"runs must be of the class Run, got {run!r}")
    options = {"label": label, "jobs": jobs, "cache": cache, "progress": progress}
    results = compute(_train, runs, milliseconds=_training_time, **options)
    return [_trace(run, result) for run, result in zip(runs, results, strict=True)]


def _train(run):
    trace = train(run.width, run.seed, run.recipe, TASKS[run.task](), detail=run.detail)
    curves = {name: getattr(trace, name) for name in CURVES}
    detail = {f"detail.{name}": values for name, values in trace.detail.items()}
    return curves | trace.parameters._asdict() | detail


def _trace(run, result):
    curves = {name: result[name] for name in CURVES}
    parameters = Parameters(*(result[name] for name in Parameters._fields))
    detail = {n.removeprefix("detail."): v for n, v in result.items() if n.startswith("detail.")}
    return Trace(**vars(run) | curves | {"parameters": parameters, "detail": detail})


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
        Processes; all cores, joblib's LOKY_MAX_CPU_COUNT at most (or all workers of the Dask
        cluster) unless given, once a second of work has been done in this process. Results do not
        depend on it: each process computes with one BLAS thread.
    cache : path, optional
        The cache folder, see `cache_folder`.
    progress : bool
        Show a progress bar with the time that is left, on stderr or, if the environment variable
        ``FMA_PROGRESS`` names a file, at the end of that file. Nothing is shown if all results
        are in the cache.
    milliseconds : callable, optional
        About how long a case takes. The longest start first; short ones share a batch.

    Returns
    -------
    list of dict
        In the order of `cases`; a number or string comes back as Python's own.

    Raises
    ------
    ValueError
        `function` does not stand at the top of a module, as a lambda and a closure do not: its
        name would not tell it from others.
    """
    jobs = None if jobs is None else whole("jobs", jobs, 1)
    cases, context, store = list(cases), _context(function), _Store(cache)
    keys = [_digest([context, _plain(case)]) for case in cases]
    packed = store.load(set(keys))
    todo = {key: case for key, case in zip(keys, cases, strict=True) if key not in packed}
    if todo:
        work = {key: milliseconds(case) for key, case in todo.items()}
        with (
            _bar(label, work, len(packed), progress) as advance,
            closing(_parallel(function, todo, work, jobs)) as batches,
        ):
            for new in batches:
                store.save(new)
                packed |= new
                advance(new)
    return [_unpacked(packed[key]) for key in keys]


# Computing.


def _parallel(function, cases, work, jobs):
    """The results of batch after batch as they come, each a dict from key to packed result."""
    from joblib import Parallel, delayed, effective_n_jobs
    from joblib.parallel import LokyBackend, get_active_backend

    for name, value in KEEP_FREED.items():  # of the processes that are started
        os.environ.setdefault(name, value)
    if jobs is None and isinstance(get_active_backend()[0], LokyBackend):
        for batch in _here(work):
            yield _run_batch(function, {key: cases[key] for key in batch}, os.getpid())
            work = {key: work[key] for key in work if key not in batch}
    if not work:
        return
    jobs = jobs or -1
    limit = min(BATCH_MS, sum(work.values()) / (4 * effective_n_jobs(jobs)))
    task = delayed(_run_batch)
    yield from Parallel(jobs, batch_size=1, return_as="generator_unordered")(
        task(function, {key: cases[key] for key in batch}, os.getpid())
        for batch in _batches(work, limit)
    )


def _here(work):
    """Batches of short cases, each of twice as many, until `HERE_MS` have passed."""
    short, some = [key for key in sorted(work, key=work.get) if work[key] <= HERE_MS], 1
    end = time.monotonic() + HERE_MS / 1000
    while short and time.monotonic() < end:
        yield short[:some]
        short, some = short[some:], 2 * some


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
    import scipy.linalg  # noqa: F401  (compiled code calls its BLAS; a limit holds for what is loaded)
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
    """A result as bytes: a line of JSON with its numbers and strings, then its arrays."""
    head, arrays = {}, []
    for name, value in result.items():
        array = np.asarray(value)
        if array.dtype.hasobject:
            raise TypeError(f"{name} must be a number, a string or an array, got {value!r}")
        head[name] = [array.dtype.str, array.shape] if array.ndim else array.item()
        arrays += [array.tobytes()] if array.ndim else []
    return b"\n".join([json.dumps(head).encode(), b"".join(arrays)])


def _unpacked(packed):
    line, _, data = packed.partition(b"\n")
    result, start = json.loads(line), 0
    for name, value in result.items():
        if isinstance(value, list):
            dtype, shape = value
            result[name] = np.ndarray(shape, dtype, data, start).copy()
            start += result[name].nbytes
    return result


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
    home, name = (getattr(function, part, None) for part in ("__module__", "__qualname__"))
    at_the_top = getattr(sys.modules.get(home), str(name), None) is function
    if not at_the_top or not inspect.isfunction(inspect.unwrap(function)):
        raise ValueError(f"function must stand at the top of a module, got {function!r}")
    if home == __name__:  # the code that trains, not the code that stores
        code = _reached("fma.training") | {
            "": _parsed(inspect.getsource(function), "", frozenset())[0]
        }
    else:
        code = _reached(home)
    return _digest([f"{home}.{name}", code, _platform()])


@functools.cache
def _platform():
    """What rounding depends on: the versions, and the kernel of NumPy's matrix products.

    Compiled code calls SciPy's, which chooses its kernel in the same way.
    """
    from threadpoolctl import threadpool_info

    blas = [lib for lib in threadpool_info() if "scipy.libs" not in lib["filepath"]]
    kernels = sorted({lib["architecture"] for lib in blas if "architecture" in lib})
    versions = [version(name) for name in ("numpy", "scipy", "numba") if find_spec(name)]
    return [*versions, platform.machine(), kernels]


def _reached(home):
    """The code of a module and of all that it imports from its package and from this one."""
    ours = frozenset([home.partition(".")[0], __name__.partition(".")[0]])
    found, waiting = {}, [home]
    while waiting:
        name = waiting.pop()
        if name not in found and name != __name__:
            found[name], imported = _parsed(*_source(name), ours)
            waiting += imported
    return found


def _source(name):
    """A module's source text as first read since the module was loaded, and its package."""
    if name == "__main__":
        try:
            return inspect.getsource(sys.modules[name]), ""
        except (OSError, TypeError):
            raise ValueError("function must stand in a module that is a file") from None
    spec = sys.modules[name].__spec__ if name in sys.modules else find_spec(name)
    if name not in _sources or _sources[name][0] is not spec:
        _sources[name] = spec, Path(spec.origin).read_text(encoding="utf-8")
    return _sources[name][1], spec.parent


@functools.cache
def _parsed(source, package, ours):
    """A hash of a module's code, without comments and layout, and what it imports of `ours`."""
    tree, names = ast.parse(source), []
    for node in ast.walk(tree):  # also inside functions
        if isinstance(node, ast.Import):
            names += [a.name for a in node.names if a.name.partition(".")[0] in ours]
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            if base.partition(".")[0] in ours:
                inner = [f"{base}.{alias.name}" for alias in node.names]
                names += [name if _is_module(name) else base for name in inner]
    return _digest(ast.dump(tree)), names


def _is_module(name):
    with suppress(ModuleNotFoundError):
        return find_spec(name) is not None
    return False


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


# The store.


def cache_folder(cache=None):
    """The folder of the cache: `cache`, else ``FMA_CACHE``, else the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(cache or os.environ.get("FMA_CACHE") or user_cache_path("fma", appauthor=False))


def cache_size(cache=None):
    """Number of results in the cache and bytes of its file."""
    return _Store(cache).size()


def clear_cache(cache=None):
    """Delete what `compute` has stored, and nothing else."""
    _Store(cache).clear()


class _Store:
    """Packed results by key, each behind its checksum, in one SQLite file of a cache folder."""

    TABLE = "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, result BLOB)"
    # Faults in the file; the last is that of other columns than ours.
    DAMAGE = sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR

    def __init__(self, cache=None):
        self.path = cache_folder(cache) / "results.sqlite"
        self.patience = 600  # seconds to wait for another process; 0 once the cache failed

    def load(self, keys):
        """The results for those of `keys` that are stored, as a dict."""

        def read(database):
            query = "SELECT result FROM results WHERE key = ?"
            rows = {key: database.execute(query, [key]).fetchone() for key in keys}
            return {key: row[0] for key, row in rows.items() if row}

        stored = {}
        with self._going_on():
            stored = self._do(read) if keys and self.path.exists() else {}
        sound = {key: packed[32:] for key, packed in stored.items() if _is_sound(key, packed)}
        if len(sound) < len(stored):
            self._report(f"{len(stored) - len(sound)} results in cache file {self.path} are")
        return sound

    def save(self, results):
        """Store results (key to bytes), all of them or none."""
        rows = [(key, _checksum(key, packed) + packed) for key, packed in results.items()]
        insert = "INSERT OR REPLACE INTO results VALUES (?, ?)"
        with self._going_on():
            self._do(lambda database: database.executemany(insert, rows))

    def size(self):
        """Number of results, and bytes."""
        if not self.path.exists():
            return 0, 0
        count = self._do(lambda database: database.execute("SELECT count(*) FROM results"))
        return count[0][0], self.path.stat().st_size

    def clear(self):
        """Delete all results. The file stays for other processes that are using it."""
        if self.path.exists():
            self._do(lambda database: database.execute("DELETE FROM results"))
            self._do(lambda database: database.execute("VACUUM"))

    @contextmanager
    def _going_on(self):
        """Go on without the cache where it cannot be used, which is said once."""
        try:
            yield
        except OSError as error:
            if self.patience:
                print(f"fma: {error}; going on without it", file=sys.stderr)
            self.patience = 0

    def _do(self, action):
        """The outcome of an action on the database; a damaged file is replaced by an empty one.

        Raises OSError, one sentence, if the file cannot be used for a reason that is not in it: it
        is in use or read-only, the disk is full, a result is too large. It is left as it is.
        """
        for attempt in ("as it is", "made anew"):
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                connection = sqlite3.connect(self.path, timeout=self.patience)
                with closing(connection) as database, database:
                    database.execute("PRAGMA synchronous = OFF")  # what a power cut costs is redone
                    database.execute(self.TABLE)
                    outcome = action(database)
                    return outcome.fetchall() if isinstance(outcome, sqlite3.Cursor) else outcome
            except (sqlite3.Error, UnicodeDecodeError, OSError, OverflowError) as error:
                if attempt == "made anew" or not self._is_damage(error):
                    raise OSError(f"cache file {self.path}: {error}") from error
                self._report(f"cache file {self.path} is")
                self.path.unlink(missing_ok=True)
        raise AssertionError

    def _is_damage(self, error):
        if not isinstance(error, sqlite3.Error):
            return isinstance(error, UnicodeDecodeError)  # of a name in the file
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # none: undecodable text
        return code & 0xFF in self.DAMAGE

    @staticmethod
    def _report(what):
        print(f"fma: {what} damaged and computed again", file=sys.stderr)


def _checksum(key, packed):
    return hashlib.sha256(key.encode() + packed).digest()


def _is_sound(key, stored):
    return isinstance(stored, bytes) and stored[:32] == _checksum(key, stored[32:])
