"""`small.descend_small` compiled by Numba: the same sums in the same order, so the same bits."""

import numpy as np

from fma.folding import compiled


@compiled
def descend(W1, W2, W3, rate, slope, epochs, rows):
    """One run; arguments, result and the order of every sum as in `small.descend_small`."""
    m, a, y = rows
    count, width = len(y), len(W2)
    p, s, w, b = W1[0].copy(), W1[1].copy(), W2.copy(), np.zeros(width)
    r, b2, b3 = W3, 0.0, 0.0
    cost, top, last, tops = np.inf, 0.0, W3, np.full(epochs, np.nan)
    straight, one = np.empty(width), np.ones(count)
    z, a2, error, d, back = np.empty((5, count))

    for epoch in range(epochs):
        u0, u1, u2, bent = 0.0, 0.0, 0.0, np.zeros(width, np.bool_)
        for j in range(width):
            low = b[j] + (p[j] if p[j] > 0 else 10 * p[j]) + (s[j] if s[j] > 0 else 10 * s[j])
            high = b[j] + (10 * p[j] if p[j] > 0 else p[j]) + (10 * s[j] if s[j] > 0 else s[j])
            bent[j] = not low > 0 and not high <= 0
            straight[j] = 0.0 if bent[j] else 1.0 if low > 0 else slope
            folded = straight[j] * w[j]
            u0, u1, u2 = u0 + folded * p[j], u1 + folded * s[j], u2 + folded * b[j]
        p1, s1, b1, w1 = p[bent], s[bent], b[bent], w[bent]
        A1 = np.empty((count, len(p1)))
        for c in range(count):
            z[c] = u0 * m[c] + u1 * a[c] + (u2 + b2)
        _add_bent(z, A1, p1, s1, b1, w1, slope, m, a)

        highest = -np.inf
        for c in range(count):
            slope2 = 1.0 if z[c] > 0 else slope
            highest = max(highest, z[c])
            a2[c] = slope2 * z[c]
            error[c] = r * a2[c] + b3 - y[c]
            d[c] = error[c] * (2.0 / count)
            back[c] = slope2 * d[c]
        now = _total(error, error) / count
        if not np.isfinite(now):
            return np.inf, top, last, tops
        cost, top, last, tops[epoch] = now, highest, r, highest
        if epoch == epochs - 1:
            break

        P0, P1, P2 = _total(back, m), _total(back, a), _total(back, one)
        for j in range(width):
            factor, g = straight[j] * w[j] * r, p[j] * P0 + s[j] * P1 + b[j] * P2
            w[j] -= rate * (straight[j] * g * r)
            p[j] -= rate * (factor * P0)
            s[j] -= rate * (factor * P1)
            b[j] -= rate * (factor * P2)
        of_w, of_p, of_s, of_b = _bent_totals(back, A1, slope, m, a)
        for i, j in enumerate(np.flatnonzero(bent)):
            factor = w1[i] * r
            w[j] = w1[i] - rate * (r * of_w[i])
            p[j] = p1[i] - rate * (factor * of_p[i])
            s[j] = s1[i] - rate * (factor * of_s[i])
            b[j] = b1[i] - rate * (factor * of_b[i])
        b3 -= rate * (2.0 * (_total(error, one) / count))
        b2 -= rate * (r * P2)
        r -= rate * _total(d, a2)
    return cost, top, last, tops


@compiled
def _add_bent(z, A1, p, s, b, w, slope, m, a):
    """Set the activations of bent neurons on every row, and add what they make of z."""
    for c in range(len(z)):
        mass, acceleration = m[c], a[c]
        for i in range(len(p)):
            z1 = p[i] * mass + s[i] * acceleration + b[i]
            A1[c, i] = z1 if z1 > 0 else slope * z1
    for c in range(len(z)):
        total = z[c]
        for i in range(len(p)):
            total += w[i] * A1[c, i]
        z[c] = total


@compiled
def _total(x, y):
    """The sum of x y as NumPy adds along an array: halves, down to blocks of at most 128."""
    n = len(x)
    if n > 128:
        half = n // 2 - n // 2 % 8
        return _total(x[:half], y[:half]) + _total(x[half:], y[half:])
    sums = np.zeros(8)
    for i in range(n - n % 8):
        sums[i % 8] += x[i] * y[i]
    total = _eight(sums)
    for i in range(n - n % 8, n):
        total += x[i] * y[i]
    return total


@compiled
def _bent_totals(back, A1, slope, m, a):
    """`_total` for each bent neuron: of back A1, and of the flow through it times m, a and 1."""
    n = len(back)
    if n > 128:
        half = n // 2 - n // 2 % 8
        totals = _bent_totals(back[:half], A1[:half], slope, m[:half], a[:half])
        return totals + _bent_totals(back[half:], A1[half:], slope, m[half:], a[half:])
    sums = np.zeros((8, 4, A1.shape[1]))
    for i in range(n - n % 8):
        _add_row(sums[i % 8], back, A1, slope, m, a, i)
    total = _eight(sums)
    for i in range(n - n % 8, n):
        _add_row(total, back, A1, slope, m, a, i)
    return total


@compiled
def _add_row(sums, back, A1, slope, m, a, i):
    """Add what row i has to each of the four sums (4, bent) of every bent neuron."""
    on, off, mass, acceleration = back[i], slope * back[i], m[i], a[i]
    for j in range(A1.shape[1]):
        through = on if A1[i, j] > 0 else off
        sums[0, j] += on * A1[i, j]
        sums[1, j] += through * mass
        sums[2, j] += through * acceleration
        sums[3, j] += through


@compiled
def _eight(sums):
    """The sum of eight, in NumPy's order."""
    low, high = (sums[0] + sums[1]) + (sums[2] + sums[3]), (sums[4] + sums[5]) + (sums[6] + sums[7])
    return low + high
