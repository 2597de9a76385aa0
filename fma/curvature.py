"""λ of any loss, from its gradient as a function of a flat array: `sharpness_of`."""

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from fma.sharing import arrays

ROUGH = "gradient must be one smooth function: two steps disagree on its derivative by {:.0%}"
LOPSIDED = "{} is not that of any loss: its derivative is not symmetric, u·Hv {:.4g}, v·Hu {:.4g}"


class Sharpness(float):
    """λ; its `error` says how far off it may be: the residual, and what another step changes."""

    error = 0.0


def sharpness_of(gradient, parameters, hessian_product=None):
    """The largest eigenvalue λ of the Hessian of a loss, by Lanczos's method; a `Sharpness`.

    `gradient` takes and returns a flat array (n,): of the loss over all data. `parameters` is the
    point (n,); of what else `fma.sharing.arrays` understands the arrays, end to end. The optional
    `hessian_product` takes v (n,) and returns the Hessian at the point times v; without it, central
    differences of the gradient are taken, with the step checked. Raises ValueError, one sentence,
    if what is given has a wrong shape, is not finite, not smooth, or the gradient of no function:
    its derivative is not symmetric.
    """
    point = np.concatenate([np.ravel(a) for a in arrays(parameters, "parameters").values()])
    point, step, noise = point.astype(float), 0.0, 0.0
    name = "gradient" if hessian_product is None else "hessian_product"

    def called(function, x):
        found = np.asarray(function(x))
        if found.shape != x.shape:
            raise ValueError(f"{name} must return an array of shape {x.shape}, got {found.shape}")
        if not np.isfinite(found).all():
            raise ValueError(f"{name} must be finite at and near the parameters, got NaN or inf")
        return found.astype(float)

    def product(v, step):
        if hessian_product is not None:
            return called(hessian_product, np.ravel(v))
        move = np.ravel(v) * step  # every v is a unit vector
        return (called(gradient, point + move) - called(gradient, point - move)) / (2 * step)

    v = np.random.RandomState(0).standard_normal(len(point))
    for _ in range(3):  # towards the largest; u·Hv = v·Hu, with u along Hv, all the way
        v /= np.linalg.norm(v)
        if hessian_product is None:
            step, noise = _step(product, v, np.linalg.norm(point) or 1.0)
        image = product(v, step)
        if not (length := np.linalg.norm(image)) or len(v) == 1:
            return Sharpness(v @ image)
        other = v @ product(image / length, step)
        if abs(other - length) > max(1e-4, 100 * noise) * length:
            raise ValueError(LOPSIDED.format(name, length, other))
        v = image
    if noise > 0.01:
        raise ValueError(ROUGH.format(noise))
    hessian = LinearOperator((len(v),) * 2, matvec=lambda v: product(v, step), dtype=float)
    value, vector = eigsh(hessian, 1, which="LA", v0=v, ncv=min(len(v), 12), tol=1e-10)
    result, vector = Sharpness(value[0]), vector[:, 0]
    near, nearer = product(vector, step), product(vector, step / 3)
    residual = np.linalg.norm(near - value * vector)
    result.error = float(residual + abs(vector @ (near - nearer)))
    return result


def _step(product, v, size):
    """The least step at which a tenth of it changes the product by less than one in 10^8, so that
    kinks as of ReLU stay out, or else the one at which it changes least; and by which share.
    """
    steps = size * 10.0 ** -np.arange(1.5, 8.5)
    products = np.array([product(v, step) for step in steps])
    change = np.linalg.norm(np.diff(products, axis=0), axis=1)
    share = change / np.maximum(np.linalg.norm(products[1:], axis=1), np.finfo(float).tiny)
    best = np.append(np.flatnonzero(share < 1e-8), share.argmin())[-2:][0]
    return np.sqrt(steps[best] * steps[best + 1]), float(share[best])
