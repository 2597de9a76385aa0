"""The throw in a real browser: the library's numbers, and all that a reader can do with it."""

import re

import figure_page
import numpy as np
import pytest
from figure_page import says, status
from playwright.sync_api import expect

import fma
from fma import throw

STARTS = [(2.3, 4.1), (3.2, 3.8), (4.0, 3.7), (4.0, 3.9), (5.657, 3.4), (6.325, 5.5)]
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    state = "size=4&amp;step=3.7"
    return figure_page.write(tmp_path_factory.mktemp("throw"), "throw", "The throw", state)


@pytest.fixture
def disk(folder):
    return (folder / "index.html").as_uri()


def trained(page):
    says(page, "The network, learning rate .*final cost")


def start_of(size):
    return throw.Start(0.5, 4.0, size)


def test_the_map_is_the_librarys(sources):
    code = """async (starts) => {
      const map = await import("/throw-map.js");
      return [map.KAPPA, map.BEST, starts.map(([size, step]) =>
        [map.curvature(map.startAt(size)), map.path(size, step), map.stays(size, step)])];
    }"""
    kappa, best, found = sources.evaluate(code, STARTS)
    assert (kappa, best) == pytest.approx(throw.constants(), rel=1e-14)
    for (size, step), (curvature, path, stays) in zip(STARTS, found, strict=True):
        start = start_of(size)
        assert curvature == pytest.approx(float(throw.curvature(start)), rel=1e-12)
        np.testing.assert_allclose(np.transpose(path), throw.throw(start, step), rtol=1e-8)
        assert stays == bool(throw.stays(start, step))


@pytest.mark.parametrize(("size", "step"), [(4.0, 3.5), (4.0, 4.0), (5.5, 3.0)])
def test_the_network_beside_it_is_the_librarys(page, disk, size, step):
    page.goto(f"{disk}#throw={step}&size={size}&seed=2")
    trained(page)
    drawn = fma.initialise(64, 2, "uniform")
    start = drawn._replace(W1=drawn.W1 * (size / throw.layer1_size(drawn)))
    rate = step / fma.sharpness(start, fma.product_task())
    recipe = fma.Recipe("uniform", rate, 150)
    trace = fma.train(64, 2, recipe, parameters=start, detail=0)
    expect(status(page)).to_have_text(re.compile(f": {fma.regime(trace)}, final cost"))
    sums = [float(v) for v in page.locator(".ft").get_attribute("data-sums").split(",")]
    expected = [start.W3.sum() / 8]
    for updates in range(1, 13):
        run = fma.train(64, 2, recipe, epochs=updates, parameters=start, detail=0)
        expected.append(run.parameters.W3.sum() / 8)
    np.testing.assert_allclose(sums, expected, rtol=1e-6, atol=1e-7)


def test_sliders_keys_and_drag_move_the_start(page, disk):
    page.goto(disk)
    trained(page)
    expect(page.get_by_text("The fallback.")).to_be_hidden()
    expect(status(page)).to_have_text(re.compile("η λ₀ 3.70, size 4.00: it stays"))
    slider = page.get_by_role("slider", name="Step size η λ₀")
    slider.fill("4.2")
    expect(status(page)).to_have_text(re.compile("η λ₀ 4.20, size 4.00: it is lost"))
    expect(page).to_have_url(re.compile("#throw=4.2&size=4"))
    plane = page.get_by_role("application")
    plane.press("ArrowLeft")
    plane.press("Shift+ArrowUp")
    expect(status(page)).to_have_text(re.compile("η λ₀ 4.19, size 4.10"))
    box = plane.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 40, steps=4)
    page.mouse.up()
    expect(status(page)).to_have_text(re.compile(r"η λ₀ 1\.\d\d, size 6\.\d\d: it stays"))
    trained(page)


def swipe(page, start, end):
    """Draw a finger over the screen."""
    tools = page.context.new_cdp_session(page)

    def touch(kind, *points):
        places = [{"x": x, "y": y} for x, y in points]
        tools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", start)
    for share in np.linspace(0.1, 1, 10):
        touch("touchMove", tuple(np.array(start) + share * (np.array(end) - start)))
        page.wait_for_timeout(16)
    page.wait_for_timeout(150)  # at rest, so that the page does not roll on
    touch("touchEnd")


def test_a_finger_scrolls_the_page_over_the_map_and_moves_the_start(new_page, disk):
    page = new_page(viewport={"width": 390, "height": 640}, has_touch=True, is_mobile=True)
    page.goto(disk)
    trained(page)
    plane = page.get_by_role("application")
    plane.evaluate("(canvas) => canvas.scrollIntoView({ block: 'center' })")
    box = plane.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = page.evaluate("scrollY")
    swipe(page, (x, y), (x + 6, y - 120))
    page.wait_for_function("(before) => scrollY > before + 60", arg=before)
    expect(status(page)).to_have_text(re.compile("η λ₀ 3.70, size 4.00: it stays"))
    plane.evaluate("(canvas) => canvas.scrollIntoView({ block: 'center' })")
    swipe(page, (x, y), (x + 60, y - 60))
    expect(status(page)).to_have_text(re.compile(r"η λ₀ 3\.7\d, size 4\.3\d: it stays"))
    page.touchscreen.tap(x - 60, y)
    expect(status(page)).to_have_text(re.compile(r"η λ₀ 2\.\d\d, size \d\.\d\d: it stays"))


def test_back_goes_back_and_a_bad_link_is_said(page, disk):
    page.goto(f"{disk}#throw=3.2&size=5&seed=1")
    expect(status(page)).to_have_text(re.compile("3.20, size 5.00"))
    page.evaluate("location.hash = 'throw=4.4&size=3'")
    expect(status(page)).to_have_text(re.compile("4.40, size 3.00"))
    page.go_back()
    expect(status(page)).to_have_text(re.compile("3.20, size 5.00"))
    page.evaluate("location.hash = 'throw=99'")
    expect(page.get_by_role("alert")).to_have_text(re.compile("throw must be a number from 1.5"))


def test_copies_a_link_where_the_clipboard_is_out_of_reach(page, disk):
    page.add_init_script("""
      delete Navigator.prototype.clipboard;
      addEventListener("copy", () => (window.copied = getSelection().toString()));
    """)
    page.goto(f"{disk}#throw=3.2&size=5&seed=1")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    assert page.evaluate("copied") == page.url


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(new_page, folder, serve, width):
    figure_page.assert_fit_for_all(new_page, f"{serve(folder)}/index.html", width, trained)
