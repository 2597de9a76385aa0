"""Before two architectures are compared: what they share at a seed, and whether the step is safe.

The limit of η λ, 2, is that of plain gradient descent: momentum β raises it to 2 (1 + β), Adam
scales each weight by itself. What else decides beyond it was found for one network; see chapter 7.
"""

from dataclasses import dataclass

from fma.checks import LARGEST_SEED, number, whole
from fma.curvature import sharpness_of
from fma.sharing import Shared, shared

PAIR = """The seed makes no pair: {:.0%} of A's draws are at their place in B. Treat one run of each
as two separate draws: run many seeds and give an interval for the difference, or draw each neuron
from a stream of its own."""
STEP = """η λ is {:.2f}, beyond 2: the first steps throw the weights, and the ending may hang on
details. Take a smaller step for both; see whether one per cent more or less ends alike."""


@dataclass(frozen=True)
class Report:
    """What `preflight` found; its text fits on a page."""

    widths: tuple
    seed: int
    shared: Shared
    sharpness: tuple  # of each model; () without gradients
    eta_sharpness: tuple  # η λ of each model; () without learning rates

    @property
    def advice(self):
        """What to do first, a tuple of sentences; empty if nothing stands in the way."""
        kept, step = self.shared.share("same place"), max(self.eta_sharpness, default=0)
        found = (PAIR.format(kept), kept < 1), (STEP.format(step), step >= 2)
        return tuple(" ".join(sentence.split()) for sentence, holds in found if holds)

    def as_dict(self):
        """Plain values, for JSON."""
        extra = {"errors": [value.error for value in self.sharpness], "advice": self.advice}
        return vars(self) | extra | {"shared": self.shared.as_dict(), "ok": not self.advice}

    def __str__(self):
        a, b = self.widths
        lines = [f"Widths {a} (A) and {b} (B), seed {self.seed}", "", str(self.shared), ""]
        for n, v in zip("AB", self.sharpness, strict=False):  # no finer than the error is known
            lines += [f"{n}: λ = {v:.6g}, to less than 1e{int(f'{v.error:e}'.split('e')[1]) + 1}"]
        lines += [f"{n}: η λ = {s:.3g}" for n, s in zip("AB", self.eta_sharpness, strict=False)]
        return "\n".join([*lines, "", *(self.advice or ("Nothing stands in the way.",))])


def preflight(make, widths=(63, 64), seed=1):
    """Look at two models of one seed before they are compared; returns a `Report`.

    ``make(width, seed)`` returns initial parameters that `fma.shared` understands, or a tuple of
    them, a gradient as for `fma.sharpness_of`, and, if wanted, a learning rate. Raises ValueError,
    one sentence, if an argument or what `make` returns is not as described.
    """
    if len(widths) != 2:
        raise ValueError(f"widths must be two whole numbers, got {widths!r}")
    widths = tuple(whole("widths", width, 1) for width in widths)
    made = [make(width, whole("seed", seed, 0, LARGEST_SEED)) for width in widths]
    if not all(isinstance(m, tuple) and len(m) in (2, 3) and callable(m[1]) for m in made):
        return Report(widths, seed, shared(*made), (), ())
    sharpness = tuple(sharpness_of(m[1], m[0]) for m in made)
    rates = [number("learning rate", r, "above 0", 1e-300, 1e300) for m in made for r in m[2:]]
    steps = tuple(float(r * s) for r, s in zip(rates, sharpness, strict=bool(rates)))
    return Report(widths, seed, shared(made[0][0], made[1][0]), sharpness, steps)
