"""The gradient of a LeakyReLU network, with all that is straight in it folded away, compiled.

LeakyReLU is z times a slope, 1 or s, on either side of zero. A neuron is bent if its pre-activation
has both signs on the training rows, and straight if it has one. With x = (m, a, 1) for a row, four
identities save most of the work; the result is `network.gradient`'s, up to rounding:

1. A straight neuron is its slope times its pre-activation. A bent one is s z + (1 - s) max(z, 0).
   So Z2 is an affine function of x plus a weighted sum of the bent layer-1 neurons' max(z, 0).
2. In the same way the answer is an affine function of these inputs plus the bent layer-2 neurons.
3. Z2 lies between convex functions of x that are largest, or smallest, in a corner (`_bounds`).
   Where they tell its sign, it is not computed row by row.
4. What flows back through straight neurons is the error times one number a neuron. So dW2 is of
   rank one while layer 2 is straight, and one row of products a bent neuron is added otherwise.

The loops are compiled by Numba, without reordering of sums; matrix products are BLAS's.
"""

import numpy as np
from numba import literal_unroll, njit

from fma.network import Parameters

compiled = njit(cache=True, error_model="numpy")


class FoldedGradient:
    """The gradient of one network; `parameters` may change in place."""

    def __init__(self, parameters, task, slope):
        width, hidden = parameters.W2.shape
        m, a = task.x_train.T
        box = [[f(m), g(a)] for f in (np.min, np.max) for g in (np.min, np.max)]
        near = [np.argmin(m + a), np.argmin(m - a), np.argmax(m - a), np.argmax(m + a)]
        self.parameters, y = parameters, task.y_train[:, 0].copy()
        self.corners = np.concatenate([box, task.x_train[near]])  # of the data's box, then 4 rows
        inputs = np.ones((3 + width, len(m)))  # of layer 2: m, a, 1 and the bent neurons
        inputs[:2] = m, a
        buffers = (np.empty((size, len(m))) for size in (width, hidden, 1 + hidden))
        self.data = self.corners, y, float(slope), inputs, *buffers

    def __call__(self):
        """Return what `network.gradient` does: cost, Parameters, (largest Z2, neurons alive)."""
        return self._run(_gradient)

    def descend(self, rate, epochs):
        """Do and return what `training.descent` does; `parameters` are in C order."""
        return self._run(_descend, float(rate), epochs)

    def _run(self, compiled, *more):
        try:
            return compiled(self.parameters, self.data, *more)
        except SystemError as error:  # how Numba passes on a Ctrl-C that came while its code ran
            while error.__cause__:
                error = error.__cause__
            raise error from None


@compiled
def _descend(parameters, data, rate, epochs):
    """`training.descent`."""
    records = []
    for _ in range(epochs):
        cost, gradient, (z2_max, alive) = _gradient(parameters, data)
        W1, W2, W3 = gradient.W1.ravel(), gradient.W2.ravel(), gradient.W3.ravel()
        norms = np.sqrt(np.vdot(W1, W1)), np.sqrt(np.vdot(W2, W2)), np.sqrt(np.vdot(W3, W3))
        records.append((cost if np.isfinite(cost) else np.inf, z2_max, norms, alive))
        if not np.isfinite(cost):
            break
        for i in literal_unroll((0, 1, 2, 3, 4, 5)):
            _add(parameters[i].ravel(), -rate, gradient[i].ravel())
    return records


@compiled
def _gradient(parameters, data):
    """Cost, gradient and tops; a neuron is a row of `inputs` and of the four buffers after it.

    `bent` lists a layer's bent neurons, `slopes` has the slope of each neuron's affine term.
    """
    W1, b1, W2, b2, W3, b3 = parameters
    corners, y, slope, inputs, dZ1, Z2, dZ2 = data
    bend, w3 = 1 - slope, W3[:, 0].copy()

    # Layer 1, and layer 2 as weights.T @ inputs (identity 1).
    ends1, low1, high1 = _corner_values(W1, b1, corners)
    bent1, slopes1 = _sides(low1, high1, slope)
    inputs = inputs[: 3 + len(bent1)]
    for i, j in enumerate(bent1):
        for row in range(len(y)):
            z = W1[0, j] * inputs[0, row] + W1[1, j] * inputs[1, row] + b1[j]
            inputs[3 + i, row] = z if z > 0 else 0.0
    weights = _weights(W1, b1, W2, b2, slopes1, bent1, bend)

    # Layer 2, row by row only where the bounds leave it open (identity 3).
    low2, high2, asked = _bounds(weights, ends1, bent1, corners)
    Z2 = Z2[: len(asked)]
    np.dot(weights.T[asked], inputs, Z2)
    top = np.full(len(y), -np.inf)
    for i, h in enumerate(asked):
        on = _rectify(Z2[i], top)
        low2[h], high2[h] = on == len(y), on > 0  # of these the signs will do
    bent2, slopes2 = _sides(low2, high2, slope)
    places = np.searchsorted(asked, bent2)  # theirs in Z2

    # The answer, and its error (identity 2).
    straight, kinks = slopes2 * w3, bend * w3[bent2]
    answer = np.dot(weights, straight)
    error = np.dot(answer, inputs) + (b3[0] - y)
    for i, place in enumerate(places):
        _add(error, kinks[i], Z2[place])
    cost = np.dot(error, error) / len(y)

    # Backward: the first row of dZ2 is that of all straight terms (identity 4).
    dZ2 = dZ2[: 1 + len(bent2)]
    for row in range(len(y)):  # the row at once costs Numba seconds to compile
        dZ2[0, row] = 2 / len(y) * error[row]
    for i, place in enumerate(places):
        for row in range(len(y)):
            dZ2[1 + i, row] = dZ2[0, row] if Z2[place, row] > 0 else 0.0
    products = np.dot(dZ2, inputs.T)
    d_weights = products[:1].T * straight
    dW3 = slopes2 * np.dot(products[0], weights)
    for i, h in enumerate(bent2):
        for k in range(len(weights)):
            d_weights[k, h] += kinks[i] * products[1 + i, k]
        dW3[h] += bend * np.dot(Z2[places[i]], dZ2[0])

    # Layer 1: through its affine terms, then through the bent neurons.
    dW2, of_m, of_a, of_1 = np.empty_like(W2), d_weights[0], d_weights[1], d_weights[2]
    for j in range(len(b1)):
        for h in range(len(b2)):
            dW2[j, h] = slopes1[j] * (W1[0, j] * of_m[h] + W1[1, j] * of_a[h] + b1[j] * of_1[h])
    d_layer1 = np.dot(d_weights[:3], W2.T) * slopes1
    dZ1, back = dZ1[: len(bent1)], np.empty((len(bent1), 1 + len(bent2)))
    for k in range(len(bent1)):
        back[k, 0] = answer[3 + k]
        for i, h in enumerate(bent2):
            back[k, 1 + i] = kinks[i] * weights[3 + k, h]
    if len(bent2):
        np.dot(back, dZ2, dZ1)
    for i in range(len(bent1)):
        for row in range(len(y)):
            flow = dZ1[i, row] if len(bent2) else back[i, 0] * dZ2[0, row]
            dZ1[i, row] = flow if inputs[3 + i, row] > 0 else 0.0
    own = np.dot(inputs[:3], dZ1.T)
    for i, j in enumerate(bent1):
        _add(dW2[j], bend, d_weights[3 + i])
        for k in range(3):
            d_layer1[k, j] += own[k, i]
    dW3, db3 = dW3.reshape(-1, 1), products[0, 2:3]
    gradient = Parameters(d_layer1[:2], d_layer1[2], dW2, of_1, dW3, db3)
    return cost, gradient, (top.max(), np.sum(high2 > 0))


@compiled
def _corner_values(W1, b1, corners):
    """Z1 in every corner (8, width), and the least and the largest of each neuron's."""
    ends = np.empty((len(corners), len(b1)))
    low, high = np.full(len(b1), np.inf), np.full(len(b1), -np.inf)
    for c in range(len(corners)):
        for j in range(len(b1)):
            z = W1[0, j] * corners[c, 0] + W1[1, j] * corners[c, 1] + b1[j]
            ends[c, j], low[j], high[j] = z, min(low[j], z), max(high[j], z)
    return ends, low, high


@compiled
def _sides(low, high, slope):
    """Indices of the bent neurons, and the slope of each neuron's affine term."""
    bent, slopes = np.flatnonzero((low > 0) != (high > 0)), np.empty(len(low))
    for j in range(len(low)):
        slopes[j] = 1.0 if low[j] > 0 else slope
    return bent, slopes


@compiled
def _weights(W1, b1, W2, b2, slopes1, bent1, bend):
    """How Z2 depends on the rows of `inputs` (3 + bent, hidden): Z2 = weights.T @ inputs."""
    weights = np.zeros((3 + len(bent1), len(b2)))
    for j in range(len(b1)):
        of_m, of_a, of_1 = slopes1[j] * W1[0, j], slopes1[j] * W1[1, j], slopes1[j] * b1[j]
        for h in range(len(b2)):
            weights[0, h] += of_m * W2[j, h]
            weights[1, h] += of_a * W2[j, h]
            weights[2, h] += of_1 * W2[j, h]
    _add(weights[2], 1.0, b2)
    for i, j in enumerate(bent1):
        _add(weights[3 + i], bend, W2[j])
    return weights


@compiled
def _bounds(weights, ends1, bent1, corners):
    """Bounds of Z2 on the box, and the neurons whose Z2 has to be known on every row.

    max(z, 0) is convex, and above z and 0. With one of these in its place where its weight is
    negative, Z2 becomes a convex function above it, largest in a corner; likewise below. Needed
    are neurons that may be bent, or whose bound reaches the Z2 of some row: one has the top.
    """
    points = np.ones((len(corners), len(weights)))  # of layer 2's inputs
    for c in range(len(corners)):
        points[c, 0], points[c, 1] = corners[c]
        for i, j in enumerate(bent1):
            points[c, 3 + i] = ends1[c, j] if ends1[c, j] > 0 else 0.0
    Z2 = np.dot(points, weights)
    above, below = Z2[:4], Z2[:4].copy()
    for i, j in enumerate(bent1):
        mostly_on = ends1[:, j].sum() > 0
        for c in range(4):
            if (ends1[c, j] > 0) != mostly_on:  # there z, or 0, is below max(z, 0) by |z|
                for h in range(len(above[c])):
                    change = -abs(ends1[c, j]) * weights[3 + i, h]
                    above[c, h] += change if change > 0 else 0.0
                    below[c, h] += change if change < 0 else 0.0
    low, high, top = below[0], above[0], Z2[4:].max()
    for c in range(1, 4):
        for h in range(len(low)):
            low[h], high[h] = min(low[h], below[c, h]), max(high[h], above[c, h])
    needed = ((low <= 0) & (high > 0)) | ~(high < top)
    return low, high, np.flatnonzero(needed)


@compiled
def _add(total, factor, values):
    for row in range(len(total)):
        total[row] += factor * values[row]


@compiled
def _rectify(values, top):
    """Raise `top` to the values above it, leave max(value, 0), and count those above 0."""
    on = 0
    for row in range(len(values)):
        z = values[row]
        top[row] = max(top[row], z)
        values[row] = z if z > 0 else 0.0
        on += z > 0
    return on
