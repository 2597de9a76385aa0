"""Which draw of one random stream each weight receives, and what two networks share of it.

Layers are drawn one after the other from one stream, each row by row (row-major), one draw an
entry; draws are numbered from 0. NumPy's legacy normal draws are made in pairs but handed out one
by one, so the numbering holds for them too. The map is about draws: where an initialisation scales
a draw by the layer's fan-in, the same draw gives weights equal up to a factor.
"""

from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from fma.checks import LARGEST_SEED, choice, whole

KINDS = {"uniform": np.random.RandomState.random_sample, "normal": np.random.RandomState.randn}


@dataclass(frozen=True)
class LayerMap:
    """A layer of network A beside the same layer of network B; a neuron is a column."""

    name: str  # "W1", "W2", ...
    draws_a: np.ndarray  # in A's shape: the number of the draw that each entry received
    draws_b: np.ndarray  # in B's shape
    index_b: np.ndarray  # in A's shape: where B's layer (flattened) has the same draw, -1 nowhere
    same: np.ndarray  # in A's shape: whether B has the same draw at the same place
    # For each column of A, over the rows that both layers have:
    column_b: np.ndarray  # the column of B that holds its draws, -1 if they are split or absent
    row_move: np.ndarray  # rows that its draws lie further down in B
    intact: np.ndarray  # whether B has all of it, row for row

    @property
    def shift(self):
        """Places (of the flattened layer) that a shared draw lies further on in B than in A."""
        return int(self.draws_a.flat[0] - self.draws_b.flat[0])

    @property
    def shared(self):
        """Number of draws that the two layers share, in whatever place."""
        return int(np.count_nonzero(self.index_b >= 0))

    @property
    def rows(self):
        """Number of rows that both have; columns are compared over these."""
        return min(_columns(self.draws_a).shape[0], _columns(self.draws_b).shape[0])

    @property
    def factor(self):
        """B's weight over A's for the same draw, if weights are scaled by 1/√fan-in."""
        fan_in_a, fan_in_b = (_columns(d).shape[0] for d in (self.draws_a, self.draws_b))
        return float(np.sqrt(fan_in_a / fan_in_b))


@dataclass(frozen=True)
class StreamMap:
    """What two networks initialised from the same seed share."""

    shapes_a: tuple
    shapes_b: tuple
    layers: tuple  # of LayerMap, one for each layer that both networks have
    overlap: np.ndarray  # (layers of A + 1, layers of B + 1) draws in both; last: in no layer
    values_a: tuple = ()  # with a seed: the draws themselves, unscaled, one array a layer
    values_b: tuple = ()

    def __str__(self):
        return "\n".join(_summary(self))


def dense(sizes):
    """Shapes of the weight matrices of a fully connected network: (2, 63, 1) → (2, 63), (63, 1)."""
    sizes = [whole("layer size", size, 1) for size in sizes]
    if len(sizes) < 2:
        raise ValueError(f"layer sizes must be at least two whole numbers, got {sizes!r}")
    return tuple(pairwise(sizes))


def draw_numbers(shapes):
    """For each layer an integer array of its shape: the number of the draw of each entry."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [
        np.arange(end - np.prod(shape, dtype=int), end).reshape(shape)
        for shape, end in zip(shapes, ends, strict=True)
    ]


def stream_map(shapes_a, shapes_b, seed=None, kind="normal"):
    """Map the draws of two networks whose weights come from the same random stream.

    Parameters
    ----------
    shapes_a, shapes_b : sequence of tuple
        The shapes drawn, in the order drawn, such as (2, 63), (63, 64), (64, 1) or `dense` of the
        layer sizes. Of more than two axes the last counts the neurons.
    seed : int, optional
        Also give the draws themselves, from ``RandomState(seed)``.
    kind : str
        "normal" or "uniform" draws, if a seed is given.

    Returns
    -------
    StreamMap
        Its text (`str`) is a summary.

    Raises
    ------
    ValueError
        One sentence that names the argument, its value and what is allowed.
    """
    shapes_a, shapes_b = _checked("shapes_a", shapes_a), _checked("shapes_b", shapes_b)
    numbers_a, numbers_b = draw_numbers(shapes_a), draw_numbers(shapes_b)
    layers = tuple(
        _layer_map(f"W{i}", a, b)
        for i, (a, b) in enumerate(zip(numbers_a, numbers_b, strict=False), start=1)
    )
    overlap = np.zeros((len(shapes_a) + 1, len(shapes_b) + 1), dtype=int)
    ends_a, ends_b = ([n.flat[-1] + 1 for n in numbers] for numbers in (numbers_a, numbers_b))
    total = max(ends_a[-1], ends_b[-1])
    owner_a, owner_b = (np.searchsorted(e, np.arange(total), "right") for e in (ends_a, ends_b))
    np.add.at(overlap, (owner_a, owner_b), 1)
    values = (), ()
    if seed is not None:
        random = np.random.RandomState(whole("seed", seed, 0, LARGEST_SEED))
        drawn = KINDS[choice("kind", kind, KINDS)](random, total)
        values = (tuple(drawn[n] for n in numbers) for numbers in (numbers_a, numbers_b))
    return StreamMap(shapes_a, shapes_b, layers, overlap, *values)


def _checked(name, shapes):
    allowed = (
        f"{name} must be a list of shapes such as [(2, 63), (63, 64), (64, 1)], got {shapes!r}"
    )
    try:
        shapes = tuple(tuple(whole(name, size, 1) for size in shape) for shape in shapes)
    except (TypeError, ValueError):
        raise ValueError(allowed) from None
    if not shapes or not all(shapes):
        raise ValueError(allowed)
    return shapes


def _columns(layer):
    """A layer as a matrix with one neuron a column."""
    return layer.reshape(-1, layer.shape[-1])


def _layer_map(name, a, b):
    index = a - b.flat[0]
    index_b = np.where((index >= 0) & (index < b.size), index, -1)
    same = np.zeros(a.shape, dtype=bool)
    if a.ndim == b.ndim:
        common = tuple(slice(min(sizes)) for sizes in zip(a.shape, b.shape, strict=True))
        same[common] = a[common] == b[common]
    rows = min(len(_columns(a)), len(_columns(b)))
    index = _columns(index_b)[:rows]
    found = index >= 0
    row_b, column_b = np.divmod(index, b.shape[-1])
    row_move, one_move = _constant(row_b - np.arange(rows)[:, np.newaxis], found)
    column_b, one_column = _constant(column_b, found)
    count = found.sum(axis=0)
    joined = one_move & one_column & (count >= min(2, rows))
    intact = joined & (row_move == 0) & (count == rows)
    column_b, row_move = np.where(joined, column_b, -1), np.where(joined, row_move, 0)
    return LayerMap(name, a, b, index_b, same, column_b, row_move, intact)


def _constant(values, where):
    """For each column: its value, and whether it has one and the same in all rows of `where`."""
    top = np.where(where, values, np.iinfo(int).min).max(axis=0)
    low = np.where(where, values, np.iinfo(int).max).min(axis=0)
    return top, top == low


def _summary(map_):
    for name, shapes in (("A", map_.shapes_a), ("B", map_.shapes_b)):
        total = sum(int(np.prod(shape)) for shape in shapes)
        yield f"{name}: {', '.join('x'.join(map(str, s)) for s in shapes)}, {total:,} draws"
    for layer in map_.layers:
        yield ""
        a, b = layer.draws_a, layer.draws_b
        yield f"{layer.name}  A has draws {_span(a)}, B has draws {_span(b)}."
        yield from (f"    {line}" for line in _findings(layer))
    strays = list(_strays(map_))
    yield from ["", *strays] if strays else []


def _findings(layer):
    if not layer.shared:
        yield "Nothing is shared."
        return
    size, columns, rows = layer.draws_a.size, len(layer.column_b), layer.rows
    yield f"Numbers: {layer.shared:,} of A's {size:,} entries are in B's {layer.name}."
    in_place = np.count_nonzero(layer.same)
    yield f"Places:  {in_place:,} are at the same place{_moved(layer, in_place)}."
    over = f", over the {rows:,} rows that both have" if rows > 1 else ""
    words = f"{np.count_nonzero(layer.intact):,} of A's {columns:,} columns are whole in B{over}"
    yield f"Neurons: {words}{_runs(layer, layer.intact)}."
    split = (layer.column_b >= 0) & ~layer.intact
    for move in np.unique(layer.row_move[split]):
        chosen = split & (layer.row_move == move)
        rows = f"{abs(move):,} row{'s' if abs(move) > 1 else ''}"
        way = f"{rows} {'down' if move > 0 else 'up'}" if move else "in part"
        yield f"         {np.count_nonzero(chosen):,} more in B {way}{_runs(layer, chosen)}."
    if layer.factor != 1:
        yield f"Scaled by 1/sqrt(fan-in), B's weight is {layer.factor:.4f} times A's."


def _moved(layer, in_place):
    if in_place == layer.shared:
        return ""
    if layer.shift == 0:
        return ", the others at the same place of a row-major list only"
    way = "further on" if layer.shift > 0 else "earlier"
    return f", all others {abs(layer.shift):,} places {way} in B, row by row"


def _strays(map_):
    """Draws that the two networks spend on different layers, or that one of them never makes."""
    last_a, last_b = len(map_.shapes_a), len(map_.shapes_b)
    for i, j in np.argwhere(map_.overlap):
        if i != j:
            count = f"{map_.overlap[i, j]:,} draws"
            here = f"A's W{i + 1}" if i < last_a else "never made by A"
            there = f"B's W{j + 1}" if j < last_b else "never made by B"
            yield f"{count}: {here}, {there}." if i < last_a else f"{count}: {there}, {here}."


def _span(draws):
    return f"{draws.flat[0]:,} to {draws.flat[-1]:,}"


def _runs(layer, chosen):
    """The chosen columns of A and their columns in B as ranges: ": 2 to 63 are 0 to 61"."""
    text = []
    columns = np.flatnonzero(chosen)
    for _, group in groupby(columns, lambda c: (layer.column_b[c] - c, c - np.sum(chosen[:c]))):
        first, *_, last = list(group) * 2
        a, b = (
            f"{ends[0]} to {ends[1]}" for ends in ((first, last), layer.column_b[[first, last]])
        )
        text.append(f"{a} are {b}" if first != last else f"{first} is {layer.column_b[first]}")
    return ": " + ", ".join(text) if text else ""
