"""A Jupyter application of its own for a test."""

import importlib.util
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest


@contextmanager
def serving(application, folder, *options, environment=None):
    """Address of an application, "jupyterlab" or "notebook", that shows a folder; else skip."""
    if importlib.util.find_spec(application) is None:
        pytest.skip(f"{application} is not installed: pip install 'fma[jupyter]'")
    command = [
        *(sys.executable, "-m", application, "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", "--port=0", "--ServerApp.token=", "--ServerApp.password="),
        *("--LabApp.extension_manager=readonly", f"--ServerApp.root_dir={folder}"),
        *options,
    ]
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=environment
        )
    try:
        yield _address(server, log)
    finally:
        server.terminate()
        server.wait(30)


def listens(address):
    """Whether a server takes connections yet: Jupyter tells its address before it does."""
    try:
        socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), 20).close()
    except OSError:
        return False
    return True


def _address(server, log):
    for _ in range(480):
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        if found and listens(found.group()):
            return found.group()
        assert server.poll() is None, log.read_text()
        time.sleep(0.25)
    raise AssertionError(log.read_text())
