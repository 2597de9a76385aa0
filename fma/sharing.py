"""What two models share, by their numbers alone: `shared`.

No theory of a generator goes in: values are found by sorting and, up to a factor, by the ratio to
their neighbour. Floats, above all of 32 bits, can agree by coincidence; what is called shared is
more than coincidence gives, or stands in order.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

KINDS = ("same place", "moved", "scattered", "another layer", "not at all", "constant")
SAME, MOVED, SCATTERED, ELSEWHERE, ABSENT, CONSTANT = range(6)


@dataclass(frozen=True)
class Shared:
    """What `shared` found; its text is a summary."""

    layers: tuple  # a LayerShare for each array of A

    def share(self, kind):
        """Share of A's entries, without constants, that are of a kind of `KINDS`."""
        kinds = np.concatenate([layer.kind.ravel() for layer in self.layers])
        draws = np.count_nonzero(kinds != CONSTANT)
        return float(np.sum(kinds == KINDS.index(kind)) / max(draws, 1))

    def as_dict(self):
        """Plain values, for JSON."""
        shares = {kind: self.share(kind) for kind in KINDS[:CONSTANT]}
        return {"shares": shares, "layers": [layer.as_dict() for layer in self.layers]}

    def __str__(self):
        nothing = ["Nothing is shared: other seeds, other streams, or trained weights."]
        return "\n".join([*map(str, self.layers), *nothing * (self.share("not at all") == 1)])


@dataclass(frozen=True)
class LayerShare:
    """Where the values of one array of A stand in B."""

    name: str
    kind: np.ndarray  # in A's shape: for every entry an index of KINDS
    factor: float  # B's values over A's
    shifts: dict  # places further on in a row-major list, to how many entries lie so
    columns: np.ndarray  # for each column of A the one of B with all its draws, or -1
    rows: np.ndarray  # likewise for rows, where PyTorch keeps its neurons
    elsewhere: dict  # another array of B, to how many entries are in it
    chance: float  # entries of A that would find their like in this layer of B by coincidence

    def share(self, kind):
        """Share of the entries, without constants, that are of a kind of `KINDS`."""
        return Shared((self,)).share(kind)

    def intact(self, axis="columns"):
        """How many columns (or rows) of A are whole in B, and a dict of how many moved how far."""
        there = getattr(self, axis)
        moves, count = np.unique((there - np.arange(len(there)))[there >= 0], return_counts=True)
        return int(count.sum()), dict(zip(moves.tolist(), count.tolist(), strict=True))

    def as_dict(self):
        """Plain values, for JSON."""
        entries = {k: int(np.sum(self.kind == i)) for i, k in enumerate(KINDS)}
        plain = vars(self) | {"kind": entries, "shape": self.kind.shape}
        return plain | {axis: self.intact(axis) for axis in ("columns", "rows")}

    def __str__(self):
        parts = [f"{share:.0%} {k}" for k in KINDS[:CONSTANT] if (share := self.share(k)) > 0]
        lines = [f"{self.name} {self.kind.shape}: {', '.join(parts) or 'constants only'}"]
        lines[0] += f"; up to the factor {self.factor:.6g}" * (self.factor != 1)
        if self.shifts and self.share("moved"):
            by = max(self.shifts, key=self.shifts.get)
            lines.append(f"{self.shifts[by]:,} entries {_way(by, 'places')}, read row by row")
        for axis in ("columns", "rows") if self.kind.ndim > 1 else ():
            number, moves = self.intact(axis)
            moved = ", ".join(f"{n:,} {_way(by, axis)}" for by, n in list(moves.items())[:3])
            moved = f"{axis} whole in B: {moved}{', ...' * (len(moves) > 3)}"
            lines += [f"{number:,} of {len(getattr(self, axis)):,} {moved}"] * (number > 0)
        lines += [f"{n:,} entries in B's {name}" for name, n in self.elsewhere.items()]
        return "\n    ".join(lines)


def _way(by, unit):
    return f"{abs(by):,} {unit} {'on' if by > 0 else 'back'}" if by else "at the same place"


def arrays(model, name="model"):
    """A dict of the floats in nested dicts, lists, `coefs_`, `state_dict` or `get_weights`."""
    if not (found := dict(_leaves(model, "", name))):
        raise ValueError(f"{name} must hold arrays of floats, got {model!r:.60}")
    return found


def _leaves(node, path, name):
    if hasattr(node, "coefs_"):
        layers = enumerate(zip(node.coefs_, node.intercepts_, strict=True), 1)
        node = {f"{k}{i}": v for i, pair in layers for k, v in zip("Wb", pair, strict=True)}
    for method in ("state_dict", "get_weights", "_asdict"):
        node = getattr(node, method, lambda node=node: node)()
    if hasattr(node, "items") or isinstance(node, list | tuple):
        for key, child in node.items() if hasattr(node, "items") else enumerate(node):
            yield from _leaves(child, f"{path}.{key}" if path else str(key), name)
    elif node is not None:
        try:
            array = np.asarray(node.detach().cpu() if hasattr(node, "detach") else node)
            array = array if array.dtype.kind in "biuf" else array.astype(np.float32)
        except (TypeError, ValueError):
            raise ValueError(f"{name} must hold arrays of floats, got {node!r:.60}") from None
        if array.dtype.kind == "f" and array.size:
            yield path, np.atleast_1d(array)


class _Draws:
    """An array as a flat list, the places of its draws in ascending order, and their precision."""

    def __init__(self, array):
        self.shape, self.flat = array.shape, array.ravel().astype(float)
        coarse = array.dtype.itemsize < 8 or np.array_equal(self.flat.astype("f"), self.flat)
        self.eps = float(np.finfo("f" if coarse else float).eps)
        order = np.argsort(self.flat)
        starts = np.flatnonzero(np.diff(self.flat[order], prepend=np.nan) != 0)
        runs = np.diff(starts, append=len(order))
        many = np.where(runs == len(order), 1, max(10, len(order) / 100))
        often = np.repeat(runs > many, runs)
        self.order = order[~often & (self.flat[order] != 0) & np.isfinite(self.flat[order])]
        self.large = np.abs(self.flat[self.order]).max(initial=0)
        again = np.count_nonzero(np.diff(self.flat[self.order]) == 0)
        # That two draws are one float: by what the type can tell apart, or as often as it happens.
        self.coincidence = max(self.eps / 2, again / max(len(self.order) ** 2 / 2, 1))

    def ratios(self, stride):
        """Places of large draws, and the logarithm of what stands `stride` on over each."""
        large = np.zeros(len(self.flat), dtype=bool)
        large[self.order] = np.abs(self.flat[self.order]) > 0.05 * self.large
        where = np.flatnonzero(large[:-stride] & large[stride:])
        ratio = self.flat[where + stride] / self.flat[where]
        return where, np.log(np.abs(ratio)) + 100 * (ratio < 0)


def _ranges(values, wanted, tolerance):
    """Every pair (i, j) with values[j], ascending, near wanted[i]; at most 16 for an i."""
    left = np.searchsorted(values, wanted - tolerance, "left")
    count = np.minimum(np.searchsorted(values, wanted + tolerance, "right") - left, 16)
    i = np.repeat(np.arange(len(wanted)), count)
    return i, np.arange(len(i)) - np.repeat(np.cumsum(count) - count - left, count)


def _factor(a, b):
    """B's values over A's, told by ratios of neighbours in a row or a column; else None."""
    eps = max(a.eps, b.eps)
    for strides in ((1, 1), (a.shape[-1], b.shape[-1])):
        (where_a, ratio_a), (where_b, ratio_b) = a.ratios(strides[0]), b.ratios(strides[1])
        some, order = slice(None, None, 1 + len(ratio_a) // 4096), np.argsort(ratio_b)
        i, j = _ranges(ratio_b[order], ratio_a[some], 200 * eps)
        x, y = a.flat[where_a[some][i]], b.flat[where_b[order[j]]]
        x, y = x[x * y > 0], y[x * y > 0]
        order = np.argsort(y / x)
        logs, width = np.log(y / x)[order], 400 * eps
        count = np.searchsorted(logs, logs + width, "right") - np.arange(len(logs))
        if count.max(initial=0) > max(1, poisson.isf(1e-9, len(logs) * width)):
            best = order[count.argmax() :][: count.max()]
            largest = best[np.argsort(-np.abs(x[best]))][: (len(best) + 1) // 2]
            return float(np.median(y[largest] / x[largest]))
    return None


def _matches(a, b):
    """Places in A and in B of values that agree, B's factor, and the chance that two draws do."""

    def match(factor, tolerance, chance):
        i, j = _ranges(b.flat[b.order], a.flat[a.order] * factor, tolerance)
        return a.order[i], b.order[j], factor, chance

    exact = match(1.0, 0.0, max(a.coincidence, b.coincidence))
    if (
        2 * np.count_nonzero(np.bincount(exact[0])) > len(a.order)
        or (factor := _factor(a, b)) is None
    ):
        return exact
    tolerance = 4 * max(a.eps, b.eps) * b.large
    spread = b.flat[b.order].std()  # the mean density of uniform and of normal draws is 0.29 / it
    scaled = match(factor, tolerance, 0.58 * tolerance / spread)
    return max(exact, scaled, key=lambda found: np.count_nonzero(np.bincount(found[0])))


def _whole(a, b, i, j, axis):
    """For each neuron of A (two draws or more along `axis`) B's, or -1; and the pairs of these."""

    def split(v, places):
        neurons = v.shape[axis]
        return np.divmod(places, neurons if axis else len(v.flat) // neurons)[:: -1 if axis else 1]

    (own, row), (there, row_b), (every, rows) = split(a, i), split(b, j), split(a, a.order)
    common = min(len(v.flat) // v.shape[axis] for v in (a, b))
    draws = np.bincount(every[rows < common], minlength=a.shape[axis])
    level = np.flatnonzero(row == row_b)
    key = own[level] * b.shape[axis] + there[level]
    keys, of, count = np.unique(key, return_inverse=True, return_counts=True)
    own, there = np.divmod(keys, b.shape[axis])
    full, found = (count == draws[own]) & (count > 1), np.full(a.shape[axis], -1)
    found[own[full]] = there[full]
    return found, level[full[of]]


def shared(a, b):
    """Tell where A's initial values stand in B, by the numbers themselves; returns a `Shared`.

    `a` and `b` are models, not yet trained: all that `arrays` understands, as scikit-learn's, a
    PyTorch ``state_dict``, JAX's and Keras's trees. Arrays are of one layer if they have the same
    name or, where B does not know it, the same place in the order. Zeros, and what an array repeats
    more than ten times and in one entry of a hundred, are constants. Values in no order count if
    they are more than coincidence gives. Up to a factor, three draws in a row that are not near
    zero are the least that is found. Raises ValueError if a model holds no arrays of floats.
    """
    a, b = arrays(a, "a"), arrays(b, "b")
    draws = {name: _Draws(array) for name, array in b.items()}
    by_place = dict(zip(a, b, strict=True)) if len(a) == len(b) else {}
    partner = {name: name if name in b else by_place.get(name) for name in a}
    return Shared(tuple(_layer(n, _Draws(array), partner[n], draws) for n, array in a.items()))


def _layer(name, a, partner, others):
    kind, elsewhere = np.full(len(a.flat), CONSTANT), {}
    kind[a.order] = ABSENT
    factor, shifts, expected, neurons = 1.0, {}, 0.0, [np.full(a.shape[x], -1) for x in (-1, 0)]
    for other in sorted(others, key=lambda n: n != partner):
        b, home, left = others[other], other == partner, np.count_nonzero(kind == ABSENT)
        if not left or not len(b.order):
            continue
        i, j, ratio, chance = _matches(a, b)
        i, j = i[kind[i] == ABSENT], j[kind[i] == ABSENT]
        shift = j - i + len(a.flat)
        count = np.bincount(shift, minlength=1)
        # In order: at a distance that is frequent even among shuffled draws, or that most have.
        usual = poisson.isf(1e-9 / len(count), min(len(a.order), len(b.order)) * chance)
        most = (count > poisson.isf(1e-9, 1)) | (2 * count >= np.count_nonzero(np.bincount(i)))
        common = np.flatnonzero(most & (count > usual))
        ordered, by_chance = np.isin(shift, common), left * -np.expm1(-chance * len(b.order))
        if home:
            factor, expected = ratio, float(by_chance)
            shifts = {int(s) - len(a.flat): int(count[s]) for s in common}
            neurons, members = zip(*(_whole(a, b, i, j, x) for x in (-1, 0)), strict=True)
            ordered[np.concatenate(members)] = True
        kind[i[ordered]] = MOVED if home else ELSEWHERE
        rest = i[kind[i] == ABSENT]
        if np.count_nonzero(np.bincount(rest)) > poisson.isf(1e-9, by_chance):
            kind[rest] = SCATTERED if home else ELSEWHERE
        if home and len(a.shape) == len(b.shape):
            places = (np.unravel_index(p, v.shape) for p, v in ((i, a), (j, b)))
            kind[i[np.equal(*map(np.array, places)).all(axis=0)]] = SAME
        if not home and (there := left - np.count_nonzero(kind == ABSENT)):
            elsewhere[other] = int(there)
    return LayerShare(name, kind.reshape(a.shape), factor, shifts, *neurons, elsewhere, expected)
