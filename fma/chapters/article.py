"""What the article prints: *One neuron changes everything: the 63 vs 64 puzzle*.

Its numbers are data here, kept as the text that was printed, so that they are compared digit by
digit and never mixed with ours.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

TITLE = "One neuron changes everything: the 63 vs 64 puzzle"
SEED = 1
EPOCH = 100  # at which Z2_max and the norm of dW2 are printed


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
WIDTHS = tuple(TABLE)
GRADIENT_WIDTHS = (63, 64, 65, 110, 128)  # of its figure of gradient norms
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
