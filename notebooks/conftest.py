"""nbval runs the notebooks in this Python's own kernel; the sweeps' progress bars are no output.

It compares what is printed, and pictures byte for byte or not at all. Here they are compared square by square, by
the root mean square of the difference of their pixels where it is largest: of 255, another processor moves it
by up to 9, over the longest runs by 16, and another letter in a label by 19.

Above the limit of stability training can amplify the last bits of a matrix product until a run ends
otherwise. A notebook that counts thousands of endings names, in its metadata as ``fma.rounding``, the BLAS
kernel behind its outputs; on any other it is executed, not compared.
"""

import base64
import io
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from nbval.plugin import IPyNbCell, NbCellError
from threadpoolctl import threadpool_info

from fma.notebook.prose import MIME
from fma.publish import kernel_environment

TILE = 32  # pixels
SAME_PICTURE = 18  # of 255: up to this difference two pictures show the same

_session = ExitStack()


def pytest_sessionstart(session):
    """Give the kernels a folder for their files, and the progress bars nowhere to go."""
    folder = _session.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    _session.enter_context(kernel_environment(Path(folder), processes))
    os.environ["FMA_PROGRESS"] = os.devnull


def pytest_collection_modifyitems(items):
    """Where matrix products round otherwise, do not compare what hangs on their last bits."""
    here = {library.get("architecture") for library in threadpool_info()}
    for item in items:
        if isinstance(item, IPyNbCell):
            made_on = item.parent.nb.metadata.get("fma", {}).get("rounding")
            if made_on is not None and made_on not in here:
                item.options["check"] = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare the pictures of a cell, too; where a check found something else, say what."""
    try:
        result = yield
    except NbCellError:
        outputs = [output.get("data", {}) for output in item.test_outputs]
        if found := [data["text/plain"] for data in outputs if MIME in data]:
            item.raise_cell_error(". ".join(found))
        raise
    if isinstance(item, IPyNbCell) and item.options["check"]:
        made, committed = _pictures(item.test_outputs), _pictures(item.cell.outputs)
        for number, (now, then) in enumerate(zip(made, committed, strict=True), 1):
            apart = _apart(now, then)
            if apart > SAME_PICTURE:
                item.raise_cell_error(
                    f"picture {number} is not the committed one, {apart:.0f} of 255 apart; "
                    f"if this is meant: make outputs notebooks=notebooks/{item.path.name}"
                )
    return result


def _apart(one, other):
    """Root mean square of the difference where it is largest, in a square of TILE pixels a side."""
    if one.shape != other.shape:
        return np.inf
    square = np.mean((one - other) ** 2, axis=2)
    square = np.pad(square, [(0, -side % TILE) for side in square.shape])
    tiles = square.reshape(len(square) // TILE, TILE, -1, TILE).mean(axis=(1, 3))
    return 255 * np.sqrt(tiles.max())


def _pictures(outputs):
    held = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return [imread(io.BytesIO(base64.b64decode(png))) for png in held]


def pytest_sessionfinish(session):
    """Remove that folder."""
    _session.close()
