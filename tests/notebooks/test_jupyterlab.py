"""The notebooks as people open them: in JupyterLab, first untrusted and unexecuted, then run."""

import json
import re
import shutil
from html import unescape
from pathlib import Path

import papermill
import pytest
from playwright.sync_api import expect

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
OUTPUT = ".jp-OutputArea-output"


def shown(output):
    """What of an output is text on the screen."""
    data = output.get("data", {})
    if "image/png" in data:
        return ""
    if "text/html" in data:
        return unescape(re.sub(r"<[^>]*>", " ", "".join(data["text/html"])))
    return "".join(data.get("text/plain", output.get("text", "")))


def letters(text):
    return "".join(text.split())


def entered(browser, address):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(90_000)
    page.goto(address)
    return page


def opened(browser, address, name):
    page = entered(browser, f"{address}/lab/tree/{name}?reset")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    return page


@pytest.fixture(scope="module")
def lab(jupyterlab, browser):
    """A page of JupyterLab with nothing open in it."""
    page = entered(browser, f"{jupyterlab[1]}/lab?reset")
    page.wait_for_function("() => window.jupyterapp?.restored.then(() => true)")
    yield page
    page.close()


def command(page, name, **arguments):
    """Do what a menu of JupyterLab does."""
    line = "([name, arguments]) => { window.jupyterapp.commands.execute(name, arguments) }"
    page.evaluate(line, [name, arguments])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_shows_itself_untrusted(path, jupyterlab, lab):
    shutil.copy(path, jupyterlab[0])
    cells = json.loads(path.read_text("utf-8"))["cells"]
    expected = [output for cell in cells for output in cell.get("outputs", ())]
    lab.evaluate("() => [...window.jupyterapp.shell.widgets('main')].forEach((w) => w.dispose())")
    expect(lab.locator(".jp-Notebook")).to_have_count(0)
    command(lab, "docmanager:open", path=path.name)
    expect(lab.locator(".jp-Notebook .jp-Cell")).to_have_count(len(cells))
    expect(lab.locator(OUTPUT)).to_have_count(len(expected))
    for output, place in zip(expected, lab.locator(OUTPUT).all(), strict=True):
        assert place.locator("svg").count() == 0
        if "image/png" in output.get("data", {}):
            picture = place.locator("img")
            expect(picture).to_have_count(1)
            assert (
                picture.evaluate("async (e) => { await e.decode(); return e.naturalWidth }") > 400
            )
            assert picture.evaluate("(e) => e.getBoundingClientRect().width") > 400
        assert letters(place.text_content()) == letters(shown(output))


MOVING = ("02_regimes", "05_seed_test", "07_what_decides")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", MOVING)
def test_what_moves_moves_once_a_notebook_is_run(name, jupyterlab, browser):
    folder, address = jupyterlab
    source = next(path for path in NOTEBOOKS if path.stem == name)
    metadata = json.loads(source.read_text("utf-8"))["metadata"]["fma"]
    papermill.execute_notebook(
        source, folder / f"run-{name}.ipynb", metadata["quick"], prepare_only=True
    )
    page = opened(browser, address, f"run-{name}.ipynb")
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=120_000)
    command(page, "notebook:run-all-cells")
    for waiting in ("[*]:", "[ ]:"):
        expect(page.get_by_text(waiting)).to_have_count(0, timeout=600_000)
    expect(page.locator(f"{OUTPUT}[data-mime-type*='error'], .jp-mod-error")).to_have_count(0)
    text = "".join("".join(cell["source"]) for cell in json.loads(source.read_text())["cells"])
    if "explorer(" in text:
        explorer = page.locator(".fx").first
        status = explorer.get_by_role("status")
        expect(status).to_have_text(re.compile("final cost"), timeout=90_000)
        before = status.inner_text()
        explorer.get_by_role("slider", name="Width", exact=True).press("ArrowRight")
        expect(status).not_to_have_text(before, timeout=90_000)
        expect(status).to_have_text(re.compile("final cost"), timeout=90_000)
    if "sliders(" in text:
        box = page.locator(".jp-OutputArea:has(.widget-hslider)").last
        picture = box.locator("img").last
        before = picture.get_attribute("src", timeout=60_000)
        handle = page.locator(".widget-hslider .noUi-handle").first
        handle.focus()
        handle.press("ArrowRight")
        expect(box.locator("img").last).not_to_have_attribute("src", before, timeout=60_000)
    page.close()
