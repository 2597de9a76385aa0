"""The interactive figures in Firefox, where it is installed: the library's digits, no error."""

import importlib.util
import json
import shutil

import pytest
from firefox import Firefox, firefox

import fma
from fma import window
from fma.explorer import bundle
from fma.explorer.bundle import FOLDER
from fma.regimes import REGIMES

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{0}</title>
<link rel="stylesheet" href="{0}.css"></head>
<body><main><div class="fma-{0}" data-state="{1}"></div></main>
<script src="{0}.js"></script></body></html>
"""
STATES = {
    "explorer": "width=64&amp;seed=1",
    "throw": "size=4&amp;step=3.7",
    "lens": "lens=small&amp;axis=slope&amp;width=24",
}
STATUS = "document.querySelector('[role=status]')?.textContent"
pytestmark = [
    pytest.mark.skipif(firefox() is None, reason="Firefox is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("websocket") is None,
        reason="websocket-client is not installed",
    ),
]


@pytest.fixture(scope="module")
def browser_():
    browser = Firefox()
    yield browser
    browser.close()


@pytest.fixture
def page(browser_):
    """The browser, whose pages must not complain."""
    browser_.complaints.clear()
    yield browser_
    assert browser_.complaints == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("firefox")
    bundle.write(folder)
    for figure, state in STATES.items():
        (folder / f"{figure}.html").write_text(PAGE.format(figure, state), encoding="utf-8")
    shutil.copytree(FOLDER, folder / "sources", ignore=shutil.ignore_patterns("*.py*", "__*"))
    return folder


@pytest.mark.parametrize("where", ["disk", "served"])
@pytest.mark.parametrize(
    ("figure", "says"),
    [("explorer", "B: width 64.*converge"), ("throw", "final cost"), ("lens", "networks trained")],
)
def test_each_figure_works(page, folder, serve, where, figure, says):
    base = folder.as_uri() if where == "disk" else serve(folder)
    page.open(f"{base}/{figure}.html")
    page.until(f"/{says}/.test({STATUS})")


@pytest.mark.parametrize("size", [(390, 844), (1280, 900)])
def test_curve_and_slider_are_in_view_together(page, folder, size):
    page.size(*size)
    page.open(f"{folder.as_uri()}/explorer.html")
    page.until(f"/B: width 64.*converge/.test({STATUS})")
    boxes = page.evaluate(
        "(() => { const named = (name) => [...document.querySelectorAll('input, [role=slider]')]"
        "  .find((e) => e.getAttribute('aria-label') === name"
        "    || e.labels?.[0]?.textContent.startsWith(name));"
        "  const [width, cost] = [named('Width'), named('Cost')];"
        "  width.scrollIntoView({ block: 'end' });"
        "  return [width, cost].map((e) => e.getBoundingClientRect().toJSON()); })()"
    )
    for box in boxes:
        assert box["height"] > 0
        assert box["top"] >= 0
        assert box["bottom"] <= size[1] + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_trainer_has_the_librarys_digits(page, folder, serve):
    page.open(f"{serve(folder)}/throw.html")
    run = {"width": 64, "seed": 1, "init": "uniform", "learningRate": 1e-4, "slope": 0.01}
    run |= {"epochs": 150, "graft": None}
    cost = page.evaluate(
        "import('./sources/trainer.js').then(({ Training }) => {"
        f"  const training = new Training({json.dumps(run)});"
        "  while (training.step());"
        "  return Array.from(training.cost.subarray(0, training.count));"
        "})"
    )
    expected = fma.train(64, 1, detail=0).cost
    assert cost[:150] == pytest.approx(expected[:150].tolist(), rel=1e-6)


def test_a_pixel_of_the_lens_is_the_librarys(page, folder, serve):
    page.open(f"{serve(folder)}/lens.html")
    picture = {"network": "small", "axis": "slope", "width": 64, "seed": 1, "other": 2}
    rates = [9e-5, 1.02e-4, 1.85e-4, 1.9e-4, 3e-4]
    codes = page.evaluate(
        "import('./sources/lens-run.js').then(({ run, start }) => {"
        f"  const from = start({json.dumps(picture)});"
        f"  return {json.dumps(rates)}.map((rate) => run(from, rate, 0.01).code);"
        "})"
    )
    expected = [window.pixel("small", "slope", rate, 0.01) for rate in rates]
    assert [REGIMES[code] for code in codes] == expected
