"""The network's cost in JAX, the oracle for derivatives: one function, which XLA compiles once."""

import jax
import jax.numpy as jnp

import fma
from fma.network import ACTIVATIONS

TASK = fma.product_task()


def cost(parameters, activation, slope):
    """Mean squared error; the activation is given by its place in `ACTIVATIONS`."""
    W1, b1, W2, b2, W3, b3 = parameters

    def f(z):
        values = {
            "leaky_relu": jnp.where(z > 0, z, slope * z),
            "tanh": jnp.tanh(z),
            "silu": jax.nn.silu(z),
            "gelu": jax.nn.gelu(z, approximate=True),
        }
        return jax.lax.select_n(activation, *(values[name] for name in ACTIVATIONS))

    output = f(f(TASK.x_train @ W1 + b1) @ W2 + b2) @ W3 + b3
    return jnp.mean((output - TASK.y_train) ** 2)
