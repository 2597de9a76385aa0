"""A JupyterLab of its own, over copies of the notebooks."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

SETTINGS = {  # of a user who has every cell drawn, seen or not
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="module", params=["JupyterLab Light"])
def jupyterlab(request, tmp_path_factory):
    """Folder and address of a running JupyterLab; nothing in it was ever trusted."""
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.skip("JupyterLab is not installed: pip install 'fma[jupyter]'")
    home = tmp_path_factory.mktemp("jupyterlab")
    folder = home / "notebooks"
    folder.mkdir()
    settings = SETTINGS | {"apputils-extension/themes": {"theme": request.param}}
    for name, values in settings.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", "--port=0", "--ServerApp.token=", "--ServerApp.password="),
        *("--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True"),
        f"--ServerApp.root_dir={folder}",
    ]
    ours = {"JUPYTER_DATA_DIR": "data", "JUPYTERLAB_SETTINGS_DIR": "settings"}
    ours |= {"JUPYTER_CONFIG_DIR": "config", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {name: str(home / part) for name, part in ours.items()}
    environment["PYTHONPATH"] = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    environment |= {"JUPYTER_PREFER_ENV_PATH": "1", "FMA_PROGRESS": os.devnull}
    log = home / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=home, env=environment
        )
    try:
        yield folder, _address(server, log)
    finally:
        server.terminate()
        server.wait(30)


def _address(server, log):
    for _ in range(480):
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        if found:
            return found.group()
        assert server.poll() is None, log.read_text()
        time.sleep(0.25)
    raise AssertionError(log.read_text())
