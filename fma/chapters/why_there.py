"""Why the border is where it is: the sums, the swing, the pull, the race, the crossing."""

from dataclasses import replace

import numpy as np

from fma import throw
from fma.chapters.border import BELOW_BORDER, HIGHEST, LOWEST, MEAN_R, MEAN_W, made
from fma.chapters.edge_runs import UPDATES, follow
from fma.chapters.experiments import grid_runs
from fma.chapters.what_decides import ticks, written
from fma.figures import ACCENT, AXIS, INK, MUTED, REGIME_COLOURS, chart, dots, label
from fma.probe import initial
from fma.statistics import wilson_interval
from fma.sweeps import compute
from fma.task import product_task

STAND_INS = {  # layers in which one neuron stands for all
    "one neuron a layer": (1, 2),
    "layer 1 merged, layer 2 as drawn": (1,),
    "layer 2 merged, layer 1 as drawn": (2,),
}


def from_sums(sizes, hidden=64, task=None):
    """λ₀ from the size of layer 1 alone: the small map's curvature, W2 and W3 at their means."""
    r, w, _ = throw.mean_start(1, hidden)
    return throw.curvature(throw.Start(r, w, np.asarray(sizes, dtype=float)), task)


def starts(recipe, widths, seeds, *, progress=True):
    """Size of layer 1 and λ₀ of each network: two arrays (widths · seeds,)."""
    cases = grid_runs(recipe, widths, seeds)
    found = compute(initial, cases, label="starts", progress=progress)
    return tuple(np.array([f[name] for f in found]) for name in ("size", "sharpness"))


def followed(recipe, widths, seed=1, *, progress=True):
    """`follow` for some widths, with "x", η λ₀, and the small map's path from the same start.

    Returns
    -------
    dict of int to (dict, fma.throw.Start, float)
    """
    cases = grid_runs(recipe, widths, [seed])
    found = compute(follow, cases, label="first sums", progress=progress)
    before = compute(initial, cases, label="starts", progress=progress)
    paths = {}
    for width, path, b in zip(widths, found, before, strict=True):
        own = throw.Start(path["r"][0], path["w"][0], path["sigma"][0])
        paths[width] = path, throw.throw(own, b["eta_sharpness"], UPDATES), b["eta_sharpness"]
    return paths


def race(sizes, x, updates=4):
    """Who wins the race after the throw, by the small map's state after some updates.

    r² - w² and r² - σ² are conserved by small steps. So if r was left below zero, it reaches zero
    before w or σ does if r² < min(w, σ)².

    Returns
    -------
    (array of bool, array of bool)
        What that rule says, and what becomes of the map: whether the start finds back.
    """
    sizes, x = np.broadcast_arrays(sizes, x)
    begun = throw.Start(MEAN_R, MEAN_W, sizes)
    after = throw.throw(begun, x, updates)
    r, least = after.r[-1], np.minimum(after.w[-1], after.sigma[-1])
    return (least > 0) & ((r > 0) | (np.abs(r) < least)), throw.stays(begun, x)


def race_of_networks(study, *, progress=True):
    """The same race in full networks, from their sums after `UPDATES` updates.

    Returns
    -------
    dict of str to array of bool
        "race", what the rule of `race` says of each run of the Study; "sign", whether W3's sum is
        above zero.
    """
    found = compute(follow, study.cases, label="first sums", progress=progress)
    r, w, sigma = (np.array([f[name][-1] for f in found]) for name in ("r", "w", "sigma"))
    least = np.minimum(w, sigma)
    return {"race": (least > 0) & ((r > 0) | (np.abs(r) < least)), "sign": r > 0}


def leading_border(sizes, swings=3):
    """The smallest η λ₀ that `throw.leading_excess` calls lost, W2 and W3 at their means; array."""
    x = np.arange(2, 8, 1e-3)
    begun = throw.Start(MEAN_R, MEAN_W, np.asarray(sizes, dtype=float)[:, None])
    return x[(throw.leading_excess(begun, x, swings=swings) > 0).argmax(axis=1)]


def leading_errors(least=3):
    """How far `leading_border` is from the small map's border, at the mean sizes of widths.

    Returns
    -------
    dict
        "first", from which width on it is within `least` per cent; "narrowest", the per cent at
        the smallest width; "four", the least and the most per cent if four swings are counted; and
        "two", how many times as large as the map's border a step is, at the most and in steps of a
        tenth, that two swings survive at every width.
    """
    widths = np.arange(LOWEST, HIGHEST + 1)
    begun, border = throw.mean_start(widths), throw.predicted_border(widths)
    off, four = (100 * (leading_border(begun.sigma, n) / border - 1) for n in (3, 4))
    times = np.arange(1, 3, 0.1)
    survived = (throw.leading_excess(begun, np.outer(times, border), swings=2) < 0).all(axis=1)
    return {
        "first": int(widths[np.flatnonzero(np.abs(off) > least)[-1] + 1]),
        "narrowest": float(off[0]),
        "four": (float(four.min()), float(four.max())),
        "two": float(times[survived.argmin() - 1]),
    }


def falls():
    """By how much the small map's border falls with the size of layer 1, and with r* held.

    r* = P* / (w σ) is the rest about which r swings. Its distance from r₀ is held at that of equal
    layers by moving r₀; r* itself, with r₀ where it is, by scaling the targets, and with them P*.

    Returns
    -------
    dict of str to (float, float)
        Per cent of the border: from the smallest width to equal layers, and on to the largest.
    """
    sizes = np.array([*throw.mean_start([LOWEST, HIGHEST]).sigma, MEAN_W])[[0, 2, 1]]
    task, best = product_task(), throw.constants()[1]
    moved = MEAN_R + best / (MEAN_W * sizes) - best / MEAN_W**2
    scaled = [task._replace(y_train=task.y_train * size / MEAN_W) for size in sizes]

    def ends(r, tasks):
        starts = [throw.Start(*start) for start in np.broadcast(r, MEAN_W, sizes)]
        at = np.array([throw.border(*one) for one in zip(starts, tasks, strict=True)]).ravel()
        return tuple((100 * (1 - at[1:] / at[:-1])).tolist())

    return {
        "as it is": ends(MEAN_R, [task] * 3),
        "r₀ − r* held": ends(moved, [task] * 3),
        "r* held": ends(MEAN_R, scaled),
    }


def stand_ins(study, one, width, *, progress=True):
    """Plateau or not, told by fits, the small map, and networks where one neuron stands for many.

    Parameters
    ----------
    study : fma.chapters.border.Study
        Runs whose η λ₀ was given, as from `border.unseen_study`.
    one, width : fma.chapters.border.Fit
        By η λ₀ alone, and with the width.

    Returns
    -------
    dict of str to (array of bool or None, array of bool)
        Whether each run is told rightly at the network's learning rate, and at the rate that gives
        the stand-in, by its own λ₀, the network's η λ₀. The fits know η λ₀ only.
    """
    own = throw.Start(study["output"], study["middle"], study["size"])
    starts = {
        "small map, mean r and w": throw.Start(MEAN_R, MEAN_W, own.sigma),
        "small map, own three sums": own,
    }
    said = {
        name: [throw.stays(start, x) for x in (study["rate"] * throw.curvature(start), study.x)]
        for name, start in starts.items()
    }
    for name, layers in STAND_INS.items():
        same_step = [replace(case, shadow=layers) for case in study.cases]
        found = (made(c, name, progress) for c in (study.rated(shadow=layers), same_step))
        said[name] = [small.plateau for small in found]
    right = {name: tuple(v == study.plateau for v in both) for name, both in said.items()}
    fitted = {"fitted, η λ₀ alone": one, "fitted, η λ₀ and width": width}
    return {n: (None, (f.log_odds(study) > 0) == study.plateau) for n, f in fitted.items()} | right


def low_sharpness(study, *, progress=True):
    """By how many per cent λ₀ of one neuron a layer is below the network's: mean over a Study."""
    cases = study.rated(shadow=STAND_INS["one neuron a layer"])
    small = made(cases, "one neuron a layer", progress)
    return 100 * float(np.mean(1 - small["sharpness"] / study["sharpness"]))


def distances(widths, sizes, sharpness):
    """Median distance of λ₀ from `from_sums`, in per cent: by the sizes, and by the widths alone.

    Parameters
    ----------
    widths : array (widths,)
    sizes, sharpness : array (widths · seeds,)
        As from `starts`.
    """
    means = throw.mean_start(np.repeat(widths, len(sizes) // len(widths))).sigma
    return [100 * float(np.median(np.abs(sharpness / from_sums(s) - 1))) for s in (sizes, means)]


def compared(rows):
    """The predicted border beside the runs' own, over the rows of `border.by_width`.

    Returns
    -------
    dict
        "lowest" and "highest", of the runs' own borders; "median", distance of the prediction in
        per cent; "worst", the two ends of the largest, by the runs' own interval, and "narrowest",
        whether that is in the first row; "farthest", the far end of all intervals; "outside", in
        how many rows the prediction is not in the runs' own interval; "sides", whether that is
        below it in the first and above it in the last; "leans", whether the border falls more from
        the first to the last than predicted, at the near ends of both intervals.
    """
    own, low, high = np.array([row["own"] for row in rows]).T
    ahead = np.array([row["predicted"] for row in rows])
    off = 100 * np.abs(ahead / own - 1)
    ends = 100 * np.abs(ahead / (low, high) - 1)
    worst = int(np.nanargmax(off))
    better = [
        "{} to {}, the fitted threshold on η λ₀ does better".format(*row["widths"])
        + ": {one} of {runs} against {map}".format(**row)
        for row in rows
        if row["one"] > row["map"]
    ]
    return {
        "lowest": float(np.nanmin(own)),
        "highest": float(np.nanmax(own)),
        "median": float(np.nanmedian(off)),
        "worst": tuple(sorted(ends[:, worst].tolist())),
        "narrowest": worst == 0,
        "farthest": float(np.nanmax(ends)),
        "outside": int(np.sum((ahead < low) | (ahead > high))),
        "sides": bool(ahead[0] < low[0] and ahead[-1] > high[-1]),
        "leans": bool(low[0] / high[-1] > ahead[0] / ahead[-1]),
        "better": "; ".join(better) or False,
    }


# Figures ----------------------------------------------------------------------------------------


@chart
def sums(layout, sizes, sharpness):
    """λ₀ of networks against the size of layer 1, and what the sums alone say."""
    figure, axis = layout.figure("The sums of W1 set the sharpness at the start", 3.3)
    dots(axis, sizes, sharpness / 1e3, 3, REGIME_COLOURS["plateau"])
    line = np.linspace(sizes.min() * 0.97, sizes.max() * 1.02, 50)
    axis.plot(line, from_sums(line) / 1e3, color=INK, lw=1.2)
    words = "small map, W2 and W3 at their means"
    place = {"ha": "right", "va": "bottom", "color": INK}
    label(axis, line[34], from_sums(line[34]) / 1e3 * 1.04, words, **place)
    axis.set(xscale="log", yscale="log", xlabel="size of layer 1", ylabel="λ₀, thousands")
    axis.set(xlim=line[[0, -1]])
    ticks(axis.xaxis, [2, 2.5, 3, 4, 5, 6])
    ticks(axis.yaxis, [10, 20, 40, 60, 80])
    return figure


@chart
def swing(layout, paths):
    """r, w and σ over the first updates: networks as marks, the small map as lines."""
    title = "The throw: the output is thrown back and forth, and pulls both inner layers down"
    shape, height = ((3, 1), 6.2) if layout.phone else ((1, 3), 3.0)
    figure, axes = layout.figure(title, height, *shape, sharex=True)
    names = {"r": "output, r", "w": "middle, w", "sigma": "first layer, σ"}
    looks = [(REGIME_COLOURS["plateau"], "o", "-"), (REGIME_COLOURS["converge"], "^", (0, (4, 2)))]
    looks += [(MUTED, "s", (0, (1, 1)))] * max(len(paths) - 2, 0)
    for axis, (name, words) in zip(axes, names.items(), strict=True):
        for (width, (path, small, _)), (colour, sign, line) in zip(
            paths.items(), looks, strict=False
        ):
            axis.plot(getattr(small, name), color=colour, ls=line, lw=1.1)
            axis.plot(path[name], sign, color=colour, ms=4, label=f"width {width}")
        axis.axhline(0, color=AXIS, lw=0.8)
        axis.set_title(words)
        axis.set(xlabel="update" if axis is axes[-1] or not layout.phone else "")
    handles, _ = axes[0].get_legend_handles_labels()
    figure.legend(handles=handles, loc="outside lower left", ncols=3, frameon=False)
    return figure


def _state_stays(r, both, rate):
    """Whether states with w = σ (a shade apart) find back, at a fixed learning rate."""
    state = throw.Start(r, both, both * 1.001)
    return throw.stays(state, rate * throw.curvature(state))


@chart
def throws(layout, size, steps, updates=UPDATES):
    """Paths of the small map on the plane of the smaller inner layer and the output, over basins.

    Parameters
    ----------
    size : float
        σ at the start; w and r start at their means.
    steps : sequence of float
        η λ₀ of each path.
    """
    begun = throw.Start(MEAN_R, MEAN_W, float(size))
    ends = [bool(throw.stays(begun, x)) for x in steps]
    title = f"The small map from size {size:g}: "
    title += "; ".join(
        f"η λ₀ = {x:g} {'finds back' if back else 'is lost'}"
        for x, back in zip(steps, ends, strict=True)
    )
    figure, axis = layout.figure(title, 3.9)
    r, least = np.meshgrid(np.linspace(-3.4, 3.4, 137), np.linspace(0.02, 4.4, 88))
    back = _state_stays(r, least, steps[0] / throw.curvature(begun))
    for side, colour in ((back, REGIME_COLOURS["plateau"]), (~back, REGIME_COLOURS["dead"])):
        axis.contourf(least, r, side, levels=[0.5, 1.5], colors=[colour], alpha=0.13)
    axis.plot((0, 3.4), (0, -3.4), color=INK, lw=1, ls=(0, (4, 3)))
    label(axis, 2.95, -2.7, "r = -min(w, σ)", color=INK, ha="left")
    for x, colour, line in zip(steps, (INK, ACCENT, MUTED), ("-", "-", "-"), strict=False):
        path = throw.throw(begun, x, updates)
        smaller = np.minimum(path.w, path.sigma)
        axis.plot(smaller, path.r, color=colour, ls=line, lw=1.0)
        axis.plot(smaller, path.r, "o", color=colour, ms=3.5)
        for k in range(4):
            label(axis, smaller[k], path.r[k], f"{k}", shift=4, color=colour, va="center")
        last = int(np.argmin(np.abs(smaller - smaller[-1])))
        label(axis, smaller[last], path.r[last], f"η λ₀ = {x:g}", color=colour, va="bottom")
    axis.axvline(0, color=INK, lw=1.2)
    axis.set(xlim=(-0.25, 4.4), ylim=(-3.4, 3.4), xlabel="the smaller of w and σ", ylabel="r")
    axis.grid(False)
    return figure


def crossings(differences, x, updates=4000):
    """After how many updates a lost start of nearly equal inner layers loses the smaller one.

    Parameters
    ----------
    differences : array
        σ - w at the start, with w and r at their means.
    x : float
        η λ₀ beyond the border.

    Returns
    -------
    array of int
        -1 where neither crosses zero within `updates`.
    """
    path = throw.throw(throw.Start(MEAN_R, MEAN_W, MEAN_W + np.asarray(differences)), x, updates)
    crossed = np.minimum(path.w, path.sigma) < 0
    return np.where(crossed.any(axis=0), crossed.argmax(axis=0), -1)


def marks(known):
    """Widths below the limit, for `what_decides.plane`: label to (η λ₀, size, plateau)."""
    rows = zip(known["width"], known.x, known["size"], known.plateau, strict=True)
    return {str(w): (x, size, end) for w, x, size, end in rows if x < BELOW_BORDER}


def after_throw(paths):
    """Of `followed`: r after the fourth update by width, and how the map goes on beside it.

    Returns
    -------
    (dict of int to float, list of float, dict of int to bool)
        r; how far the map was off over the first four states, as shares of the range of r; and
        whether in the end the map's r is above zero and the network's below.
    """
    r = {w: path["r"][min(4, len(path["r"]) - 1)] for w, (path, _, _) in paths.items()}
    off = []
    for path, small, _ in paths.values():
        n = min(4, len(path["r"]))
        off.append(np.abs(small.r[:n] - path["r"][:n]).max() / max(np.ptp(path["r"][:n]), 1e-9))
    return r, off, {w: bool(m.r[-1] > 0 > path["r"][-1]) for w, (path, m, _) in paths.items()}


def accuracy(judged):
    """Head and rows of a table of four of the rules of `border.judge`."""
    wanted = {
        "predicted, no fit": "small map, mean r and w",
        "fitted, η λ₀ and width": "η λ₀ and width",
        "fitted, η λ₀ and size": "η λ₀ and size of layer 1",
        "fitted, η λ₀ alone": "η λ₀ alone",
    }
    return ["border", "below 5.5", "mixed band"], [
        [words, *(written(judged[rule][part]) for part in ("near", "mixed"))]
        for words, rule in wanted.items()
    ]


STAND_IN = "told by", "at the network's learning rate", "at its η λ₀"


def stand_in_rows(found):
    """Rows of a table of `stand_ins`: how often each is right, with 95 % intervals."""

    def share(right):
        if right is None:
            return "–"
        return written((right.sum(), len(right), *wilson_interval(int(right.sum()), len(right))))

    return [[name, *map(share, both)] for name, both in found.items()]


BY_WIDTH = ("widths", "runs", "predicted", "fitted", "runs' own")
BY_WIDTH += ("right: predicted", "right: fitted", "right: η λ₀ alone")


def width_row(row):
    """A row of `border.by_width` as the cells of a table."""
    low, high = row["widths"]
    at, least, most = row["own"]
    return [
        f"{low} to {high}",
        str(row["runs"]),
        f"{row['predicted']:.2f}",
        f"{row['fitted']:.2f}",
        f"{at:.2f} [{least:.2f}, {most:.2f}]" if np.isfinite(at) else "–",
        *(str(row[name]) for name in ("map", "two", "one")),
    ]
