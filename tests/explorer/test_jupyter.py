"""The explorer, the throw and the lens as widgets in a real JupyterLab and a real Notebook 7."""

import importlib.util
import json
import re

import pytest
from application import open_notebook
from playwright.sync_api import TimeoutError as Late
from playwright.sync_api import expect

CELLS = (
    "import ipywidgets\n"
    "from fma.explorer import Explorer, Lens, Throw\n"
    "explorer = Explorer(width=64, seed=1)\n"
    "slider = ipywidgets.IntSlider(64, 1, 160, description='from outside')\n"
    "link = ipywidgets.jslink((slider, 'value'), (explorer, 'width'))\n"
    "seen = ipywidgets.Label('nothing yet')\n"
    "def follow(change):\n"
    "    seen.value = f'Python saw seed {change.new}'\n"
    "explorer.observe(follow, 'seed')\n"
    "ipywidgets.VBox([slider, seen, explorer, Throw(step=3.9), Lens(width=24)])"
)
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "explorer",
            "metadata": {},
            "outputs": [],
            "source": CELLS,
        }
    ],
    "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}


STARTED = "(cell) => /\\[[*\\d]/.test(cell.querySelector('.jp-InputPrompt').textContent)"


@pytest.fixture(params=["jupyterlab", "notebook"])
def page(request, jupyter, browser):
    """A page of an application with the notebook in it, once it has a kernel."""
    folder, address = jupyter
    (folder / "try.ipynb").write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    if request.param == "jupyterlab":
        lab = request.getfixturevalue("lab")
        open_notebook(lab, "try.ipynb")
        yield lab
        return
    if importlib.util.find_spec("notebook") is None:
        pytest.skip("notebook is not installed: pip install 'fma[jupyter]'")
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{address}/notebooks/try.ipynb")
    kernel = page.locator(".jp-Toolbar-kernelName", has_text="Python 3 (ipykernel)")
    kernel.wait_for(timeout=90_000)
    yield page
    page.close()


def _run(page):
    """Run the cell; the page may not hear a key that comes while it still settles."""
    cell = page.locator(".jp-CodeCell").first
    for _ in range(6):
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        try:
            page.wait_for_function(STARTED, arg=cell.element_handle(), timeout=3000)
        except Late:
            continue
        return
    raise AssertionError("the cell was not run")


@pytest.mark.timeout(240)
def test_widget_in_jupyter(page):
    _run(page)
    explorer = page.locator(".fx:not(.ft, .fl)")
    status = explorer.get_by_role("status")
    expect(status).to_have_text(re.compile("B: width 64.*final cost 145.4"), timeout=90_000)
    track = page.locator(".widget-hslider .noUi-target")
    track.click(position={"x": 0.75 * track.bounding_box()["width"], "y": 2}, force=True)
    readout = page.locator(".widget-hslider .widget-readout")
    expect(readout).to_have_text(re.compile(r"1\d\d"))
    outside = readout.inner_text()
    expect(status).to_have_text(re.compile(f"B: width {outside}"), timeout=20_000)
    explorer.get_by_role("slider", name="Seed", exact=True).press("ArrowRight")
    expect(page.get_by_text("Python saw seed 2")).to_be_visible(timeout=20_000)
    throw, lens = (page.locator(kind).get_by_role("status") for kind in (".ft", ".fl"))
    expect(throw).to_have_text(
        re.compile("3.90, size 4.00: it is lost.*final cost"), timeout=60_000
    )
    page.locator(".fl").scroll_into_view_if_needed()
    expect(lens).to_have_text(re.compile("networks trained"), timeout=60_000)
