"""The trainer with its former gradient and with the present one: ``python -m benchmarks.gradient``.

Both train the same networks in alternation, in one process with one BLAS thread. Measured is the
time of this process's processor; a ratio is taken within each round, then its median. Both follow
the same equations, but round otherwise; counted is how many runs of chapter 7 end otherwise.
"""

import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import fma
from benchmarks.former_gradient import FormerGradient
from fma import folding
from fma.chapters.border import border_study
from fma.folding import FoldedGradient
from fma.probe import probe

ROUNDS = 15
WIDTHS = (63, 64, 65, 80, 96, 105, 110, 128)
MOMENTS, STRETCH = (0, 300, 3_000), 50  # of recipe long: training resumes here for a stretch
GRADIENTS = {"former": FormerGradient, "present": FoldedGradient}
OUT = Path(__file__).with_name("gradient.md")


def runs():
    """By recipe, the runs to time: width, parameters to start from, epochs."""
    found = {
        name: [(width, fma.initialise(width, 1, fma.RECIPES[name].init), 150) for width in WIDTHS]
        for name in ("table", "script", "text")
    }
    found["long"] = [
        (trace.width, trace.parameters, STRETCH)
        for width in (63, 64, 128)
        for trace in stages(width)
    ]
    return found


def stages(width):
    """Traces that end at the moments of one long run."""
    parameters = fma.initialise(width, 1, "he")
    for start, end in zip((-1, *MOMENTS[:-1]), MOMENTS, strict=True):
        epochs = max(end - max(start, 0), 1)
        trace = fma.train(width, 1, "long", None, epochs, parameters, detail=0)
        parameters = trace.parameters
        yield trace


def seconds(recipe, cases, gradient):
    """Time to train the cases with that gradient, and their costs."""
    folding.FoldedGradient = gradient
    start = time.process_time()
    costs = [
        fma.train(width, 1, recipe, None, epochs, parameters, detail=0).cost
        for width, parameters, epochs in cases
    ]
    return time.process_time() - start, np.concatenate(costs)


def moved(study):
    """How many runs of a study, its results those of the present gradient, end otherwise."""
    folding.FoldedGradient = FormerGradient
    pairs = zip(study.cases, study.results, strict=True)
    return sum(
        probe(c)["ending"] != r["ending"] for c, r in tqdm(pairs, "moved", len(study), False)
    )


def main():
    """Measure, print the table and write it beside this file."""
    lines = ["| recipe | former, µs an epoch | present | former : present | quartiles |"]
    lines += ["|---|--:|--:|--:|--:|"]
    with threadpool_limits(1):
        for recipe, cases in runs().items():
            times, costs = {name: [] for name in GRADIENTS}, {}
            for _ in tqdm(range(ROUNDS), desc=recipe, leave=False):
                for name, gradient in GRADIENTS.items():
                    spent, costs[name] = seconds(recipe, cases, gradient)
                    times[name].append(spent)
            np.testing.assert_allclose(costs["former"], costs["present"], rtol=1e-9)
            former, present = (np.array(times[name]) for name in GRADIENTS)
            epochs = sum(case[2] for case in cases)
            low, middle, high = np.quantile(former / present, [0.25, 0.5, 0.75])
            before, now = (1e6 * np.median(t) / epochs for t in (former, present))
            lines.append(
                f"| {recipe} | {before:.0f} | {now:.0f} | {middle:.2f} | {low:.2f} to {high:.2f} |"
            )
        study = border_study()
        lines += ["", f"Of chapter 7's {len(study):,} runs {moved(study)} end otherwise."]
    text = "\n".join(lines) + "\n"
    OUT.write_text("# The gradient, former and present\n\n" + text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
