"""Sweeps: order, cache, faults, interruption, two at once, a cluster."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import cases
import numpy as np
import pytest

import fma
from fma.sweeps import (
    _context,
    _load,
    _reached,
    _store,
    cache_folder,
    cache_size,
    clear_cache,
    compute,
)

HERE = Path(__file__).parent
SHORT = fma.Recipe("he", 1e-4, 20)
RUNS = fma.runs([5, 3], [2, 1], ["table", SHORT], ["product", "sum"])
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no POSIX signals")


def files(cache):
    return sorted(cache.glob("*/*"))


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
    stored = files(cache)
    assert_same(quiet(mixed, jobs=1), expected)
    assert files(cache) == stored


def test_results_do_not_depend_on_the_number_of_jobs(cache, tmp_path):
    one, two = quiet(RUNS, jobs=1), quiet(RUNS, jobs=2, cache=tmp_path / "other")
    assert_same(one, two)
    processes = compute(cases.where, range(6), jobs=2, progress=False)
    assert os.getpid() not in {result["process"] for result in processes}


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
    assert len(files(cache)) == 3


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
        assert len(files(cache)) == count


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
    assert {"fma.publish", "fma.training", "fma.folding"} <= _reached("fma.publish.command", set())
    assert "fma.publish" not in _reached("fma.training", set())
    assert _reached("fma.checks", set()) == {"fma.checks"}


def test_a_function_typed_at_a_prompt_is_refused():
    code = "import fma\ndef f(case): return {}\nfma.compute(f, [1])"
    done = subprocess.run([sys.executable], input=code, capture_output=True, text=True, check=False)
    assert "ValueError: function must stand in a module that is a file" in done.stderr


# The files.


def test_the_folder_is_the_argument_else_the_variable_else_the_users(monkeypatch, tmp_path):
    assert cache_folder(tmp_path) == tmp_path
    assert cache_folder() == Path(os.environ["FMA_CACHE"])
    monkeypatch.delenv("FMA_CACHE")
    assert cache_folder().name == "fma"


def test_files_are_plain_archives_of_arrays(cache):
    quiet(RUNS[:2], jobs=1)
    for path in files(cache):
        with np.load(path, allow_pickle=False) as arrays:
            assert "keys" in arrays.files
            assert all(not arrays[name].dtype.hasobject for name in arrays.files)
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
        with pytest.raises(pickle.UnpicklingError):
            pickle.loads(path.read_bytes())


def test_short_cases_share_files_and_long_ones_do_not(cache):
    short = fma.runs(range(1, 31), [1], [replace(SHORT, epochs=1)])
    quiet(short, jobs=1)
    assert len(files(cache)) < len(short) / 3
    clear_cache()
    compute(cases.square, range(5), jobs=1, progress=False, milliseconds=lambda case: 5_000)
    assert len(files(cache)) == 5


def test_clearing_deletes_our_files_only(cache):
    quiet(RUNS[:4], jobs=1)
    count, size = cache_size()
    assert count == len(files(cache)) > 0
    assert size == sum(path.stat().st_size for path in files(cache))
    theirs = [cache / "notes.npz", files(cache)[0].parent / "mine.npz", cache / "a" / "b.npz"]
    for path in theirs:
        path.parent.mkdir(exist_ok=True)
        path.write_text("not ours")
    clear_cache()
    assert cache_size() == (0, 0)
    assert all(path.exists() for path in theirs)


def test_one_flipped_byte_anywhere_is_noticed(tmp_path, capsys):
    key = "0" * 64
    result = {key: {"value": np.array(3), "row": np.arange(4.0)}}
    _store(tmp_path, result)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    assert _load(tmp_path, {key})[key]["value"] == 3
    for i in range(len(whole)):
        damaged = bytearray(whole)
        damaged[i] ^= 1 << i % 8
        path.write_bytes(damaged)
        assert _load(tmp_path, {key}) == {}
        assert not path.exists()
    reports = capsys.readouterr().err.splitlines()
    assert len(reports) == len(whole)
    assert set(reports) == {f"fma: cache file {path} is damaged and is computed again"}


@pytest.mark.parametrize("length", [0, 1, 64, 65, 500, -1])
def test_a_truncated_file_is_reported_once_and_recomputed(cache, capsys, length):
    expected = quiet(RUNS[:1], jobs=1)
    (path,) = files(cache)
    whole = path.read_bytes()
    path.write_bytes(whole[:length])
    assert_same(quiet(RUNS[:1], jobs=1), expected)
    assert capsys.readouterr().err.count("damaged") == 1
    assert path.read_bytes() == whole
    quiet(RUNS[:1], jobs=1)
    assert capsys.readouterr().err == ""


def test_a_damaged_batch_is_recomputed_too(cache, capsys):
    expected = quiet(RUNS, jobs=1)
    for path in files(cache):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 16
        path.write_bytes(data)
    assert_same(quiet(RUNS, jobs=1), expected)
    assert "damaged" in capsys.readouterr().err


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
    again = start(log, cache)
    out, err = again.communicate(timeout=120)
    assert out.strip() == "complete", err
    computed = sorted(int(line) for line in log.read_text().split())
    assert len(computed) == len(set(computed)) == 12 - before
    assert len(list(cache.glob("*/*.npz"))) == 12


@posix_only
def test_a_killed_process_loses_only_what_was_in_flight(cache, tmp_path):
    log = tmp_path / "log"
    process = start(log, cache)
    wait_for(lambda: len(list(cache.glob("*/*.npz"))) >= 3)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    kept = len(list(cache.glob("*/*.npz")))
    assert 3 <= kept < 12
    assert len(log.read_text().split()) - kept <= 4
    finish(log, cache, kept)


@posix_only
def test_ctrl_c_loses_only_what_was_in_flight_and_is_quiet(cache, tmp_path):
    log = tmp_path / "log"
    process = start(log, cache)
    wait_for(lambda: len(list(cache.glob("*/*.npz"))) >= 3)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert err.count("Traceback") == 1
    assert err.strip().endswith("KeyboardInterrupt")
    kept = len(list(cache.glob("*/*.npz")))
    assert len(log.read_text().split()) - kept <= 4
    assert not list(cache.glob("*/*.tmp"))
    finish(log, cache, kept)


def test_two_processes_at_once_share_a_folder(cache, tmp_path):
    pair = [start(tmp_path / "log", cache, seconds=0.05) for _ in range(2)]
    for process in pair:
        out, err = process.communicate(timeout=120)
        assert out.strip() == "complete", err
    assert len(list(cache.glob("*/*.npz"))) == 12
    assert not list(cache.glob("*/*.tmp"))
    for path in files(cache):
        with np.load(path, allow_pickle=False) as arrays:
            assert arrays["all/row"].shape == (1, 200)


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
    stored = files(cache)
    assert stored
    assert_same(quiet(RUNS, jobs=1), found)
    assert files(cache) == stored


# The command line.


def command(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "fma", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


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
def test_train_as_json(width, expected):
    words = ("train", "--width", str(width), "--seed", "1", "--recipe", "table", "--json")
    keys = ("width", "seed", "recipe", "regime", "final_cost", "z2_max_100", "dw2_norm_100")
    found = json.loads(command(*words))
    assert found == dict(zip(keys, (width, 1, "table", *expected), strict=True))
    assert list(found) == list(keys)


def test_train_says_null_for_an_epoch_that_was_not_reached():
    found = json.loads(command("train", "--epochs", "100", "--width", "8", "--json"))
    assert found["z2_max_100"] is found["dw2_norm_100"] is None
    assert found["final_cost"] > 0
    found = json.loads(command("train", "--learning-rate", "1", "--width", "8", "--json"))
    assert (found["regime"], found["final_cost"]) == ("diverged", None)


def test_train_prints_a_table():
    lines = command("train", "--width", "8", "--epochs", "3", "--slope", "0.5").splitlines()
    assert lines[0] == "product task, recipe table, epochs 3, slope 0.5: 3 epochs"
    assert lines[1].split()[:4] == ["width", "seed", "recipe", "regime"]
    assert lines[2].split()[:4] == ["8", "1", "table", "plateau"]


def test_stream_and_cache_commands(cache):
    assert "62 of A's 64 columns are whole in B" in command("stream")
    assert command("stream", "--a", "2x3,3x1", "--b", "2,3,1").startswith("A: 2x3, 3x1, 9 draws")
    quiet(RUNS[:2], jobs=1)
    assert command("cache").startswith(f"{cache}: {len(files(cache))} files")
    assert command("cache", "--clear").startswith(f"{cache}: 0 files, 0.0 MB")


def test_help_names_every_command():
    text = command("--help")
    for name in ("train", "stream", "claims", "cache", "build", "serve"):
        assert f"    {name} " in text
        assert "usage" in command(name, "--help")
