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
    straight, bent = np.empty(width), np.empty(width, np.int64)
    A1, slopes1 = np.empty((width, count)), np.empty((width, count))
    z, a2, error, d, back, t = np.empty((6, count))
    one = np.ones(count)

    for epoch in range(epochs):
        u0, u1, u2, bends = 0.0, 0.0, 0.0, 0
        for j in range(width):
            low = b[j] + (p[j] if p[j] > 0 else 10 * p[j]) + (s[j] if s[j] > 0 else 10 * s[j])
            high = b[j] + (10 * p[j] if p[j] > 0 else p[j]) + (10 * s[j] if s[j] > 0 else s[j])
            straight[j] = 1.0 if low > 0 else slope
            if not low > 0 and not high <= 0:
                straight[j], bent[bends] = 0.0, j
                bends += 1
            folded = straight[j] * w[j]
            u0, u1, u2 = u0 + folded * p[j], u1 + folded * s[j], u2 + folded * b[j]
        for c in range(count):
            z[c] = u0 * m[c] + u1 * a[c] + (u2 + b2)
        for i in range(bends):
            j = bent[i]
            _rectify(p[j], s[j], b[j], w[j], slope, m, a, A1[i], slopes1[i], z)

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
        for i in range(bends):
            j = bent[i]
            for c in range(count):
                t[c] = slopes1[i, c] * back[c]
            factor = w[j] * r
            w[j] -= rate * (r * _total(back, A1[i]))
            p[j] -= rate * (factor * _total(t, m))
            s[j] -= rate * (factor * _total(t, a))
            b[j] -= rate * (factor * _total(t, one))
        for j in range(width):
            if straight[j]:
                factor, g = straight[j] * w[j] * r, p[j] * P0 + s[j] * P1 + b[j] * P2
                w[j] -= rate * (straight[j] * g * r)
                p[j] -= rate * (factor * P0)
                s[j] -= rate * (factor * P1)
                b[j] -= rate * (factor * P2)
        b3 -= rate * (2.0 * (_total(error, one) / count))
        b2 -= rate * (r * P2)
        r -= rate * _total(d, a2)
    return cost, top, last, tops


@compiled
def _rectify(p, s, b, w, slope, m, a, A1, slopes1, z):
    """A bent neuron on every row: its activation, its slope, and its part of z."""
    for c in range(len(m)):
        z1 = p * m[c] + s * a[c] + b
        slopes1[c] = 1.0 if z1 > 0 else slope
        A1[c] = slopes1[c] * z1
        z[c] += w * A1[c]


@compiled
def _total(x, y):
    """The sum of x y as NumPy adds along an array: halves, down to blocks of at most 128."""
    n = len(x)
    if n > 128:
        half = n // 2 - n // 2 % 8
        return _total(x[:half], y[:half]) + _total(x[half:], y[half:])
    if n < 8:
        total = 0.0
        for i in range(n):
            total += x[i] * y[i]
        return total
    r0 = r1 = r2 = r3 = r4 = r5 = r6 = r7 = 0.0
    for i in range(0, n - n % 8, 8):
        r0, r1 = r0 + x[i] * y[i], r1 + x[i + 1] * y[i + 1]
        r2, r3 = r2 + x[i + 2] * y[i + 2], r3 + x[i + 3] * y[i + 3]
        r4, r5 = r4 + x[i + 4] * y[i + 4], r5 + x[i + 5] * y[i + 5]
        r6, r7 = r6 + x[i + 6] * y[i + 6], r7 + x[i + 7] * y[i + 7]
    total = ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7))
    for i in range(n - n % 8, n):
        total += x[i] * y[i]
    return total
