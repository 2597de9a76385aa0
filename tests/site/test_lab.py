"""``make lab`` starts JupyterLab on the notebooks, with this environment's kernel."""

import contextlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from application import listens

ROOT = Path(__file__).parents[2]
OPTIONS = "--no-browser --allow-root --port=0 --IdentityProvider.token= --LabApp.news_url="


def _get(address):
    with urllib.request.urlopen(address, timeout=20) as answer:
        return json.load(answer)


def _address(folder):
    """Of the server whose files are in the folder, once it takes connections."""
    for told in folder.glob("jpserver-*.json"):
        with contextlib.suppress(json.JSONDecodeError):  # not yet whole
            address = json.loads(told.read_text("utf-8"))["url"]
            return address if listens(address) else None
    return None


@pytest.mark.skipif(
    importlib.util.find_spec("jupyterlab") is None, reason="needs extras=jupyter: JupyterLab"
)
@pytest.mark.skipif(os.name == "nt" or shutil.which("make") is None, reason="needs make and sh")
def test_make_lab_serves_the_notebooks(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    variables = [f"run={shlex.quote(sys.executable)}", f"options={OPTIONS}"]
    dry = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "lab", *variables],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    command = dry.stdout.strip().splitlines()[-1]
    assert "jupyterlab" in command, dry.stderr
    server = subprocess.Popen(
        f"exec env {command}", shell=True, cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not (address := _address(tmp_path)):
            assert server.poll() is None, "JupyterLab ended"
            assert time.monotonic() < deadline, "JupyterLab did not start"
            time.sleep(0.2)
        shown = {item["name"] for item in _get(f"{address}api/contents")["content"]}
        assert {path.name for path in (ROOT / "notebooks").glob("*.ipynb")} <= shown
        assert "python3" in _get(f"{address}api/kernelspecs")["kernelspecs"]
    finally:
        server.terminate()
        server.wait(30)
