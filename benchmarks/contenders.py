"""The same training written four ways; every function here runs inside a worker.

`STATES` holds, in each worker, the networks it is to train: (moment, width) to a list of
parameters, where a moment is the number of epochs that they have already been trained.
"""

import os
from itertools import pairwise

import numpy as np

import fma

RATE = fma.RECIPES["long"].learning_rate
TASK = fma.product_task()
STATES = {}


def keep(states):
    STATES.update(states)


def trained(case):
    """The parameters of one run of the 20-seed test at several moments."""
    width, seed, moments = case
    parameters, done, result = None, 0, {}
    for moment in moments:
        if moment > done:
            trace = fma.train(width, seed, "long", TASK, moment - done, parameters, detail=0)
            parameters, done = trace.parameters, moment
        start = fma.initialise(width, seed, "he") if parameters is None else parameters
        result |= {f"{moment}.{name}": value for name, value in start._asdict().items()}
    return result


# (a) The three matrix products of one epoch between the hidden layers, and nothing else.


def products(rows_first, width, epochs):
    """Outputs are there beforehand. One training row a matrix row, or one a column."""
    random = np.random.RandomState(0)
    A1, W2 = random.rand(700, width), random.rand(width, 64)
    Z2, dW2, dA1 = np.empty((700, 64)), np.empty((width, 64)), np.empty((700, width))
    if rows_first:
        for _ in range(epochs):
            np.matmul(A1, W2, out=Z2)
            np.matmul(A1.T, Z2, out=dW2)
            np.matmul(Z2, W2.T, out=dA1)
    else:
        A1, Z2, dA1 = (np.ascontiguousarray(M.T) for M in (A1, Z2, dA1))
        for _ in range(epochs):
            np.matmul(W2.T, A1, out=Z2)
            np.matmul(A1, Z2.T, out=dW2)
            np.matmul(W2, Z2, out=dA1)


# (b) This library.


def ours(moment, width, epochs):
    for parameters in STATES[moment, width]:
        fma.train(width, 1, "long", TASK, epochs, parameters, detail=0)


# (c) JAX.

COMPILED, INPUTS = {}, {}


def jax_prepare(core, variant, width, epochs):
    """Compile for this worker's networks and run once; the costs (runs, epochs)."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x, y = jnp.array(TASK.x_train), jnp.array(TASK.y_train)

    def cost(p):
        W1, b1, W2, b2, W3, b3 = p
        A1 = jax.nn.leaky_relu(x @ W1 + b1, 0.01)
        A2 = jax.nn.leaky_relu(A1 @ W2 + b2, 0.01)
        return jnp.mean((A2 @ W3 + b3 - y) ** 2)

    def epoch(p, _):
        value, gradient = jax.value_and_grad(cost)(p)
        return tuple(w - RATE * g for w, g in zip(p, gradient, strict=True)), value

    def run(p):
        return jax.lax.scan(epoch, p, length=epochs)

    compiled = jax.jit(jax.vmap(run) if variant == "vmap" else lambda p: jax.lax.map(run, p))
    COMPILED[variant, width, epochs] = compiled
    for (moment, its_width), runs in STATES.items():
        if its_width == width:
            INPUTS[moment, width] = tuple(jnp.array(a) for a in zip(*runs, strict=True))
    first = min(moment for moment, _ in INPUTS)
    return np.asarray(compiled(INPUTS[first, width])[1])


def jax_run(variant, moment, width, epochs):
    import jax

    jax.block_until_ready(COMPILED[variant, width, epochs](INPUTS[moment, width]))


# (d) A plain NumPy listing, as one would write it in a blog article.


def listing(seed, width, epochs):
    random = np.random.RandomState(seed)
    sizes = [2, width, 64, 1]
    weights = [random.randn(i, o) * np.sqrt(2 / i) for i, o in pairwise(sizes)]
    biases = [np.zeros((1, o)) for o in sizes[1:]]
    x, y = TASK.x_train, TASK.y_train
    costs = []
    for _ in range(epochs):
        activations, sums = [x], []
        for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
            Z = activations[-1] @ W + b
            sums.append(Z)
            activations.append(Z if layer == 2 else np.where(Z > 0, Z, 0.01 * Z))
        costs.append(np.mean((activations[-1] - y) ** 2))
        dZ = 2 * (activations[-1] - y) / len(x)
        for layer in (2, 1, 0):
            dW = activations[layer].T @ dZ
            db = np.sum(dZ, axis=0, keepdims=True)
            if layer:
                dA = dZ @ weights[layer].T
                dZ = dA * np.where(sums[layer - 1] > 0, 1, 0.01)
            weights[layer] = weights[layer] - RATE * dW
            biases[layer] = biases[layer] - RATE * db
    return np.array(costs)
