"""nbval runs the notebooks in this Python's own kernel; the sweeps' progress bars are no output."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from fma.publish import kernel_environment

_session = ExitStack()


def pytest_sessionstart(session):
    """Give the kernels a folder for their files, and the progress bars nowhere to go."""
    folder = _session.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
    _session.enter_context(kernel_environment(Path(folder)))
    os.environ["FMA_PROGRESS"] = os.devnull


def pytest_sessionfinish(session):
    """Remove that folder."""
    _session.close()
