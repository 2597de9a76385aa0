"""The notebooks as people open them: in JupyterLab, first untrusted and unexecuted, then run."""

import json
import re
import shutil
from html import unescape
from pathlib import Path

import papermill
import pytest
from application import command, open_notebook
from playwright.sync_api import expect

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
OUTPUT = ".jp-OutputArea-output"
OUTPUTS = """async (count) => {
  const places = [...document.querySelectorAll(".jp-OutputArea-output")]
  const pictures = [...document.querySelectorAll(".jp-OutputArea-output img")]
  if (places.length !== count || !places.every((place) => place.hasChildNodes())) return null
  if (!pictures.every((picture) => picture.complete && picture.src)) return null
  await Promise.all(pictures.map((picture) => picture.decode()))
  const width = (picture) => Math.min(picture.naturalWidth, picture.getBoundingClientRect().width)
  return places.map((place) => ({
    text: place.textContent,
    drawings: place.querySelectorAll("svg").length,
    widths: [...place.querySelectorAll("img")].map(width),
  }))
}"""


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


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_shows_itself_untrusted(path, jupyter, lab):
    shutil.copy(path, jupyter[0])
    cells = json.loads(path.read_text("utf-8"))["cells"]
    expected = [output for cell in cells for output in cell.get("outputs", ())]
    open_notebook(lab, path.name, kernelPreference={"shouldStart": False})
    places = lab.wait_for_function(OUTPUTS, arg=len(expected), polling=50).json_value()
    assert lab.locator(".jp-Notebook .jp-Cell").count() == len(cells)
    for output, place in zip(expected, places, strict=True):
        assert place["drawings"] == 0
        if "image/png" in output.get("data", {}):
            assert len(place["widths"]) == 1
            assert place["widths"][0] > 400
        assert letters(place["text"]) == letters(shown(output))


MOVING = ("02_regimes", "05_seed_test", "07_what_decides")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", MOVING)
def test_what_moves_moves_once_a_notebook_is_run(name, jupyter, lab):
    source = next(path for path in NOTEBOOKS if path.stem == name)
    metadata = json.loads(source.read_text("utf-8"))["metadata"]["fma"]
    papermill.execute_notebook(
        source, jupyter[0] / f"run-{name}.ipynb", metadata["quick"], prepare_only=True
    )
    open_notebook(lab, f"run-{name}.ipynb")
    command(lab, "notebook:run-all-cells", timeout=600_000)
    assert lab.locator(f"{OUTPUT}[data-mime-type*='error'], .jp-mod-error").count() == 0
    prompts = lab.locator(".jp-CodeCell .jp-InputPrompt").all_text_contents()
    assert prompts
    assert all(re.fullmatch(r"\[\d+\]:", prompt) for prompt in prompts), prompts
    text = "".join("".join(cell["source"]) for cell in json.loads(source.read_text())["cells"])
    if "explorer(" in text:
        explorer = lab.locator(".fx").first
        status = explorer.get_by_role("status")
        expect(status).to_have_text(re.compile("final cost"), timeout=90_000)
        before = status.inner_text()
        explorer.get_by_role("slider", name="Width", exact=True).press("ArrowRight")
        expect(status).not_to_have_text(before, timeout=90_000)
        expect(status).to_have_text(re.compile("final cost"), timeout=90_000)
    if "sliders(" in text:
        box = lab.locator(".jp-OutputArea:has(.widget-hslider)").last
        picture = box.locator("img").last
        before = picture.get_attribute("src", timeout=60_000)
        handle = lab.locator(".widget-hslider .noUi-handle").first
        handle.focus()
        handle.press("ArrowRight")
        expect(box.locator("img").last).not_to_have_attribute("src", before, timeout=60_000)
