"""What networks of two widths and one seed share, framework by framework.

``python -m benchmarks.frameworks`` draws the article's two networks, [2, 63, 64, 1] and
[2, 64, 64, 1], with every framework that is installed, and writes what `fma.shared` finds into
``fma/chapters/frameworks.json``; a row whose framework is not here stays as it is. PyTorch, Flax
and Keras are heavy, and no part of requirements.txt: pip install torch jax flax keras scikit-learn
"""

import json
import os
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np

import fma
from fma.sharing import CONSTANT, KINDS

PATH = Path(__file__).resolve().parents[1] / "fma" / "chapters" / "frameworks.json"
WIDTHS, HIDDEN, SEED = (63, 64), 64, 1


def numpy_legacy(width):
    """One stream for all layers, as in the article."""
    return fma.initialise(width, SEED, "he", HIDDEN)


def numpy_generator(width):
    """One Generator for all layers."""
    random = np.random.default_rng(SEED)
    return [random.standard_normal(s) / s[0] ** 0.5 for s in _shapes(width)]


def sklearn_mlp(width):
    from sklearn.neural_network import MLPRegressor

    network = MLPRegressor(
        hidden_layer_sizes=(width, HIDDEN), random_state=SEED, learning_rate_init=1e-300
    )
    return network.partial_fit(np.ones((2, 2)), np.ones(2))


def torch_linear(width):
    import torch

    torch.manual_seed(SEED)
    sizes = 2, width, HIDDEN, 1
    return torch.nn.Sequential(*(torch.nn.Linear(*s) for s in pairwise(sizes)))


def jax_keys(width):
    """One key for each layer, split from one key."""
    import jax

    keys = jax.random.split(jax.random.key(SEED), 3)
    pairs = zip(keys, _shapes(width), strict=True)
    return [jax.random.normal(key, shape) / shape[0] ** 0.5 for key, shape in pairs]


def flax_nnx(width):
    from flax import nnx

    rngs = nnx.Rngs(SEED)
    layers = [nnx.Linear(*shape, rngs=rngs) for shape in _shapes(width)]
    return {
        f"{i}.{k}": np.asarray(getattr(layer, k)[...])
        for i, layer in enumerate(layers)
        for k in ("kernel", "bias")
    }


def flax_linen(width):
    import jax
    from flax import linen

    network = linen.Sequential([linen.Dense(s[1]) for s in _shapes(width)])
    return network.init(jax.random.key(SEED), np.ones((1, 2)))


def keras_dense(width):
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    keras.utils.set_random_seed(SEED)
    network = keras.Sequential([keras.layers.Dense(s[1]) for s in _shapes(width)])
    network.build((None, 2))
    return network


def _shapes(width):
    return (2, width), (width, HIDDEN), (HIDDEN, 1)


FRAMEWORKS = {  # what it is called: its packages, how the network is made
    "NumPy RandomState": (["numpy"], numpy_legacy),
    "NumPy Generator": (["numpy"], numpy_generator),
    "scikit-learn MLPRegressor": (["scikit-learn"], sklearn_mlp),
    "PyTorch Linear": (["torch"], torch_linear),
    "JAX, a key a layer": (["jax"], jax_keys),
    "Flax nnx.Linear": (["flax", "jax"], flax_nnx),
    "Flax linen.Dense": (["flax", "jax"], flax_linen),
    "Keras Dense on JAX": (["keras", "jax"], keras_dense),
}
MODULES = {"scikit-learn": "sklearn"}


def row(packages, make):
    """The versions, and for each array of weights where its values are and which neurons whole."""
    layers = []
    for layer in fma.shared(*(make(width) for width in WIDTHS)).layers:
        if layer.kind.ndim > 1:
            places = {kind: round(layer.share(kind), 4) for kind in KINDS[:CONSTANT]}
            whole, moves = layer.intact("rows" if "torch" in packages else "columns")
            facts = {"shape": layer.kind.shape, "factor": round(layer.factor, 6)}
            layers.append(facts | places | {"whole": whole, "moves": moves})
    return {"versions": {p: version(p) for p in packages}, "layers": layers}


def main():
    """Draw, compare, write."""
    rows = json.loads(PATH.read_text("utf-8")) if PATH.exists() else {}
    for name, (packages, make) in FRAMEWORKS.items():
        if all(find_spec(MODULES.get(p, p)) for p in packages):
            rows[name] = row(packages, make)
    rows = {name: rows[name] for name in FRAMEWORKS if name in rows}
    PATH.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
