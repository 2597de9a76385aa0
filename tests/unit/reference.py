"""The experiment written as plainly as possible: the oracle for the fast trainer."""

import numpy as np


def task(law=np.multiply):
    random = np.random.RandomState(42)
    m = random.uniform(1, 10, 1000)
    a = random.uniform(1, 10, 1000)
    return np.stack([m, a], axis=1)[:700], law(m, a)[:700, None]


def initialise(width, seed, init, hidden=64):
    random = np.random.RandomState(seed)
    weights = []
    for fan_in, fan_out in [(2, width), (width, hidden), (hidden, 1)]:
        if init == "he":
            draws = random.normal(size=(fan_in, fan_out)) * np.sqrt(2 / fan_in)
        else:
            draws = random.uniform(size=(fan_in, fan_out)) * np.sqrt(1 / fan_in)
        weights += [draws, np.zeros(fan_out)]
    return weights


def leaky(z, slope):
    return np.where(z > 0, z, slope * z)


def cost_and_gradient(weights, x, y, slope):
    W1, b1, W2, b2, W3, b3 = weights
    Z1 = x @ W1 + b1
    A1 = leaky(Z1, slope)
    Z2 = A1 @ W2 + b2
    A2 = leaky(Z2, slope)
    error = A2 @ W3 + b3 - y
    dZ3 = 2 * error / len(x)
    dZ2 = (dZ3 @ W3.T) * np.where(Z2 > 0, 1, slope)
    dZ1 = (dZ2 @ W2.T) * np.where(Z1 > 0, 1, slope)
    gradient = [
        *(x.T @ dZ1, dZ1.sum(axis=0)),
        *(A1.T @ dZ2, dZ2.sum(axis=0)),
        *(A2.T @ dZ3, dZ3.sum(axis=0)),
    ]
    return np.mean(error**2), gradient, Z2


def second_listing(width, seed, epochs=10_000):
    """What the article's second listing prints for a network: its cost after the last update."""
    x, y = task()
    weights = initialise(width, seed, "he")
    for _ in range(epochs):
        gradient = cost_and_gradient(weights, x, y, 0.01)[1]
        weights = [w - 1e-4 * g for w, g in zip(weights, gradient, strict=True)]
    return cost_and_gradient(weights, x, y, 0.01)[0]


def train(weights, x, y, learning_rate, epochs, slope=0.01):
    """Cost, Z2_max, the norms of dW1 dW2 dW3 and the live neurons of each epoch; the weights."""
    curves = {"cost": [], "z2_max": [], "gradient_norm": [], "alive": []}
    for _ in range(epochs):
        cost, gradient, Z2 = cost_and_gradient(weights, x, y, slope)
        curves["cost"].append(cost)
        curves["z2_max"].append(Z2.max())
        curves["gradient_norm"].append([np.linalg.norm(g) for g in gradient[::2]])
        curves["alive"].append(np.sum((Z2 > 0).any(axis=0)))
        weights = [w - learning_rate * g for w, g in zip(weights, gradient, strict=True)]
    return {name: np.array(values) for name, values in curves.items()}, weights
