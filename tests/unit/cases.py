"""Functions of one case that the tests of the cache compute, here and in other processes."""

import functools
import os
import signal
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from fma.sweeps import compute


def square(case):
    return {"value": case * case, "root": case**0.5, "name": f"case {case}", "row": np.arange(case)}


def where(case):
    time.sleep(0.05)
    return {"process": os.getpid(), "case": case}


def logged(case):
    """Leave a line in the log for each case that is really computed, and take a while."""
    log, number, seconds = case
    with Path(log).open("a", encoding="utf-8") as lines:
        lines.write(f"{number}\n")
    time.sleep(seconds)
    return {"number": number, "row": np.full(200, float(number))}


@functools.cache
def wrapped(case):
    return {"value": case}


def threads(case):
    """What the pools of BLAS threads are limited to."""
    pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {"threads": np.array(pools)}


def heeds_ctrl_c(case):
    return {"heeds": int(signal.getsignal(signal.SIGINT) is not signal.SIG_IGN)}


def ragged(case):
    return {"row": np.zeros(case)} | ({"odd": case} if case % 2 else {})


def unfit(case):
    return {"value": None}


def failing(case):
    if case == 3:
        raise RuntimeError("case 3 fails")
    return {"value": case}


def main(log, cache, count, seconds, jobs):
    """A sweep of logged cases, one file a case, for tests that interrupt it."""
    cases = [(log, number, float(seconds)) for number in range(int(count))]
    options = {"jobs": int(jobs), "cache": cache, "milliseconds": lambda case: 5_000}
    results = compute(logged, cases, **options)
    assert [result["number"] for result in results] == list(range(int(count)))
    print("complete")
