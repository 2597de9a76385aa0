"""The ledger: the article's 25 claims, each with a verdict that was computed.

The test of a claim stands in the module of the chapter that shows its evidence, as a function of a
`Setting` that returns a `Finding`; the decorator `claim` enters it here with its rule and the very
place in the book. Scope, for all claims alike: a claim about particular runs (a pair, the eight
widths, twenty seeds) is judged on those runs, a claim in general terms on a population of widths
and seeds; where the other scope gives another verdict, both are shown.
"""

import math
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import import_module

import numpy as np

from fma.checks import LARGEST_SEED, choice, whole
from fma.recipe import RECIPES, Recipe, as_recipe

HOLDS = "holds"
ONLY = "holds only under a stated recipe"
FAILS = "does not hold"
UNTESTED = "cannot be tested here"
VERDICTS = (HOLDS, ONLY, FAILS, UNTESTED)

ITS_RUNS = "the article's own runs"
POPULATION = "a population of widths and seeds"
SCOPES = (ITS_RUNS, POPULATION)

# The modules whose claims are collected.
CHAPTERS = (
    "regimes",
    "smoking_gun",
    "endings",
    "rng_trace",
    "seed_test",
    "which_recipe",
    "what_decides",
    "is_it_w2",
    "what_it_learned",
    "beyond",
    "fair_comparison",
)

STATEMENTS = {
    "C01": "The networks were He-initialised and trained at learning rate 1e-5.",
    "C02": "At seed 1 one more neuron, 64 for 63, turns a quick plateau into some seventy frozen "
    "epochs and a sudden fall.",
    "C03": "The printed table of eight widths.",
    "C04": "The outcome is no capacity curve: which regime a width lands in has nothing to do with "
    "its number of parameters.",
    "C05": "Plateau: activity is spread over many layer-2 neurons and none dominates.",
    "C06": "Dead: every layer-2 pre-activation is negative and gradients are 100 times too weak.",
    "C07": "Converge: one or two layer-2 neurons dominate.",
    "C08": "Only the converge regime learns the product; a plateau is a sum of separate "
    "contributions of m and a.",
    "C09": "Z2_max at epoch 100 separates the three regimes.",
    "C10": "At epoch 100 the gradient of W2 is nearly four times larger at width 64 than at 63.",
    "C11": "LeakyReLU's 100-fold asymmetry of gradients drives winner-take-all growth.",
    "C12": "W2 starts at draw 126 for width 63 and at draw 128 for width 64.",
    "C13": "The two W1 share 126 of 128 values.",
    "C14": "The two W2 hold completely different random numbers.",
    "C15": "The regime is decided by whether W2's part of the random stream holds a neuron with a "
    "large positive pre-activation at the start.",
    "C16": "Over 20 seeds neither width wins consistently and their means are similar.",
    "C17": "Around widths 60 to 68 the regime depends on seed and width together; no width is "
    "special.",
    "C18": "Learning m + a converges reliably whatever the width.",
    "C19": "The dominant neuron's incoming weights encode the interaction of m and a.",
    "C20": "The chance of ending dead falls as the width grows.",
    "C21": "With ReLU, slope 0, dead networks never recover.",
    "C22": "With GELU or SiLU the three regimes may soften or vanish.",
    "C23": "A 63-wide network gets stuck where a 64-wide one does not, over 50,000 epochs.",
    "C24": "The decisive neuron exists at the start and fixes the whole course of training.",
    "C25": "Comparing architectures at one shared seed is not a controlled experiment, and "
    "averaging over seeds is the remedy.",
}

_IDS = tuple(name.lower() for name in STATEMENTS)


@dataclass(frozen=True)
class Sizes:
    """How many runs of each kind the tests make."""

    border: int = 3600
    seeds: int = 20  # of the population over widths and of the long runs
    pairs: int = 200
    strangers: int = 100
    variant: int = 120
    knocks: int = 8
    revivals: int = 4
    long_epochs: int = 10_000
    pair_epochs: int = 50_000
    sixties: int = 100  # seeds of widths 60 to 68

    @property
    def unseen(self):
        """Fresh networks on which the rules of the border are judged."""
        return self.border // 6


SIZES = {"full": Sizes(), "quick": Sizes(150, 5, 12, 6, 20, 1, 1, 300, 1000, 5)}


@dataclass(frozen=True)
class Setting:
    """What is audited: a recipe, the seed of single runs, and how many runs are made."""

    recipe: Recipe
    name: str = "table"
    seed: int = 1
    sizes: Sizes = SIZES["full"]
    progress: bool = True

    @cached_property
    def recipes(self):
        """The audited recipe and the two that the article states, by name."""
        return {self.name: self.recipe} | {name: RECIPES[name] for name in ("text", "script")}

    def under(self, holds):
        """The verdict of something that is true or false under each recipe (name to bool)."""
        if all(holds.values()):
            return HOLDS
        return ONLY if any(holds.values()) else FAILS


@dataclass(frozen=True)
class Picture:
    """What the small figure of a claim shows: runs as dots, the rule's threshold, an interval."""

    axis: str
    groups: dict  # label to values, one a run
    threshold: float | None = None
    interval: tuple | None = None  # low and high
    log: bool = False


@dataclass(frozen=True)
class Finding:
    """What the test of a claim found."""

    verdict: str  # one of VERDICTS
    evidence: str  # one sentence with the computed numbers
    numbers: dict = field(default_factory=dict)  # the evidence as numbers, name to value
    picture: Picture | None = None
    other: str = ""  # what the other scope gives, where it gives another verdict
    was: str = ""  # the former rule, if it was changed after a run, and what it gave


@dataclass(frozen=True)
class Claim:
    """One claim of the article and what became of it."""

    id: str  # "C01" … "C25"
    statement: str
    verdict: str  # one of VERDICTS
    evidence: str  # one sentence with the computed numbers
    rule: str  # of the verdict, stated before the runs
    scope: str  # one of SCOPES
    place: str  # that shows the evidence: page#anchor, the page without its suffix
    other: str = ""
    was: str = ""
    numbers: dict = field(default_factory=dict)
    picture: Picture | None = None

    def plain(self):
        """The claim as JSON can say it: without its picture."""
        values = asdict(self)
        del values["picture"]
        return values


_TESTS = {}  # id to (function, rule, place, scope)


def claim(name, *, rule, place, scope):
    """Enter the decorated function as the test of claim `name`.

    Parameters
    ----------
    name : str
        "C01" … "C25".
    rule : str
        A sentence: when the claim holds.
    place : str
        Where the book shows the evidence: page#anchor, the page without its suffix.
    scope : str
        `ITS_RUNS` or `POPULATION`.
    """
    choice("name", name, _IDS)
    choice("scope", scope, SCOPES)

    def enter(test):
        if name in _TESTS and _TESTS[name][0].__module__ != test.__module__:
            raise ValueError(f"{name} is tested in {_TESTS[name][0].__module__} already")
        _TESTS[name] = test, rule, place, scope
        return test

    return enter


def tests():
    """All tests that the chapters enter: id to (function, rule, place, scope), in order."""
    for chapter in CHAPTERS:
        import_module(f"fma.chapters.{chapter}")
    return dict(sorted(_TESTS.items()))


def claims(recipe="table", seed=1, scale="full", only=None, progress=True):
    """Test the article's claims and return the ledger.

    From an empty cache the full scale takes minutes; what the notebooks or an earlier call have
    computed is fetched.

    Parameters
    ----------
    recipe : str or Recipe
        The recipe that is audited, beside the article's own `text` and `script`.
    seed : int
        The article's is 1.
    scale : str
        "full", or "quick" for fewer runs: verdicts may then differ, and the evidence says so by
        its numbers of runs.
    only : iterable of str, optional
        Ids of the claims to test.
    progress : bool
        Show progress bars.

    Returns
    -------
    list of Claim
        In the order of their ids.

    Raises
    ------
    ValueError
        One sentence that names the argument, its value and what is allowed.
    """
    name = recipe if isinstance(recipe, str) else "the given recipe"
    setting = Setting(
        as_recipe(recipe),
        name,
        whole("seed", seed, 0, LARGEST_SEED),
        SIZES[choice("scale", scale, SIZES)],
        progress,
    )
    wanted = set(STATEMENTS) if only is None else {choice("only", i, _IDS).upper() for i in only}
    ledger = []
    for name, (test, rule, place, scope) in tests().items():
        if name in wanted:
            found = test(setting)
            ledger.append(
                Claim(
                    name,
                    STATEMENTS[name],
                    found.verdict,
                    found.evidence,
                    rule,
                    scope,
                    place,
                    found.other,
                    found.was,
                    {key: _plain(value) for key, value in found.numbers.items()},
                    found.picture,
                )
            )
    return ledger


def _plain(value):
    """A number as JSON knows it; None for what is not finite."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, str) or math.isfinite(value) else None
