"""Sweeps: order, cache, faults, interruption, two at once, a cluster."""

import json
import os
import platform
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import cases
import numpy as np
import pytest
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import fma
from fma.publish.command import _said_if_slow, main
from fma.sweeps import (
    _context,
    _platform,
    _reached,
    _Store,
    cache_folder,
    cache_size,
    clear_cache,
    compute,
)

HERE = Path(__file__).parent
SHORT = fma.Recipe("he", 1e-4, 20)
RUNS = fma.runs([5, 3], [2, 1], ["table", SHORT], ["product", "sum"])
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no POSIX signals")


def stored(cache):
    """The rows of the store: key to checksum and result."""
    path = cache / "results.sqlite"
    if not path.exists():
        return {}
    with sqlite3.connect(path) as database:
        try:
            return dict(database.execute("SELECT key, result FROM results"))
        except sqlite3.OperationalError:  # no table yet
            return {}


def quiet(runs, **options):
    return fma.sweep(runs, progress=False, **options)


def assert_same(first, second):
    for a, b in zip(first, second, strict=True):
        assert (a.width, a.seed, a.recipe, a.task) == (b.width, b.seed, b.recipe, b.task)
        assert a.final_cost == b.final_cost
        for name in ("cost", "z2_max", "gradient_norm", "alive"):
            assert getattr(a, name).tobytes() == getattr(b, name).tobytes()
            assert getattr(a, name).dtype == getattr(b, name).dtype
        assert all(
            p.tobytes() == q.tobytes() and p.shape == q.shape
            for p, q in zip(a.parameters, b.parameters, strict=True)
        )
        assert a.detail.keys() == b.detail.keys()
        assert all(np.array_equal(a.detail[name], b.detail[name]) for name in a.detail)


def by_hand(runs):
    tasks = {"product": fma.product_task(), "sum": fma.sum_task()}
    return [fma.train(r.width, r.seed, r.recipe, tasks[r.task], detail=r.detail) for r in runs]


# What comes back.


def test_runs_combines_everything_in_a_stated_order():
    assert len(RUNS) == 16
    assert RUNS[:2] == [fma.Run(5, 2, "table"), fma.Run(5, 1, "table")]
    assert RUNS[4] == fma.Run(5, 2, SHORT, "product")
    assert RUNS[8] == fma.Run(5, 2, "table", "sum")
    assert fma.Run(3, 1, "table") == fma.Run(3, 1, fma.RECIPES["table"])


def test_a_sweep_is_what_train_gives_fresh_and_from_the_cache(cache):
    mixed = [*RUNS, *fma.runs([4], [1], [SHORT], detail=7), RUNS[0]]
    expected = by_hand(mixed)
    assert_same(quiet(mixed, jobs=1), expected)
    rows = stored(cache)
    assert len(rows) == len(set(mixed))
    assert_same(quiet(mixed, jobs=1), expected)
    assert stored(cache) == rows


def test_results_do_not_depend_on_the_number_of_jobs(cache, tmp_path):
    one, two = quiet(RUNS, jobs=1), quiet(RUNS, jobs=2, cache=tmp_path / "other")
    assert_same(one, two)
    processes = compute(cases.where, range(6), jobs=2, progress=False)
    assert os.getpid() not in {result["process"] for result in processes}


def test_a_batch_computes_with_one_blas_thread_and_gives_the_others_back():
    with threadpool_limits(2):
        assert set(cases.threads(0)["threads"]) == {2}
        (found,) = compute(cases.threads, [0], jobs=1, progress=False)
        assert set(found["threads"]) == {1}
        assert set(cases.threads(0)["threads"]) == {2}


@posix_only
def test_a_worker_leaves_ctrl_c_to_the_caller():
    results = compute(cases.heeds_ctrl_c, range(2), jobs=2, progress=False)
    assert [result["heeds"] for result in results] == [0, 0]
    assert cases.heeds_ctrl_c(0)["heeds"] == 1


def test_short_work_is_done_here_and_long_work_in_other_processes(cache, monkeypatch):
    monkeypatch.delenv("LOKY_MAX_CPU_COUNT", raising=False)

    def here(numbers, milliseconds):
        found = compute(cases.where, numbers, progress=False, milliseconds=milliseconds)
        return [result["process"] == os.getpid() for result in found]

    assert all(here(range(4), lambda case: 50))
    assert not any(here(range(4, 7), lambda case: 5_000))
    assert here(range(7, 12), lambda case: 5_000 if case > 9 else 50) == [True] * 3 + [False] * 2
    enough = here(range(100, 160), lambda case: 50)  # of 3 seconds
    assert enough[0] is True
    assert not all(enough)


def test_scalars_strings_and_arrays_come_back_as_they_were(cache):
    for _ in ("fresh", "from the cache"):
        results = compute(cases.square, [4, 9, 4], jobs=1, progress=False)
        assert results[0]["value"] == 16
        assert [type(results[1][name]) for name in ("value", "root", "name")] == [int, float, str]
        assert results[1]["name"] == "case 9"
        assert np.array_equal(results[1]["row"], np.arange(9))
        assert results[2]["value"] == 16


def test_cases_of_a_batch_may_differ_in_shape_and_names(cache):
    for _ in ("fresh", "from the cache"):
        results = compute(cases.ragged, [1, 2, 3], jobs=1, progress=False)
        assert [result["row"].shape for result in results] == [(1,), (2,), (3,)]
        assert [result.get("odd") for result in results] == [1, None, 3]


def test_what_no_plain_array_can_hold_is_refused(cache):
    with pytest.raises(TypeError, match="value must be a number, a string or an array, got None"):
        compute(cases.unfit, [1], jobs=1, progress=False)


def test_an_error_in_a_case_keeps_what_was_finished(cache):
    slow_first = {"jobs": 1, "progress": False, "milliseconds": lambda case: 9_000 - case}
    with pytest.raises(RuntimeError, match="case 3 fails"):
        compute(cases.failing, range(6), **slow_first)
    assert len(stored(cache)) == 3


@pytest.mark.parametrize("bad", [(3, 1), None, fma.RECIPES["table"]])
def test_what_is_no_run_is_refused(bad):
    with pytest.raises(ValueError, match=r"^runs must be of the class Run, got .*$"):
        fma.sweep([RUNS[0], bad])


@pytest.mark.parametrize("jobs", [0, -1, 1.5, "two"])
def test_bad_jobs(jobs):
    with pytest.raises(ValueError, match=r"^jobs must be a whole number of at least 1, got "):
        fma.sweep(RUNS, jobs=jobs)


# The key.


def test_everything_that_determines_a_run_is_in_its_key(cache):
    base = fma.Run(3, 1, SHORT)
    values = {
        "init": "uniform",
        "learning_rate": np.nextafter(SHORT.learning_rate, 1),
        "epochs": 21,
        "slope": 0.02,
        "hidden": 63,
        "activation": "tanh",
    }
    assert values.keys() == set(SHORT.__dataclass_fields__)
    changes = {base, *(replace(base, recipe=replace(SHORT, **{n: values[n]})) for n in values)}
    changes |= {replace(base, width=4), replace(base, seed=2), replace(base, task="sum")}
    changes |= {replace(base, detail=1)}
    assert len(changes) == 11
    for count, run in enumerate(sorted(changes, key=repr), start=1):
        assert_same(quiet([run], jobs=1), by_hand([run]))
        assert len(stored(cache)) == count


def test_the_key_holds_the_code_but_not_its_comments(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "helper_of_key.py").write_text("FACTOR = 2\n")
    home = tmp_path / "module_of_key.py"

    def context(text):
        home.write_text(text)
        for name in ("module_of_key", "helper_of_key"):
            sys.modules.pop(name, None)
        import module_of_key

        return _context(module_of_key.function)

    text = "from fma.network import forward\n\n\ndef function(case):\n    return {'a': case}\n"
    first = context(text)
    assert context(text.replace("def", "# a comment\ndef")) == first
    assert context(text.replace("'a'", "'b'")) != first
    assert context("import fma.regimes\n" + text) != first


def test_the_key_follows_imports_inside_functions():
    assert {"fma.publish", "fma.training", "fma.folding"} <= _reached("fma.publish.command").keys()
    assert "fma.publish" not in _reached("fma.training")
    assert _reached("fma.checks").keys() == {"fma.checks"}


def test_the_key_follows_the_imports_of_a_users_package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "package_of_key"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text("A = 1")
    (package / "outer.py").write_text("import json\nfrom . import inner\nfrom .other import B\n")
    (package / "other.py").write_text("from fma.checks import whole\nB = 2")
    expected = {f"package_of_key.{name}" for name in ("inner", "outer", "other")}
    assert _reached("package_of_key.outer").keys() == expected | {"fma.checks"}


def test_the_key_holds_what_rounding_depends_on():
    numpy, scipy, *_, kernels = _platform()
    assert (numpy, scipy) == (np.__version__, version("scipy"))
    code = "import {}; from fma.sweeps import _platform; print(_platform()[-1])"
    for first in ("fma", "scipy.linalg"):  # which libraries are loaded does not matter
        words = [sys.executable, "-c", code.format(first)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == str(kernels)
    if kernels and platform.machine() == "x86_64":
        other = "Haswell" if kernels != ["Haswell"] else "Nehalem"
        environment = os.environ | {"OPENBLAS_CORETYPE": other}
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=True)
        assert done.stdout.strip() == str([other])


def test_the_platform_is_in_the_key(monkeypatch):
    before = _context(cases.square), _context(fma.sweeps._train)
    monkeypatch.setattr("fma.sweeps._platform", lambda: ["another"])
    assert not {_context(cases.square), _context(fma.sweeps._train)} & set(before)


def test_a_function_that_its_name_does_not_tell_from_others_is_refused(cache):
    def closure(factor):
        return lambda case: {"value": factor * case}

    others = closure(2), closure(3), partial(cases.square), len, np.add, closure, cases.Path.exists
    for function in others:
        with pytest.raises(ValueError, match=r"^function must stand at the top of a module, got "):
            compute(function, [1], jobs=1, progress=False)
    assert stored(cache) == {}
    assert len({_context(function) for function in (cases.square, cases.wrapped)}) == 2


def test_a_function_typed_at_a_prompt_is_refused():
    code = "import fma\ndef f(case): return {}\nfma.compute(f, [1])"
    done = subprocess.run([sys.executable], input=code, capture_output=True, text=True, check=False)
    assert "ValueError: function must stand in a module that is a file" in done.stderr


# The store.


def test_the_folder_is_the_argument_else_the_variable_else_the_users(monkeypatch, tmp_path):
    assert cache_folder(tmp_path) == tmp_path
    assert cache_folder() == Path(os.environ["FMA_CACHE"])
    monkeypatch.delenv("FMA_CACHE")
    assert cache_folder().name == "fma"


def test_a_stored_result_is_a_checksum_a_line_of_json_and_plain_arrays(cache):
    compute(cases.square, [3], jobs=1, progress=False)
    (row,) = stored(cache).values()
    line, _, data = row[32:].partition(b"\n")
    assert json.loads(line) == {"value": 9, "root": 3**0.5, "name": "case 3", "row": ["<i8", [3]]}
    assert np.array_equal(np.frombuffer(data, "<i8"), [0, 1, 2])


def test_short_cases_share_a_transaction_and_long_ones_do_not(cache, monkeypatch):
    sizes = []
    save = _Store.save
    monkeypatch.setattr(_Store, "save", lambda self, new: (sizes.append(len(new)), save(self, new)))
    quiet(fma.runs(range(1, 31), [1], [replace(SHORT, epochs=1)]), jobs=1)
    assert sum(sizes) == 30
    assert len(sizes) < 10
    sizes.clear()
    compute(cases.square, range(5), jobs=1, progress=False, milliseconds=lambda case: 5_000)
    assert sizes == [1] * 5


def test_clearing_deletes_our_results_only(cache):
    assert cache_size() == (0, 0)
    assert not cache.exists()
    quiet(RUNS[:4], jobs=1)
    (file,) = cache.iterdir()
    assert cache_size() == (4, file.stat().st_size)
    theirs = cache / "notes.txt"
    theirs.write_text("not ours")
    clear_cache()
    assert cache_size()[0] == 0
    assert cache_size()[1] < 20_000
    assert theirs.exists()


def test_a_warm_cache_is_read_at_once(cache):
    runs = fma.runs(range(1, 31), range(1, 101), [replace(SHORT, epochs=1, hidden=2)])
    first = quiet(runs, jobs=1)
    start = time.process_time()
    second = quiet(runs, jobs=1)
    assert time.process_time() - start < 1.5
    assert_same(first[::100], second[::100])


def test_one_flipped_bit_in_a_result_is_noticed(tmp_path, capsys):
    store, key, result = _Store(tmp_path), "0" * 64, b"a result"
    store.save({key: result})
    (row,) = stored(tmp_path).values()
    for i in range(8 * len(row)):
        damaged = bytearray(row)
        damaged[i // 8] ^= 1 << i % 8
        with sqlite3.connect(store.path) as database:
            database.execute("UPDATE results SET result = ?", [bytes(damaged)])
        assert store.load({key}) == {}
    reports = capsys.readouterr().err.splitlines()
    expected = f"fma: 1 results in cache file {store.path} are damaged and computed again"
    assert reports == [expected] * 8 * len(row)
    with sqlite3.connect(store.path) as database:  # nor does a result answer for another case
        database.execute("UPDATE results SET result = ?, key = ?", [row, "1" * 64])
    assert store.load({"1" * 64}) == {}


def test_one_flipped_byte_in_the_file_gives_no_wrong_result_and_no_error(tmp_path, capsys):
    store, key, result = _Store(tmp_path), "0" * 64, b"a result" * 40
    store.save({key: result, "1" * 64: b"another"})
    whole = store.path.read_bytes()
    noticed = 0
    for i in [*range(110), *range(110, len(whole), 37)]:
        damaged = bytearray(whole)
        damaged[i] ^= 0xFF
        store.path.write_bytes(damaged)
        store = _Store(tmp_path)
        assert store.load({key}) in ({}, {key: result}), i
        store.save({key: result})
        assert store.load({key}) == {key: result}, i
        reports = capsys.readouterr().err.splitlines()
        assert len(reports) <= 2
        ending = "going on without it" if i == 18 else "damaged and computed again"
        assert all(line.endswith(ending) for line in reports)  # byte 18 says it is read-only
        noticed += bool(reports)
    assert noticed > 20


@pytest.mark.parametrize("length", [0, 1, 64, 500, 5000, -1])
def test_a_truncated_file_is_reported_once_and_recomputed(cache, capsys, length):
    expected = quiet(RUNS[:1], jobs=1)
    path = cache / "results.sqlite"
    path.write_bytes(path.read_bytes()[:length])
    assert_same(quiet(RUNS[:1], jobs=1), expected)
    # what is cut to nothing is an empty cache
    assert capsys.readouterr().err.count("damaged") == (length not in (0, 1))
    assert len(stored(cache)) == 1
    assert_same(quiet(RUNS[:1], jobs=1), expected)
    assert capsys.readouterr().err == ""


def test_damaged_results_are_reported_in_one_line_and_recomputed(cache, capsys):
    expected = quiet(RUNS, jobs=1)
    with sqlite3.connect(cache / "results.sqlite") as database:
        database.execute("UPDATE results SET result = substr(result, 1, length(result) - 1)")
    assert_same(quiet(RUNS, jobs=1), expected)
    assert capsys.readouterr().err.splitlines() == [
        f"fma: 16 results in cache file {cache / 'results.sqlite'} are damaged and computed again"
    ]
    assert_same(quiet(RUNS, jobs=1), expected)
    assert capsys.readouterr().err == ""


def too_small(connection, path):
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2_000)


def full(connection, path):
    connection.execute(f"PRAGMA max_page_count = {path.stat().st_size // 4096}")


def read_only(connection, path):
    connection.execute("PRAGMA query_only = ON")


FAULTS = {
    "too big": ({"database": "cache", "timeout": 600}, too_small),
    "is full": ({"database": "cache", "timeout": 600}, full),
    "readonly": ({"database": "file:cache?mode=ro", "uri": True}, None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cache_that_cannot_be_written_is_left_and_said_once(cache, monkeypatch, capsys, fault):
    """A result too large, a full disk, a file or folder that is read-only."""
    quiet(RUNS[:2], jobs=1)
    rows, expected = stored(cache), by_hand(RUNS)
    how, prepare = FAULTS[fault]

    def connect(path, timeout, connect=sqlite3.connect):
        connection = connect(**how | {"database": how["database"].replace("cache", str(path))})
        if prepare:
            prepare(connection, path)
        return connection

    monkeypatch.setattr("sqlite3.connect", connect)
    large = [replace(run, detail=1) for run in RUNS]
    found = quiet([*RUNS, *large], jobs=1)
    monkeypatch.undo()
    assert_same(found[: len(RUNS)], expected)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"fma: cache file {cache / 'results.sqlite'}: ")
    assert fault in line
    assert line.endswith("; going on without it")
    assert rows.items() <= stored(cache).items()


def test_a_cache_that_is_in_use_for_too_long_is_left_and_said_once(cache, monkeypatch, capsys):
    expected = quiet(RUNS[:2], jobs=1)
    rows, waited = stored(cache), []

    def connect(path, timeout, connect=sqlite3.connect):
        waited.append(timeout)
        return connect(path, 0)

    with sqlite3.connect(cache / "results.sqlite") as other:
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr("sqlite3.connect", connect)
        assert_same(quiet(RUNS[:2], jobs=1), expected)
        with pytest.raises(OSError, match=r"^cache file .*results.sqlite: database is locked$"):
            clear_cache()
        monkeypatch.undo()
    assert waited[:2] == [600, 0]  # it is waited for once
    assert capsys.readouterr().err.count("\n") == 1
    assert stored(cache) == rows


def test_a_cache_folder_that_cannot_be_made_is_said_once(tmp_path, capsys):
    (tmp_path / "file").write_text("no folder")
    assert_same(quiet(RUNS[:2], jobs=1, cache=tmp_path / "file"), by_hand(RUNS[:2]))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"fma: cache file {tmp_path / 'file' / 'results.sqlite'}: ")


def test_a_result_that_sqlite_cannot_take_at_all_is_only_not_kept(tmp_path, monkeypatch, capsys):
    """Python's own limit, of 2 GB, which is no error of the database."""

    def connect(path, timeout):
        raise OverflowError("BLOB longer than INT_MAX bytes")

    monkeypatch.setattr("sqlite3.connect", connect)
    _Store(tmp_path).save({"0" * 64: b"a result"})
    assert "BLOB longer than INT_MAX bytes; going on" in capsys.readouterr().err


@pytest.mark.parametrize("sql", ["CREATE TABLE results (name TEXT)", "CREATE TABLE results (key)"])
def test_a_file_with_other_columns_is_damaged(cache, capsys, sql):
    cache.mkdir()
    with sqlite3.connect(cache / "results.sqlite") as database:
        database.execute(sql)
    expected = quiet(RUNS[:2], jobs=1)
    assert capsys.readouterr().err.endswith("results.sqlite is damaged and computed again\n")
    assert len(stored(cache)) == 2
    assert_same(quiet(RUNS[:2], jobs=1), expected)
    assert capsys.readouterr().err == ""


def test_a_result_that_became_text_is_damaged(tmp_path, capsys):
    store, key = _Store(tmp_path), "0" * 64
    store.save({key: b"a result"})
    with sqlite3.connect(store.path) as database:
        database.execute("UPDATE results SET result = CAST(x'ff00' AS TEXT)")
    assert store.load({key}) == {}
    assert "damaged and computed again" in capsys.readouterr().err
    store.save({key: b"a result"})
    assert store.load({key}) == {key: b"a result"}


# Progress.


def test_progress_counts_cases_and_tells_the_time_left(cache, capsys):
    fma.sweep(RUNS, label="a sweep", jobs=1)
    err = capsys.readouterr().err
    assert "a sweep" in err
    assert "left" in err
    assert "16 of 16 done" in err
    fma.sweep(RUNS, label="a sweep", jobs=1)
    assert capsys.readouterr().err == ""


def test_progress_can_go_to_a_file(cache, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("FMA_PROGRESS", str(tmp_path / "progress"))
    fma.sweep(RUNS, label="a sweep", jobs=1)
    assert capsys.readouterr().err == ""
    assert "16 of 16 done" in (tmp_path / "progress").read_text("utf-8")


# Interruption: real processes.


def start(log, cache, count=12, seconds=0.25, jobs=2):
    arguments = [str(log), str(cache), count, seconds, jobs]
    code = f"import cases; cases.main(*{arguments!r})"
    options = {"start_new_session": True} if os.name != "nt" else {}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def wait_for(condition, seconds=60):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "nothing happened"
        time.sleep(0.02)


def finish(log, cache, before):
    """A second start computes what is missing, and nothing that was kept."""
    log.write_text("")
    again = start(log, cache, jobs=1)
    out, err = again.communicate(timeout=120)
    assert out.strip() == "complete", err
    computed = sorted(int(line) for line in log.read_text().split())
    assert len(computed) == len(set(computed)) == 12 - before
    assert len(stored(cache)) == 12


@posix_only
def test_a_killed_process_loses_only_what_was_in_flight(cache, tmp_path):
    log = tmp_path / "log"
    process = start(log, cache)
    wait_for(lambda: len(stored(cache)) >= 3)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    kept = len(stored(cache))
    assert 3 <= kept < 12
    assert len(log.read_text().split()) - kept <= 4
    finish(log, cache, kept)


@posix_only
def test_ctrl_c_loses_only_what_was_in_flight_and_is_quiet(cache, tmp_path):
    log = tmp_path / "log"
    process = start(log, cache)
    wait_for(lambda: len(stored(cache)) >= 3)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert err.count("Traceback") == 1
    assert err.strip().endswith("KeyboardInterrupt")
    kept = len(stored(cache))
    assert len(log.read_text().split()) - kept <= 4
    finish(log, cache, kept)


def test_two_processes_at_once_share_a_folder(cache, tmp_path):
    pair = [start(tmp_path / "log", cache, seconds=0.05) for _ in range(2)]
    for process in pair:
        out, err = process.communicate(timeout=120)
        assert out.strip() == "complete", err
    assert len(stored(cache)) == 12


@posix_only
def test_ctrl_c_on_the_command_line_exits_with_130():
    command = [sys.executable, "-m", "fma", "train", "--epochs", "100000000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    while "alive" not in process.stderr.read(1) + process.stderr.readline(200):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


# A cluster.


def test_the_same_call_runs_on_a_dask_cluster(cache, tmp_path, monkeypatch):
    reason = "Dask is not installed: pip install 'fma[dask]'"
    distributed = pytest.importorskip("distributed", reason=reason)
    from joblib import parallel_config

    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "30s")
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options, local_directory=tmp_path / "dask") as cluster,
        distributed.Client(cluster) as client,
        parallel_config("dask"),
    ):
        workers = set(client.run(os.getpid).values())
        assert len(workers - {os.getpid()}) == 2
        found = quiet(RUNS)
        spread = compute(cases.where, range(8), progress=False)
    assert {result["process"] for result in spread} <= workers
    assert [result["case"] for result in spread] == list(range(8))
    assert_same(found, by_hand(RUNS))
    rows = stored(cache)
    assert len(rows) == len(RUNS) + 8
    assert_same(quiet(RUNS, jobs=1), found)
    assert stored(cache) == rows


# The command line.


@pytest.fixture
def command(capsys):
    def run(*arguments):
        try:
            code = main(arguments)
        except SystemExit as end:  # of --help
            code = end.code
        assert code == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (63, ("plateau", 136.6, 8.7, 9.7)),
        (64, ("converge", 145.4, 47.3, 37.5)),
        (65, ("plateau", 137.0, 9.5, 10.4)),
        (80, ("dead", 1346.3, -0.5, 19.0)),
        (96, ("dead", 1271.7, -1.3, 20.7)),
        (105, ("dead", 1360.6, -1.5, 5.5)),
        (110, ("converge", 135.0, 14.0, 4.2)),
        (128, ("converge", 138.2, 24.5, 30.6)),
    ],
)
def test_train_as_json(command, width, expected):
    words = ("train", "--width", str(width), "--seed", "1", "--recipe", "table", "--json")
    keys = ("width", "seed", "recipe", "regime", "final_cost", "z2_max_100", "dw2_norm_100")
    found = json.loads(command(*words))
    assert found == dict(zip(keys, (width, 1, "table", *expected), strict=True))
    assert list(found) == list(keys)


def test_what_takes_long_before_the_bar_is_said(capsys):
    for seconds, said in ((0, ""), (0.3, "Compiling, once\n")):
        with _said_if_slow("Compiling, once", 0.1):
            time.sleep(seconds)
        assert capsys.readouterr() == ("", said)


def test_train_compiles_before_its_bar_begins(command, monkeypatch):
    """Else the bar would take the time for that of an epoch."""
    done = []

    def train(*arguments, train=fma.train, **options):
        done.append("watch" in options)
        return train(*arguments, **options)

    monkeypatch.setattr(fma, "train", train)
    monkeypatch.setattr("tqdm.tqdm.__init__", _after(done, tqdm.__init__))
    command("train", "--width", "8", "--epochs", "3")
    assert done == [False, "bar", True]


def _after(done, function):
    def called(*arguments, **options):
        done.append("bar")
        return function(*arguments, **options)

    return called


def test_claims_of_reduced_scale_say_so(monkeypatch, capsys):
    claim = fma.Claim("C01", "It is so.", "verified", "", "", "pair", "")
    monkeypatch.setattr("fma.chapters.ledger.claims", lambda *arguments: [claim])
    for scale, said in (("full", False), ("quick", True)):
        for words in ((), ("--json",)):
            assert main(["claims", "--scale", scale, *words]) == 0
            assert capsys.readouterr().err.startswith("Reduced scale") == said


def test_train_heeds_the_task(command):
    words = "train", "--width", "8", "--epochs", "3", "--json"
    for task in (fma.product_task(), fma.sum_task()):
        trace = fma.train(8, 1, replace(fma.RECIPES["table"], epochs=3), task, detail=0)
        found = json.loads(command(*words, "--task", task.name))
        assert found["final_cost"] == round(trace.cost[-1], 1)
    assert json.loads(command(*words))["final_cost"] != found["final_cost"]


def test_train_says_null_for_an_epoch_that_was_not_reached(command):
    found = json.loads(command("train", "--epochs", "100", "--width", "8", "--json"))
    assert found["z2_max_100"] is found["dw2_norm_100"] is None
    assert found["final_cost"] > 0
    found = json.loads(command("train", "--learning-rate", "1", "--width", "8", "--json"))
    assert (found["regime"], found["final_cost"]) == ("diverged", None)


def test_train_prints_a_table(command):
    lines = command("train", "--width", "8", "--epochs", "3", "--slope", "0.5").splitlines()
    assert lines[0] == "product task, recipe table, epochs 3, slope 0.5: 3 epochs"
    assert lines[1].split()[:4] == ["width", "seed", "recipe", "regime"]
    assert lines[2].split()[:4] == ["8", "1", "table", "plateau"]
    trace = fma.train(8, 1, replace(fma.RECIPES["table"], epochs=3, slope=0.5), detail=0)
    before, after = round(trace.cost[-1], 1), round(trace.final_cost, 2)
    assert lines[1].endswith("after last update")
    assert lines[2].split()[4::3] == [str(before), str(after)]
    assert "before the last update" in " ".join(command("train", "--help").split())


def test_stream_and_cache_commands(cache, command):
    assert "62 of A's 64 columns are whole in B" in command("stream")
    assert command("stream", "--a", "2x3,3x1", "--b", "2,3,1").startswith("A: 2x3, 3x1, 9 draws")
    quiet(RUNS[:2], jobs=1)
    assert command("cache").startswith(f"{cache}: 2 results, 0.")
    assert command("cache", "--clear").startswith(f"{cache}: 0 results, 0.0 MB")


def test_help_names_every_command(command):
    text = command("--help")
    for name in ("train", "stream", "claims", "cache", "build", "serve"):
        assert f"    {name} " in text
        assert "usage" in command(name, "--help")
