"""Chapter 4: which draws of one random stream two networks receive, and what they share.

The map itself is `fma.stream_map`; here are its figures and the three claims about it.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

import fma
from fma.chapters.article import PAIR
from fma.chapters.ledger import FAILS, HOLDS, ITS_RUNS, Finding, Picture, claim
from fma.figures import ACCENT, AXIS, INK, PAPER, chart, dots
from fma.recipe import as_recipe
from fma.stream import dense, stream_map

KINDS = {"uniform": "uniform", "he": "normal", "glorot": "normal", "torch": "uniform"}


@dataclass(frozen=True)
class FirstValues:
    """The first entries of two W2 in reading order, without the factor of their layer."""

    a: np.ndarray  # (n,)
    b: np.ndarray  # (n,)
    moved: np.ndarray  # (n,) of the network whose W2 starts earlier, `shift` places on
    mover: int  # the width of that network
    shift: int  # places, 0 or more

    @property
    def in_place(self):
        """How many agree place by place."""
        return int(np.isclose(self.a, self.b, rtol=1e-12).sum())

    @property
    def after_moving(self):
        """How many of the later network's values agree with `moved`."""
        agree = [np.isclose(self.moved, late, rtol=1e-12).sum() for late in (self.a, self.b)]
        return int(max(agree))


def streams(width_a, width_b, seed, recipe):
    """The stream map of two widths under a recipe, with the draws themselves."""
    recipe = as_recipe(recipe)
    shapes = (dense((2, width, recipe.hidden, 1)) for width in (width_a, width_b))
    return stream_map(*shapes, seed=seed, kind=KINDS[recipe.init])


def first_values(width_a, width_b, seed, recipe, count=10):
    """The first `count` values of the two W2, in place and moved, as `FirstValues`.

    Both initialisations divide by the root of a layer's inputs; that factor is taken out.
    """
    recipe = as_recipe(recipe)
    networks = [fma.initialise(w, seed, recipe.init, recipe.hidden) for w in (width_a, width_b)]
    a, b = (network.W2.ravel() * np.sqrt(len(network.W2)) for network in networks)
    later = 2 * (width_b - width_a)  # draws by which B's W2 starts later than A's
    early, mover = (a, width_a) if later >= 0 else (b, width_b)
    moved = np.full(count, np.nan)
    found = early[abs(later) : abs(later) + count]
    moved[: len(found)] = found
    return FirstValues(a[:count], b[:count], moved, mover, abs(later))


# Tables, each as its head and rows ----------------------------------------------------------------


def draw_table(stream):
    """Which draws fill each matrix of the two networks."""
    head = ["matrix", *(f"width {_width(stream, side)}" for side in "ab"), "starts later by"]
    return head, [
        [
            layer.name,
            *(f"{d.flat[0]:,} to {d.flat[-1]:,}" for d in (layer.draws_a, layer.draws_b)),
            str(-layer.shift),
        ]
        for layer in stream.layers
    ]


def value_table(stream, values):
    """The first values of two W2, in place and moved (`FirstValues`)."""
    head = ["place", *(f"width {_width(stream, side)}" for side in "ab")]
    rows = zip(values.a, values.b, values.moved, strict=True)
    return [*head, f"width {values.mover}, {values.shift} places on"], [
        [str(place), *(f"{value:.3f}" for value in row)] for place, row in enumerate(rows)
    ]


def share_table(stream):
    """Numbers, places and whole neurons that the first network shares with the second."""
    head = ["matrix", "entries", "same number", "same place", "neurons", "whole neurons shared"]
    return head, [
        [
            x.name,
            *(f"{n:,}" for n in (x.draws_a.size, x.shared, x.same.sum(), x.intact.size)),
            f"{x.intact.sum():,}",
        ]
        for x in stream.layers
    ]


# Figures -----------------------------------------------------------------------------------------

LAYER_COLOURS = (AXIS, ACCENT, INK)
LAYER_HATCHES = ("", "////", "")


@chart
def stream_strip(layout, streams):
    """The draws around the first boundaries, one cell a draw, for network A above network B."""
    last_a, last_b = (layer[0].flat[-1] for layer in (_draws(streams, "a"), _draws(streams, "b")))
    first, last = sorted((int(last_a), int(last_b)))
    before, after = (3, 5) if layout.phone else (6, 10)
    cells = (16 if layout.phone else 32) - before - after
    gap = f"W2 starts at draw {last_a + 1:,} for width {_width(streams, 'a')}"
    gap += f" and at draw {last_b + 1:,} for width {_width(streams, 'b')}"
    figure, axis = layout.figure(gap, 1.5)
    shown = np.arange(max(first - before + 1, 0), min(last, first + cells) + after + 1)
    for row, side in enumerate("ab"):
        for draw in shown:
            layer, place = _owner(_draws(streams, side), draw)
            if layer is None:
                continue
            axis.add_patch(
                Rectangle(
                    (draw - 0.46, -row - 0.35),
                    0.92,
                    0.7,
                    facecolor=LAYER_COLOURS[layer % 3],
                    hatch=LAYER_HATCHES[layer % 3],
                    edgecolor=PAPER,
                    lw=0,
                )
            )
            if place == 0:
                y, side_of_text = (-1.42, "top") if row else (0.42, "bottom")
                name = f"W{layer + 1}[0, 0]"
                axis.text(draw - 0.46, y, name, va=side_of_text, color=LAYER_COLOURS[layer % 3])
    axis.set(xlim=(shown[0] - 0.7, shown[-1] + 0.7), ylim=(-1.95, 0.85), yticks=[0, -1])
    axis.set_yticklabels([f"width {_width(streams, side)}" for side in "ab"])
    axis.set_xlabel("number of the draw (grey: W1, hatched: W2)")
    axis.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axis.grid(False)
    axis.spines["left"].set_visible(False)
    return figure


def _draws(streams, side):
    return [getattr(layer, f"draws_{side}") for layer in streams.layers]


def _width(streams, side):
    return getattr(streams, f"shapes_{side}")[0][-1]


def _owner(draws, number):
    for layer, array in enumerate(draws):
        if array.flat[0] <= number <= array.flat[-1]:
            return layer, number - array.flat[0]
    return None, None


@chart
def neuron_links(layout, streams):
    """Neurons of W1 and W2 in network A, joined to the neurons of B that hold the same draws."""
    layers = streams.layers[:2]
    found = [int(layer.intact.sum()) for layer in layers]
    title = "Whole neurons that the two networks share: " + "; ".join(
        f"{layer.name} {n or 'none'} of {len(layer.intact)}"
        for layer, n in zip(layers, found, strict=True)
    )
    figure, axes = layout.figure(title, 3.0, 2, 1)
    for axis, layer in zip(axes, layers, strict=True):
        size_a, size_b = layer.draws_a.shape[-1], layer.draws_b.shape[-1]
        most = max(size_a, size_b)
        intact = np.flatnonzero(layer.intact)
        partners = layer.column_b[intact]
        x = np.column_stack([intact, partners, np.full(len(intact), np.nan)]).ravel()
        y = np.tile([1, 0, np.nan], len(intact))
        axis.plot(x, y, color=ACCENT, lw=0.8, zorder=1)
        for y, size, kept in ((1, size_a, intact), (0, size_b, partners)):
            lone = np.setdiff1d(np.arange(size), kept)
            dots(axis, kept, np.full(len(kept), y), 3.4, ACCENT)
            dots(axis, lone, np.full(len(lone), y), 3.4, AXIS)
            dots(axis, lone, np.full(len(lone), y), 1.8, PAPER)
        axis.set(xlim=(-1, most), ylim=(-0.2, 1.2), yticks=[1, 0], title=f"neurons of {layer.name}")
        axis.set_yticklabels([f"width {_width(streams, side)}" for side in "ab"])
        axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axis.spines[["left", "bottom"]].set_visible(False)
        axis.grid(False)
    axes[-1].set_xlabel("column (filled and joined: the same draws; hollow: no counterpart)")
    if layout.phone:
        axes[-1].set_xlabel("column (joined: the same draws)")
    return figure


# Claims ------------------------------------------------------------------------------------------


def _layers(s):
    return stream_map(*(dense((2, width, s.recipe.hidden, 1)) for width in PAIR)).layers


@claim(
    "C12",
    rule="Holds if the stream map, checked against NumPy, has W2 start at draws 126 and 128.",
    place="04_rng_trace#starts",
    scope=ITS_RUNS,
)
def where_w2_starts(s):
    """Where W2 starts in the stream."""
    layer = _layers(s)[1]
    starts = int(layer.draws_a.flat[0]), int(layer.draws_b.flat[0])
    return Finding(
        HOLDS if starts == (126, 128) else FAILS,
        f"Draws are numbered from 0: W2 starts at {starts[0]} and at {starts[1]}.",
        {"start_63": starts[0], "start_64": starts[1]},
        Picture("first draw of W2", {"width 63": [starts[0]], "width 64": [starts[1]]}),
    )


@claim(
    "C13",
    rule="Holds if the stream map finds 126 of the wider W1's 128 draws in both.",
    place="04_rng_trace#shared",
    scope=ITS_RUNS,
)
def what_the_two_w1_share(s):
    """Draws that the two W1 have in common."""
    layer = _layers(s)[0]
    columns, size = int(layer.intact.sum()), layer.draws_b.size
    return Finding(
        HOLDS if (layer.shared, size) == (126, 128) else FAILS,
        f"{layer.shared} of {size} draws are in both, but {columns or 'no'} neuron of 63 is found "
        "again in 64: its two weights are paired otherwise.",
        {"shared": layer.shared, "of": size, "whole_neurons": columns},
        Picture(
            "share of A found in B",
            {"numbers": [layer.shared / layer.draws_a.size], "neurons": [layer.intact.mean()]},
        ),
    )


@claim(
    "C14",
    rule="Holds if the two W2 share no draw.",
    place="04_rng_trace#shared",
    scope=ITS_RUNS,
)
def what_the_two_w2_share(s):
    """Draws that the two W2 have in common."""
    layer = _layers(s)[1]
    columns, size = int(layer.intact.sum()), layer.draws_a.size
    return Finding(
        HOLDS if layer.shared == 0 else FAILS,
        f"{layer.shared:,} of {size:,} draws are in both; {columns} of {len(layer.column_b)} "
        f"neurons are the same, row for row, {abs(layer.shift)} places along.",
        {"shared": layer.shared, "of": size, "whole_neurons": columns},
        Picture(
            "share of A found in B",
            {"numbers": [layer.shared / size], "neurons": [layer.intact.mean()]},
            threshold=0.0,
        ),
    )
