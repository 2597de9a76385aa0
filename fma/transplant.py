"""Surgery on networks: graft or flatten layers, grow or shrink them by whole neurons."""

import numpy as np

from fma.checks import LARGEST_SEED, choice, whole
from fma.network import INITS, Parameters, shapes

BLOCKS = ("W1", "W2", "W3")


def transplant(receiver, donor, blocks, rescale=True):
    """Give `receiver` some layers of `donor`, as far as both have the neurons.

    The receiver keeps its shape. Where the widths differ, the first min(widths) layer-1 neurons
    come from the donor and the rest stay the receiver's own. A layer's bias travels with it.

    Parameters
    ----------
    receiver, donor : Parameters
        Layer 2 must have the same number of neurons in both.
    blocks : iterable of str
        Any of "W1", "W2", "W3".
    rescale : bool
        The initial weights of layer 2 are drawn on a scale of sqrt(1 / width). If true, the
        donor's are multiplied by sqrt(donor's width / receiver's width), so that they are to the
        receiver what they were to the donor; if false they are copied as they are.

    Returns
    -------
    Parameters
        A new network; neither argument is changed.

    Raises
    ------
    ValueError
        If a block is unknown or the two networks differ in layer 2.
    """
    blocks = {choice("blocks", block.upper(), [b.lower() for b in BLOCKS]) for block in blocks}
    width, hidden = receiver.W2.shape
    if donor.W2.shape[1] != hidden:
        raise ValueError(f"donor must have {hidden} neurons in layer 2, got {donor.W2.shape[1]}")
    k = min(width, len(donor.W2))
    W1, b1, W2, b2, W3, b3 = (p.copy() for p in receiver)
    if "w1" in blocks:
        W1[:, :k], b1[:k] = donor.W1[:, :k], donor.b1[:k]
    if "w2" in blocks:
        factor = np.sqrt(len(donor.W2) / width) if rescale else 1.0
        W2[:k], b2[:] = factor * donor.W2[:k], donor.b2
    if "w3" in blocks:
        W3[:], b3[:] = donor.W3, donor.b3
    return Parameters(W1, b1, W2, b2, W3, b3)


def nested(width, seed, init, hidden=64):
    """Draw a network so that one more neuron moves no other: every layer has its own stream.

    The network of width N is that of width N + 1 without its last layer-1 neuron; only the scale
    of W2, which depends on the width, differs. W1 takes two streams, one a row.

    Parameters
    ----------
    width, seed, init, hidden
        As in `fma.initialise`.
    """
    expected = shapes(whole("width", width, 1), whole("hidden", hidden, 1))
    sequence = np.random.SeedSequence(whole("seed", seed, 0, LARGEST_SEED))
    streams = [np.random.RandomState(np.random.MT19937(s)) for s in sequence.spawn(4)]
    draw = INITS[choice("init", init, INITS)]
    W1 = np.vstack([draw(stream, *expected.W1)[0] for stream in streams[:2]])
    W2, W3 = draw(streams[2], *expected.W2), draw(streams[3], *expected.W3)
    return Parameters(W1, np.zeros(width), W2, np.zeros(hidden), W3, np.zeros(1))


def shadow(parameters, layers=(1, 2)):
    """The network in which one neuron stands for all those of a layer: their mean-field part.

    If all neurons of a layer were alike, N of them would act as one whose weights are the sums of
    theirs divided by sqrt(N), and gradient descent would keep it so. Networks with positive
    weights are nearly of this kind; what their neurons have of their own is left out here.

    Parameters
    ----------
    layers : iterable of int
        Which layers shrink to one neuron: 1, 2 or both. The others keep theirs as drawn.

    Returns
    -------
    Parameters
        Of a [2, 1, 1, 1] network if both layers shrink.
    """
    layers = {choice("layers", str(layer), ("1", "2")) for layer in layers}
    W1, b1, W2, b2, W3, b3 = (p.copy() for p in parameters)
    first, second = np.sqrt(W2.shape)
    if "1" in layers:
        W1, b1 = W1.sum(axis=1, keepdims=True) / first, b1.sum(keepdims=True) / first
        W2 = W2.sum(axis=0, keepdims=True) / first
    if "2" in layers:
        W2, b2 = W2.sum(axis=1, keepdims=True) / second, b2.sum(keepdims=True) / second
        W3 = W3.sum(axis=0, keepdims=True) / second
    return Parameters(W1, b1, W2, b2, W3, b3)


def with_sums(parameters, other, blocks):
    """Scale the weights of these layers so that they add up to what those of `other` do.

    Parameters
    ----------
    blocks : iterable of str
        Any of "W1", "W2", "W3".

    Returns
    -------
    Parameters
        A new network. Of weights of both signs the sums may be near 0, and the factors large.
    """
    return _changed(parameters, blocks, lambda p, name: p * (getattr(other, name).sum() / p.sum()))


def flatten(parameters, blocks):
    """Give every weight of these layers the layer's mean weight, which erases all that is in them.

    Parameters
    ----------
    blocks : iterable of str
        Any of "W1", "W2", "W3".

    Returns
    -------
    Parameters
        A new network; the sum of each layer's weights is what it was.
    """
    return _changed(parameters, blocks, lambda p, name: np.full_like(p, p.mean()))


def _changed(parameters, blocks, change):
    """The network in which these blocks are what change(array, name) makes of them."""
    blocks = {choice("blocks", block.upper(), [b.lower() for b in BLOCKS]) for block in blocks}
    return Parameters(
        *(
            change(p, name) if name.lower() in blocks else p.copy()
            for name, p in parameters._asdict().items()
        )
    )
