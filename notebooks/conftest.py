"""nbval runs the notebooks in this Python's own kernel; the sweeps' progress bars are no output.

It compares what is printed, and pictures byte for byte or not at all. Here they are compared as Matplotlib's own
tests compare them, by the root mean square of the difference of their pixels: of 255, another processor moves
it by up to 0.5, a word in a title or a missing line by 4 to 6.

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
from nbval.plugin import IPyNbCell
from threadpoolctl import threadpool_info

from fma.publish import kernel_environment

SAME_PICTURE = 1.5  # of 255: up to this root mean square two pictures show the same

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
    """Compare the pictures of a cell with the committed ones, after nbval has compared the rest."""
    result = yield
    if isinstance(item, IPyNbCell) and item.options["check"]:
        made, committed = _pictures(item.test_outputs), _pictures(item.cell.outputs)
        for number, (now, then) in enumerate(zip(made, committed, strict=True), 1):
            apart = np.inf if now.shape != then.shape else 255 * np.sqrt(np.mean((now - then) ** 2))
            if apart > SAME_PICTURE:
                item.raise_cell_error(f"picture {number} is not the committed one: {apart:.1f} of 255 apart")
    return result


def _pictures(outputs):
    held = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return [imread(io.BytesIO(base64.b64decode(png))) for png in held]


def pytest_sessionfinish(session):
    """Remove that folder."""
    _session.close()
