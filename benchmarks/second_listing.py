"""The article's second listing, run as it is described, for every line it prints.

``python -m benchmarks.second_listing`` trains the 100 networks of the 20-seed test and of the width
sweep with the plain equations of ``tests/unit/reference.py``, which share no line with `fma`; about
a quarter of an hour on two cores. The costs go, in full, into
``tests/chapters/second_listing.json``: a test holds the library to them, to the two decimals that
the listing prints.
"""

import json
import sys
from pathlib import Path

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "unit"))

import reference

PATH = Path(__file__).resolve().parents[1] / "tests" / "chapters" / "second_listing.json"
PAIR = (63, 64)
SWEEP_WIDTHS = (32, 48, *range(60, 69), 80, 96, 128)
CASES = sorted(
    {(w, s) for w in PAIR for s in range(1, 21)}
    | {(w, s) for w in SWEEP_WIDTHS for s in range(1, 6)}
)


def cost(width, seed):
    """What the listing prints for one network, before it is rounded to two decimals."""
    with threadpool_limits(1):
        return float(reference.second_listing(width, seed))


def main():
    lines = Parallel(-1, return_as="generator")(delayed(cost)(*case) for case in CASES)
    costs = {}
    for (width, seed), found in zip(CASES, tqdm(lines, total=len(CASES)), strict=True):
        costs.setdefault(str(width), {})[str(seed)] = found
    PATH.write_text(json.dumps(costs, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
