"""nbval runs the notebooks in this Python's own kernel; the sweeps' progress bars are no output.

Above the limit of stability training can amplify the last bits of a matrix product until a run ends
otherwise. A notebook that counts thousands of endings names, in its metadata as ``fma.rounding``, the BLAS
kernel behind its outputs; on any other it is executed, not compared.
"""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from nbval.plugin import IPyNbCell
from threadpoolctl import threadpool_info

from fma.publish import kernel_environment

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


def pytest_sessionfinish(session):
    """Remove that folder."""
    _session.close()
