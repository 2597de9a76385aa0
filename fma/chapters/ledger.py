"""The ledger: the article's 25 claims, each with a verdict that was computed."""

from dataclasses import dataclass, field

HOLDS = "holds"
ONLY = "holds only under a stated recipe"
FAILS = "does not hold"
UNTESTED = "cannot be tested here"
VERDICTS = (HOLDS, ONLY, FAILS, UNTESTED)


@dataclass(frozen=True)
class Claim:
    """One claim of the article and what became of it."""

    id: str  # "C01" … "C25"
    statement: str
    verdict: str  # one of VERDICTS
    evidence: str  # one sentence with the computed numbers
    test: str  # the rule of the verdict, fixed before the runs
    notebook: str  # that shows it, without its suffix
    numbers: dict = field(default_factory=dict)  # the evidence as numbers, name to value


STATEMENTS = {
    "C01": "The networks were He-initialised and trained at learning rate 1e-5.",
    "C02": "At seed 1 one more neuron, 64 for 63, turns a quick plateau into some seventy frozen "
    "epochs and a sudden fall.",
    "C03": "The printed table of eight widths.",
    "C04": "Which regime a width lands in has nothing to do with its number of parameters.",
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
    from fma.chapters.evidence import Evidence
    from fma.checks import choice

    wanted = STATEMENTS if only is None else [choice("only", i, _IDS).upper() for i in only]
    evidence = Evidence(recipe, seed, scale, progress)
    ledger = []
    for name in sorted(wanted):
        found = getattr(evidence, name.lower())()
        ledger.append(Claim(name, STATEMENTS[name], **found))
    return ledger


_IDS = tuple(name.lower() for name in STATEMENTS)
