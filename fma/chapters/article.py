"""What the article prints: *One neuron changes everything: the 63 vs 64 puzzle*.

Its numbers are data here, kept as the text that was printed, so that they are compared digit by
digit and never mixed with ours.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

import numpy as np

from fma.regimes import regime

SEED = 1
EPOCH = 100  # at which Z2_max and the norm of dW2 are printed
ENTRIES = 4  # printed of each width: final cost, regime, Z2_max and the norm of dW2


@dataclass(frozen=True)
class Printed:
    """One row of the article's table of results (seed 1)."""

    width: int
    final_cost: str
    regime: str
    z2_max: str
    dw2_norm: str


TABLE = {
    row.width: row
    for row in (
        Printed(63, "137", "plateau", "8.7", "9.7"),
        Printed(64, "145", "converge", "47.3", "37.5"),
        Printed(65, "137", "plateau", "9.5", "10.4"),
        Printed(80, "1346", "dead", "-0.5", "19.0"),
        Printed(96, "1271", "dead", "-1.3", "20.7"),
        Printed(105, "1360", "dead", "-1.5", "5.5"),
        Printed(110, "135", "converge", "14.0", "4.2"),
        Printed(128, "138", "converge", "24.5", "30.6"),
    )
}
LISTING = [  # the first lines that the second listing prints
    "seed 1: 63-net=4.49, 64-net=6.38",
    "seed 2: 63-net=5.34, 64-net=7.13",
    "seed 3: 63-net=7.02, 64-net=4.54",
]
WIDTHS = tuple(TABLE)
PAIR = (63, 64)
FALL = (80, 100)  # the epochs between which its width 64 falls
SWEEP_WIDTHS = (32, 48, 60, 61, 62, 63, 64, 65, 66, 67, 68, 80, 96, 128)


def agreement(printed, value):
    """How a computed number agrees with a printed one: "rounded", "cut" or "no".

    Parameters
    ----------
    printed : str
        A number as printed; its digits say to how many decimals it is compared.
    value : float
        The computed number.
    """
    wanted = Decimal(printed)
    if not abs(value) < 1e9:
        return "no"
    for word, rounding in (("rounded", ROUND_HALF_EVEN), ("cut", ROUND_DOWN)):
        if Decimal(float(value)).quantize(wanted, rounding=rounding) == wanted:
            return word
    return "no"


def row(trace):
    """What the article prints of a run: final cost, regime, Z2_max and ‖dW2‖ at epoch 100."""
    late = len(trace.cost) > EPOCH
    return (
        float(trace.cost[-1]),
        regime(trace),
        float(trace.z2_max[EPOCH]) if late else np.nan,
        float(trace.gradient_norm[EPOCH, 1]) if late else np.nan,
    )


def matches(row, printed):
    """Which entries of the row agree with the printed ones, digit by digit, rounded or cut."""
    cost, name, z2_max, norm = row
    return [
        agreement(printed.final_cost, cost) != "no",
        name == printed.regime,
        agreement(printed.z2_max, z2_max) != "no",
        agreement(printed.dw2_norm, norm) != "no",
    ]


def shown(traces, seed=SEED):
    """Those of the traces, made at this seed, that the printed table shows."""
    return [t for t in traces if t.width in TABLE and seed == SEED]


def entries_met(traces, seed=SEED):
    """Printed entries that come out, of how many: (met, total) over the traces at this seed.

    Traces of widths that the table does not have are left out; at another seed nothing is printed.
    """
    printed = shown(traces, seed)
    met = sum(sum(matches(row(t), TABLE[t.width])) for t in printed)
    return met, ENTRIES * len(printed)
