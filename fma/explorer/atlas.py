"""Build `atlas-data.js`, what the page knows before it trains: ``python -m fma.explorer.atlas``.

For each recipe and every width, over the seeds of `SEEDS`: the regime, the last cost and the
learning rate times the sharpness at the start; over the seeds of `CURVES` the cost at every epoch;
and the cost of the best plane. Costs and sharpness are kept as logarithms in steps of `STEP`, so
they are off by at most half a step; a cost that left the finite numbers is the largest value.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np

from fma.baselines import baselines
from fma.explorer.cell import cell
from fma.sweeps import compute
from fma.task import product_task

WIDTHS = range(1, 161)
SEEDS = {"table": range(1, 101), "script": range(1, 41), "text": range(1, 41)}
CURVES = {"table": range(1, 4), "script": range(1, 2), "text": range(1, 2)}
STEP = 1e-3  # of the natural logarithm
LEAST = -10.0  # the logarithm that is kept as 0
FILE = Path(__file__).parent / "atlas-data.js"


def quantise(values):
    """Logarithms of `values` in whole steps above `LEAST`, as uint16."""
    with np.errstate(divide="ignore"):
        steps = np.round((np.log(values) - LEAST) / STEP)
    return np.clip(steps, 0, 2**16 - 1).astype("<u2")


def restore(steps):
    """The values that `quantise` made into steps."""
    return np.where(steps == 2**16 - 1, np.inf, np.exp(LEAST + STEP * steps.astype(float)))


def _text(array):
    """Differences along the last axis, low bytes before high bytes: both compress well."""
    steps = np.diff(array, axis=-1, prepend=array.dtype.type(0)).astype("<u2")
    planes = np.frombuffer(steps.tobytes(), dtype=np.uint8).reshape(-1, 2).T
    return base64.b64encode(planes.tobytes()).decode()


def build(progress=True):
    """The text of `atlas-data.js`; about 15 minutes of two cores the first time."""
    plane = baselines(product_task())["affine"]
    atlas = {"widths": len(WIDTHS), "step": STEP, "least": LEAST, "plane": plane, "recipes": {}}
    for recipe, seeds in SEEDS.items():
        cases = [(recipe, width, seed) for seed in seeds for width in WIDTHS]
        cells = compute(cell, cases, label=f"atlas, {recipe}", progress=progress)
        shape = len(seeds), len(WIDTHS)
        cost = np.array([c["cost"] for c in cells]).reshape(*shape, -1)
        regimes = np.array([c["regime"] for c in cells], dtype=np.uint8)
        sharpness = np.array([c["sharpness"] for c in cells]).reshape(shape)
        atlas["recipes"][recipe] = {
            "seeds": len(seeds),
            "curves": len(CURVES[recipe]),
            "epochs": cost.shape[-1],
            "regime": base64.b64encode(regimes.tobytes()).decode(),
            "lastCost": _text(quantise(cost[..., -1])),
            "sharpness": _text(quantise(sharpness)),
            "cost": _text(quantise(cost[: len(CURVES[recipe])])),
        }
    return f"// Built by atlas.py.\nexport const ATLAS = {json.dumps(atlas, indent=1)};\n"


if __name__ == "__main__":
    FILE.write_text(build(), encoding="utf-8")
    print(FILE.name, FILE.stat().st_size, "bytes", file=sys.stderr)
