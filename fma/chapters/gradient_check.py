"""The gradient that training uses, against finite differences of the cost."""

import numpy as np

from fma.folding import FoldedGradient
from fma.network import ACTIVATIONS, Parameters, forward


def gradient_check(parameters, task, slope=0.01, step=1e-6, seed=0):
    """Compare each parameter's gradient with a central difference along a random direction.

    Parameters
    ----------
    parameters : Parameters
    task : Task
    slope : float
        Of LeakyReLU.
    step : float
        Half the distance of the two costs of a difference.
    seed : int
        Of the directions, which have length 1.

    Returns
    -------
    dict of str to float
        For "W1" … "b3" the difference of the two derivatives over the norm of the gradient.
    """
    parameters = Parameters(*(np.array(p, dtype=float) for p in parameters))
    _, gradient, _ = FoldedGradient(parameters, task, slope)()
    act, random = ACTIVATIONS["leaky_relu"](slope), np.random.default_rng(seed)

    def cost(name, moved):
        z3 = forward(parameters._replace(**{name: moved}), task.x_train, act)[-1]
        return np.mean((z3 - task.y_train) ** 2)

    errors = {}
    for name, value in parameters._asdict().items():
        slopes = getattr(gradient, name)
        direction = random.standard_normal(value.shape)
        direction /= np.linalg.norm(direction)
        ends = cost(name, value + step * direction), cost(name, value - step * direction)
        numeric = (ends[0] - ends[1]) / (2 * step)
        errors[name] = float(abs(numeric - np.vdot(slopes, direction)) / np.linalg.norm(slopes))
    return errors
