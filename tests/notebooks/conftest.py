"""A JupyterLab of its own, over copies of the notebooks."""

import json
import os
from pathlib import Path

import pytest
from application import serving

SETTINGS = {  # of a user who has every cell drawn, seen or not
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="module", params=["JupyterLab Light"])
def jupyterlab(request, tmp_path_factory):
    """Folder and address of a running JupyterLab; nothing in it was ever trusted."""
    home = tmp_path_factory.mktemp("jupyterlab")
    folder = home / "notebooks"
    folder.mkdir()
    settings = SETTINGS | {"apputils-extension/themes": {"theme": request.param}}
    for name, values in settings.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    ours = {"JUPYTER_DATA_DIR": "data", "JUPYTERLAB_SETTINGS_DIR": "settings"}
    ours |= {"JUPYTER_CONFIG_DIR": "config", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {name: str(home / part) for name, part in ours.items()}
    environment["PYTHONPATH"] = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    environment |= {"JUPYTER_PREFER_ENV_PATH": "1", "FMA_PROGRESS": os.devnull}
    option = "--LabApp.expose_app_in_browser=True"
    with serving("jupyterlab", folder, option, environment=environment) as address:
        yield folder, address
