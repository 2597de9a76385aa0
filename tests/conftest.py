"""Fixtures shared by the tests: the browser, pages that guard themselves, the built site."""

import os
import signal
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from application import serving
from browser import LAUNCH, shell
from filelock import FileLock
from joblib import cpu_count

import fma
from fma import publish
from fma.explorer.bundle import FOLDER
from fma.publish.execution import outdated
from fma.publish.pages import tree

ROOT = Path(__file__).resolve().parents[1]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job
    signal.signal(signal.SIGINT, signal.default_int_handler)  # else no child would hear Ctrl-C

# JAX compiles far more here than it computes.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

COMPILING = FileLock(Path(tempfile.gettempdir()) / "fma-tests-compile.lock", thread_local=False)


def pytest_sessionstart(session):
    """Compile once what every process would else compile itself.

    Meanwhile the first process collects the tests, which compiles the bytecode of all they import;
    the others collect after that.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is None:
        COMPILING.acquire()
        session.config.compiling = threading.Thread(target=_compile, daemon=True)
        session.config.compiling.start()
    elif worker["workerid"] != "gw0":
        with COMPILING:
            pass


def _compile():
    try:
        fma.train(1, 0, epochs=1)
    finally:
        COMPILING.release()


def pytest_collection_finish(session):
    """Wait for what is being compiled."""
    if hasattr(session.config, "workerinput"):
        with COMPILING:
            pass
    else:
        session.config.compiling.join()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One process more than there are cores: browsers and servers keep one of them waiting."""
    return cpu_count() + 1


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium with a fresh profile, shared by the session."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=shell(), args=list(LAUNCH))
        yield chrome
        chrome.close()


@pytest.fixture
def new_page(browser):
    """Make pages, each in its own context: ``new_page(viewport=..., color_scheme="dark")``.

    A console error, an uncaught exception or a request that leaves the site fails the test. A test
    that provokes an error on purpose removes it from ``page.complaints``.
    """
    pages = []

    def make(**options):
        pages.append(_guarded(browser, **options))
        return pages[-1]

    yield make
    complaints = [complaint for page in pages for complaint in page.complaints]
    for page in pages:
        page.context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(new_page):
    """One guarded page at desk width."""
    return new_page(viewport={"width": 1280, "height": 900})


@pytest.fixture(scope="session")
def _sources(browser, serve):
    page = _guarded(browser)
    page.goto(f"{serve(FOLDER)}/trainer.js")
    yield page
    page.context.close()


@pytest.fixture
def sources(_sources):
    """A page that can import the figures' modules, shared by the tests that only call them."""
    _sources.complaints.clear()
    yield _sources
    assert not _sources.complaints, "\n".join(_sources.complaints)


def _guarded(browser, **options):
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.complaints = []
    page.on("console", lambda line: _console(page, line))
    page.on("pageerror", lambda error: page.complaints.append(f"uncaught: {error}"))
    context.on("request", lambda request: _request(page, request.url))
    return page


def _console(page, line):
    if line.type == "error":
        page.complaints.append(f"console: {line.text}")


def _request(page, url):
    address = urlsplit(url)
    local = address.scheme in ("file", "data", "blob", "about") or address.hostname == "127.0.0.1"
    if not local:
        page.complaints.append(f"request outside the site: {url}")


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    """Folder and address of a Jupyter server with JupyterLab and, where installed, Notebook."""
    with serving(tmp_path_factory.mktemp("jupyter")) as served:
        yield served


@pytest.fixture(scope="session")
def _lab(jupyter, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(90_000)
    page.goto(f"{jupyter[1]}/lab?reset")
    page.wait_for_function("() => window.jupyterapp?.restored.then(() => true)")
    yield page
    page.close()


@pytest.fixture
def lab(_lab):
    """A page of JupyterLab, shared by tests; what a test opens in it is closed at its end."""
    yield _lab
    _lab.evaluate("() => [...jupyterapp.shell.widgets('main')].forEach((open) => open.dispose())")


@pytest.fixture(scope="session")
def serve():
    """Serve folders on loopback: ``serve(folder)`` returns its address (no slash at its end)."""
    servers = []

    def start(folder):
        site = publish.server(folder)
        threading.Thread(target=site.serve_forever, daemon=True).start()
        servers.append(site)
        return f"http://127.0.0.1:{site.server_port}"

    yield start
    for site in servers:
        site.shutdown()
        site.server_close()


@pytest.fixture(scope="session")
def site():
    """Folder of the built book: the one that was made from these sources, else a small one.

    With several test processes one builds, with all cores, and the others find everything done.
    """
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    lock = FileLock(Path(tempfile.gettempdir()) / "fma-tests-build.lock")
    with lock, pytest.MonkeyPatch.context() as patch:
        patch.delenv("LOKY_MAX_CPU_COUNT", raising=False)
        to_do = outdated(notebooks, tree(ROOT, "full"), "full")
        return publish.build("quick" if to_do else "full").parent


@pytest.fixture(scope="session")
def site_url(site, serve):
    """Address of the built book on loopback, without a slash at its end."""
    return serve(site)


@pytest.fixture(scope="session")
def site_file_url(site):
    """Address of the built book on disk, ``file://...``, without a slash at its end."""
    return site.as_uri()


SHARE_LAB = "tests/explorer/test_jupyter.py", "tests/notebooks/test_jupyterlab.py"
SLOW = "notebooks/", "tests/notebooks/", "tests/site/", "tests/chapters/"


def pytest_collection_modifyitems(items):
    """Sort the tests: style first, which fails fastest, then what is slowest.

    Browser tests come last: their event loop would be in the way of the notebooks' kernels. Of
    them JupyterLab's are first, which one process has to do all.
    """

    def rank(item):
        if "browser" in getattr(item, "fixturenames", ()):
            return 3 if item.nodeid.startswith(SHARE_LAB) else 4
        if item.nodeid.startswith("tests/test_style"):
            return 0
        return 1 if item.nodeid.startswith(SLOW) else 2

    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give several processes the tests in their order.

    A notebook's cells stay in one process, and so do the tests that share a page of JupyterLab.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            if file in SHARE_LAB:
                return "JupyterLab"
            return file if file.endswith(".ipynb") else nodeid

    config.option.loadscopereorder = False
    return Scheduling(config, log)
