"""A Chromium for the browser tests: found, else fetched, else one clear line.

The order: one that is on this machine; Playwright's own; the distribution's package when the tests
run as root. The tests prefer a headless shell, a Chromium without windows that opens pages faster.
``python tests/browser.py`` prints the path of the browser that they would use.
"""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

LAUNCH = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SHELLS = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    *(
        f"{os.environ[folder]}/Google/Chrome/Application/chrome.exe"
        for folder in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        if folder in os.environ
    ),
)
MISSING = (
    "No browser for the tests: install Chromium or Google Chrome "
    "(Debian and Ubuntu: apt-get install chromium; macOS: brew install --cask google-chrome)."
)


@functools.cache
def chromium():
    """Path of a Chromium that starts on this machine.

    Returns
    -------
    str

    Raises
    ------
    RuntimeError
        When there is none and none can be installed.
    """
    return _first(_present, _playwright, _distribution)


@functools.cache
def shell():
    """As `chromium`, but a headless shell where there is one or one can be installed."""
    return _first(_shells, _present, _playwright_shells, _distribution_shell, _distribution)


def _first(*finds):
    """The first path found that starts; one process at a time searches and installs."""
    with FileLock(Path(tempfile.gettempdir()) / "fma-tests-browser.lock"):
        for find in finds:
            for path in find():
                if path and _starts(path):
                    return str(path)
    raise RuntimeError(MISSING)


def _shells():
    yield from (shutil.which(name) for name in SHELLS)
    for folder in Path(_playwright_path()).parents:  # chromium-1234, and the shell's beside it
        if folder.name.startswith("chromium-"):
            beside = folder.with_name(folder.name.replace("chromium", "chromium_headless_shell"))
            found = sorted(beside.glob("*/*headless?shell*"))
            yield from (path for path in found if path.suffix in ("", ".exe"))


def _present():
    yield from (shutil.which(name) for name in ON_PATH)
    yield from PLACES
    yield _playwright_path()


def _playwright():
    if _playwright_path():
        environment = os.environ | {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000"}
        _run([sys.executable, "-m", "playwright", "install", "chromium"], 300, environment)
    yield _playwright_path()


def _playwright_shells():
    """Playwright installs its shell with its Chromium."""
    full = list(_playwright())
    return [*_shells(), *full]


def _distribution(package="chromium"):
    if not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-q"], 300, environment)
    _run(["apt-get", "install", "-q", "-y", "--no-install-recommends", package], 900, environment)
    yield shutil.which(package)


def _distribution_shell():
    return _distribution("chromium-headless-shell")


@functools.cache
def _playwright_path():
    """Where Playwright keeps its own Chromium, whether or not it is there yet."""
    code = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
    )
    return _run([sys.executable, "-c", code], 60)


def _starts(path):
    """Whether the file exists and, run, names itself (a stub or a library missing does not)."""
    if not Path(path).is_file():
        return False
    return os.name == "nt" or bool(_run([path, "--version", "--no-sandbox"], 60))


def _run(command, seconds, environment=None):
    """Output of a command; empty when it fails or takes too long."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            text=True,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


if __name__ == "__main__":
    try:
        print(shell())
    except RuntimeError as missing:
        sys.exit(str(missing))
