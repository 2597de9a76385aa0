"""A network in JAX, with its gradient: python -m fma preflight examples/jax_mlp.py:make"""

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

X = jax.random.normal(jax.random.key(0), (200, 3))
Y = X[:, :1] * X[:, 1:2]


def loss(parameters):
    """Half the mean squared error."""
    (W1, b1), (W2, b2) = parameters
    return jnp.mean((jnp.tanh(X @ W1 + b1) @ W2 + b2 - Y) ** 2) / 2


def make(width, seed):
    """One key a layer, as is usual."""
    first, second = jax.random.split(jax.random.key(seed))
    parameters = [
        (jax.random.normal(first, (3, width)) / 3**0.5, jnp.zeros(width)),
        (jax.random.normal(second, (width, 1)) / width**0.5, jnp.zeros(1)),
    ]
    flat, unravel = ravel_pytree(parameters)
    gradient = jax.jit(lambda flat: ravel_pytree(jax.grad(loss)(unravel(flat)))[0])
    return parameters, lambda point: gradient(point.astype(flat.dtype)), 0.1
