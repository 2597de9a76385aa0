"""The lens in a real browser: the library's endings, and all that a reader can do with it."""

import re

import figure_page
import numpy as np
import pytest
from figure_page import says, status
from playwright.sync_api import expect

from fma import window
from fma.regimes import REGIMES
from fma.small import train_small

RUN = """async ([picture, rates, values]) => {
  const { run, start } = await import("/lens-run.js");
  const from = start(picture);
  return rates.map((rate, i) => {
    const { code, cost } = run(from, rate, values[i]);
    return [code, `${cost}`];
  });
}"""
CENTRES = """async ([low, high, count]) => {
  const { centre } = await import("/lens-state.js");
  return Array.from({ length: count }, (_, i) => centre(low, high, i, count));
}"""
WINDOWS = {  # rates, and values of each axis
    "wide": ((1e-5, 3.5e-4), {"slope": (0, 1), "size": (0.5, 1.5), "way": (0, 1)}),
    "strip": ((1.7e-4, 2e-4), {"slope": (0.009, 0.011), "size": (0.99, 1.01), "way": (0, 0.1)}),
    "deep": (
        (1.85e-4, 1.85e-4 * (1 + 2e-15)),
        {"slope": (0.01, 0.01 * (1 + 2e-15)), "size": (1, 1 + 1e-14), "way": (0.5, 0.5 + 1e-14)},
    ),
}
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    state = "lens=small&amp;axis=slope&amp;width=24"
    return figure_page.write(tmp_path_factory.mktemp("lens"), "lens", "Under a lens", state)


@pytest.fixture(params=["disk", "served"])
def address(request, folder, serve):
    if request.param == "disk":
        return (folder / "index.html").as_uri()
    return f"{serve(folder)}/index.html"


@pytest.fixture
def disk(folder):
    return (folder / "index.html").as_uri()


def picture(network, axis):
    return {"network": network, "axis": axis, "width": 64, "seed": 1, "other": 2}


def sample(where, axis, count):
    random = np.random.RandomState(len(where) + len(axis))
    (low, high), values = WINDOWS[where][0], WINDOWS[where][1][axis]
    return random.uniform(low, high, count), random.uniform(*values, count)


def begun(page):
    """Wait for the first picture."""
    says(page, "networks trained in")


def canvas(page):
    return page.get_by_role("application")


def press(page, key):
    """Press a key on the map, and wait until the address has followed."""
    before = page.url
    canvas(page).press(key)
    page.wait_for_url(lambda address: address != before)


def state(page):
    """Learning rates and range in the address."""
    found = re.search(r"rate=([^&]*)&range=([^&]*)", page.url)
    return [float(x) for part in found.groups() for x in part.split(",")]


@pytest.mark.parametrize("where", WINDOWS)
@pytest.mark.parametrize("axis", ["slope", "size", "way"])
def test_small_pixels_are_the_librarys_to_the_last_bit(sources, axis, where):
    rates, values = sample(where, axis, 16)
    found = sources.evaluate(RUN, [picture("small", axis), rates.tolist(), values.tolist()])
    start, slopes = window._small_starts(axis, 64, 1, 2, values)
    expected = train_small(start, rates, slopes)
    assert [float(cost.replace("Infinity", "inf")) for _, cost in found] == expected.cost.tolist()
    assert [code for code, _ in found] == window._small_codes(expected).tolist()
    names = [window.pixel("small", axis, *at) for at in zip(rates[:4], values[:4], strict=True)]
    assert [REGIMES[code] for code, _ in found[:4]] == names


def test_pixels_over_widths_are_the_librarys(sources):
    rates, widths = [9e-5, 1e-4, 2e-4], [12.2, 63.6, 160.4]
    for network in ("small", "full"):
        found = sources.evaluate(RUN, [picture(network, "width"), rates, widths])
        expected = [window.pixel(network, "width", *at) for at in zip(rates, widths, strict=True)]
        assert [REGIMES[code] for code, _ in found] == expected


@pytest.mark.parametrize("axis", ["slope", "size", "way"])
def test_full_pixels_are_the_librarys(sources, axis):
    rates, values = sample("wide", axis, 8)
    rates = rates / 2  # below the rough strip: there rounding decides, and BLAS rounds differently
    found = sources.evaluate(RUN, [picture("full", axis), rates.tolist(), values.tolist()])
    expected = [window.pixel("full", axis, *at) for at in zip(rates, values, strict=True)]
    assert [REGIMES[code] for code, _ in found] == expected


def test_columns_lie_where_the_librarys_do(sources):
    for low, high in [(1e-5, 3.5e-4), WINDOWS["deep"][0]]:
        found = sources.evaluate(CENTRES, [low, high, 256])
        assert found == window.centres(low, high, 256).tolist()


def test_begins_with_a_whole_map(page, address):
    page.goto(address)
    begun(page)
    expect(status(page)).to_have_text(re.compile(r"slope of LeakyReLU 0 to 1: .*plateau.*dead"))
    expect(page.get_by_text("The fallback.")).to_be_hidden()
    expect(page.get_by_role("spinbutton", name="Width")).to_have_value("24")


def test_a_rectangle_is_gone_into_and_left_again(page, disk):
    page.goto(disk)
    begun(page)
    box = canvas(page).bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 180, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile("lens=small"))
    low, high, bottom, top = state(page)
    assert 1e-5 < low < high < 3.5e-4
    assert high - low == pytest.approx(3.4e-4 * 100 / (box["width"] - 70), rel=0.05)
    assert 0 < bottom < top < 1
    begun(page)
    page.get_by_role("button", name="Back").click()
    expect(page).to_have_url(re.compile("rate=0.00001,0.00035"))


def test_keys_zoom_move_and_go_into_the_border(page, disk):
    page.goto(disk)
    begun(page)
    canvas(page).focus()
    press(page, "+")
    low, high, *_ = state(page)
    assert high - low == pytest.approx(1.7e-4)
    press(page, "ArrowRight")
    assert state(page)[0] == pytest.approx(low + 1.7e-4 / 4)
    press(page, "Home")
    assert state(page) == [1e-5, 3.5e-4, 0, 1]
    begun(page)
    expect(page.get_by_role("button", name="Into the border")).to_be_enabled()
    press(page, "Enter")
    low, high, bottom, top = state(page)
    assert high - low == pytest.approx(3.4e-5)
    assert top - bottom == pytest.approx(0.1)


def test_the_end_of_float64_is_the_end(page, disk):
    near = 1 + 2**-42  # six halvings from the end
    where = f"rate=1e-4,{1e-4 * near}&range=0.01,{0.01 * near}"
    page.goto(f"{disk}#lens=small&axis=slope&width=8&seed=1&{where}")
    begun(page)
    expect(page.get_by_text("Here float64 ends")).to_be_hidden()
    for _ in range(3):
        page.get_by_role("button", name="Closer").click()
        page.keyboard.press("Escape")
        for _ in range(3):
            page.get_by_role("button", name="Closer").click()
    expect(page.get_by_text("Here float64 ends")).to_be_visible()
    page.wait_for_timeout(600)
    low, high, *_ = state(page)
    assert np.spacing(low) * 16 <= high - low <= np.spacing(low) * 64


def test_a_link_is_a_view_and_a_bad_one_is_said(page, disk):
    page.goto(f"{disk}#lens=full&axis=width&seed=3&rate=5e-5,1e-4&range=10.5,20.5")
    expect(page.get_by_label("Network")).to_have_value("full")
    expect(page.get_by_label("Up the side")).to_have_value("width")
    expect(page.locator("input[id$=width]")).to_be_hidden()
    begun(page)
    page.evaluate("location.hash = 'lens=small&axis=sideways'")
    expect(page.get_by_role("alert")).to_have_text(re.compile("axis must be width, slope"))


def test_a_place_that_is_not_the_lenss_is_left_alone(page, disk):
    page.goto(f"{disk}#throw=3.7&size=4")
    begun(page)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_work_stops_when_told(page, disk):
    page.goto(f"{disk}#lens=full&axis=slope&width=64&seed=1&rate=1e-5,3.5e-4&range=0,1")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    begun(page)


COUNT_ASKED = """
  window.asked = 0; // what the workers have been asked for
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (...message) {
    window.asked += 1;
    postMessage.apply(this, message);
  };
"""


def test_nothing_is_trained_where_nobody_looks(page, disk):
    page.add_init_script(COUNT_ASKED)
    page.goto(disk)
    begun(page)
    page.evaluate("document.body.style.paddingTop = '6000px'")
    page.wait_for_timeout(500)
    asked = page.evaluate("asked")
    assert asked > 0
    page.evaluate("location.hash = 'lens=full&axis=slope&width=8&seed=7'")
    expect(page.get_by_label("Network")).to_have_value("full")
    first = status(page).text_content()
    page.wait_for_timeout(500)
    assert page.evaluate("asked") == asked
    assert "seed=7" in page.url
    assert page.locator(".fl").get_attribute("data-first") != ""
    assert status(page).text_content() == first
    page.locator(".fl").scroll_into_view_if_needed()
    expect(status(page)).not_to_have_text(first)


def test_training_waits_until_the_map_comes_to_the_middle_or_is_reached_for(page, disk):
    page.add_init_script(COUNT_ASKED)
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.body.style.paddingTop = '85vh')"
    )
    page.goto(disk)
    canvas(page).wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("asked") == 0
    assert status(page).text_content() == ""
    assert not page.workers
    page.get_by_label("Network").focus()
    begun(page)
    assert page.workers


def test_a_pixel_is_read(page, disk):
    page.goto(disk)
    begun(page)
    box = canvas(page).bounding_box()
    canvas(page).click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    reading = page.locator(".fl-reading")
    expect(reading).to_have_text(re.compile(r"^Learning rate .*: \w+, final cost .*\.$"))
    rate, value, name = re.match(
        r"Learning rate (\S+), slope of LeakyReLU (\S+): (\w+),", reading.inner_text()
    ).groups()
    assert name == window.pixel("small", "slope", float(rate), float(value), width=24)


def test_two_fingers_pinch(new_page, disk):
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto(disk)
    begun(page)
    page.evaluate("""() => {
      const canvas = document.querySelector(".fl-map");
      const box = canvas.getBoundingClientRect();
      canvas.setPointerCapture = () => {};
      const send = (type, pointerId, x) => canvas.dispatchEvent(new PointerEvent(type, {
        pointerId, pointerType: "touch", bubbles: true, button: 0,
        clientX: box.left + x, clientY: box.top + x / 2,
      }));
      send("pointerdown", 1, 180);
      send("pointerdown", 2, 220);
      for (let i = 1; i < 5; i += 1) {
        send("pointermove", 1, 180 - 15 * i);
        send("pointermove", 2, 220 + 15 * i);
      }
      return new Promise((resolve) => setTimeout(() => {
        send("pointerup", 1, 120);
        send("pointerup", 2, 280);
        resolve();
      }, 100));
    }""")
    expect(page).to_have_url(re.compile("rate="))
    low, high, *_ = state(page)
    assert high - low == pytest.approx(3.4e-4 / 4, rel=0.1)


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(new_page, folder, serve, width):
    figure_page.assert_fit_for_all(new_page, f"{serve(folder)}/index.html", width, begun)
