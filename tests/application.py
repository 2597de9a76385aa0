"""A Jupyter server for the tests, and what they do in a page of JupyterLab."""

import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

SETTINGS = {  # of a user who has every cell drawn, seen or not
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "apputils-extension/themes": {"theme": "JupyterLab Light"},
}
COMMAND = "([name, given]) => window.jupyterapp.commands.execute(name, given).then(() => true)"
OPEN = """async (given) => {
  const { commands } = window.jupyterapp
  const { sessionContext } = await commands.execute("docmanager:open", given)
  await sessionContext.ready
  await sessionContext.session?.kernel?.info
  return true
}"""


@contextmanager
def serving(home):
    """Folder and address of JupyterLab, and of Notebook where it is installed; else skip.

    The server knows no settings but these, and nothing in its folder was ever trusted.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.skip("jupyterlab is not installed: pip install 'fma[jupyter]'")
    folder = home / "notebooks"
    folder.mkdir()
    for name, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    ours = {"JUPYTER_DATA_DIR": "data", "JUPYTERLAB_SETTINGS_DIR": "settings"}
    ours |= {"JUPYTER_CONFIG_DIR": "config", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    root = str(Path(__file__).resolve().parents[1])
    environment = os.environ | {name: str(home / part) for name, part in ours.items()}
    environment["PYTHONPATH"] = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    environment |= {"JUPYTER_PREFER_ENV_PATH": "1", "FMA_PROGRESS": os.devnull}
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", "--port=0", "--ServerApp.token=", "--ServerApp.password="),
        *("--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True"),
        f"--ServerApp.root_dir={folder}",
    ]
    log = home / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=environment
        )
    try:
        yield folder, _address(server, log)
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


def command(lab, name, timeout=120_000, **given):
    """Do what a menu of JupyterLab does, and wait until it is done."""
    lab.wait_for_function(COMMAND, arg=[name, given], timeout=timeout)


def open_notebook(lab, path, **given):
    """Open a notebook in JupyterLab, and wait for its kernel."""
    lab.wait_for_function(OPEN, arg={"path": path, **given}, timeout=120_000)
