"""The explorer in a real browser, from a server and from disk: all that a reader can do with it."""

import csv
import io
import itertools
import json
import re

import pytest
from axe import barriers
from figure_page import says, scroll_width, set_theme, status
from playwright.sync_api import expect

import fma
from fma.chapters import article
from fma.explorer import bundle

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Explorer</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="explorer.css">
<style>
body { margin: 0 auto; padding: 0 12px; max-width: 60rem; background: #fff; color: #1f2328 }
html[data-theme=dark] body { background: #121212; color: #e6e8eb }
html[data-theme=dark] a { color: #dba8e3 }
.tall { height: 2000px }
</style></head>
<body><main><h1>One neuron more</h1>
<div class="fma-explorer" data-mode="full" data-state="width=64&amp;seed=1">
<p>The fallback.</p></div>
<p>Now <a class="fma-set" href="#width=65">take one more neuron</a>,
<button type="button" class="fma-set" data-change="learning_rate / 10">divide the step by
ten</button> or <a class="fma-set" href="#graft=W3">give 64 the third layer of 63</a>.
<a href="#end">The end</a></p>
<p class="tall" id="end">The end.</p>
</main><script src="explorer.js"></script></body></html>
"""
SIMPLE = PAGE.replace(' data-mode="full"', "")
GUESS = PAGE.replace('data-mode="full"', 'data-guess="60"')
expect.set_options(timeout=20_000)

VIEWS = ("cost", "map", "neurons_b", "surface_b", "z2", "dw1", "dw2", "dw3", "gauge")
PICTURES = """() => [...document.querySelectorAll(".fx canvas")]
  .map((canvas) => canvas.width ? canvas.toDataURL() : "")"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    bundle.write(folder)
    for name, text in (("index", PAGE), ("simple", SIMPLE), ("guess", GUESS)):
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def simple(folder):
    return (folder / "simple.html").as_uri()


@pytest.fixture(scope="session")
def guess(folder):
    return (folder / "guess.html").as_uri()


@pytest.fixture(scope="session")
def disk(folder):
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="session")
def served(folder, serve):
    return f"{serve(folder)}/index.html"


@pytest.fixture(params=["disk", "served"])
def address(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def untrained(page):
    """Let the page's workers never answer: what it says of a run is the atlas's."""
    page.add_init_script("window.Worker = class { postMessage() {} terminate() {} };")


def arrived(page):
    """Wait until the explorer has taken the place of the fallback."""
    page.locator(".fma-explorer[data-mounted=yes]").wait_for()


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def trained(page):
    """Wait until both runs have been trained in the page."""
    says(page, "Trained here.*A in.*B in", ".fx-note")


def cell(page, row, run):
    column = {"A": 0, "B": 1}[run]
    heading = page.get_by_role("rowheader", name=row, exact=True)
    return page.get_by_role("row").filter(has=heading).get_by_role("cell").nth(column)


def named(trace):
    """What the page calls how a run ended."""
    return "learning" if fma.regimes.ending(trace) == "learning" else fma.regime(trace)


def test_begins_with_the_puzzle_and_one_key_press_changes_every_view(page, address):
    page.goto(address)
    says(page, r"^A: width 63, seed 1, recipe table: plateau, final cost 13\d\.\d before the last ")
    says(page, r" B: width 64, .* table: converge, final cost 145\.4 before the last update\.$")
    expect(page.get_by_text("The fallback.")).to_be_hidden()
    expect(slider(page, "Width")).to_have_value("64")
    expect(slider(page, "Seed")).to_have_value("1")
    expect(slider(page, "Learning rate")).to_have_value("-4")
    trained(page)
    before = page.evaluate(PICTURES)
    slider(page, "Width").press("ArrowRight")
    says(page, "B: width 65, seed 1, recipe table: plateau")
    trained(page)
    page.wait_for_timeout(200)
    after = page.evaluate(PICTURES)
    classes = page.evaluate(
        "[...document.querySelectorAll('.fx canvas')].map((c) => c.closest('figure')?.className)"
    )
    shown = [
        name for name, old, new in zip(classes, before, after, strict=True) if name and old != new
    ]
    for view in VIEWS:
        name = re.sub("surface_b", "surface", view)
        assert any(f"fx-{name}" in seen.split() for seen in shown), view
    expect(page.locator("th", has_text="B (65)")).to_be_visible()


def test_trains_live_to_the_library_s_digits(page, address):
    page.goto(address)
    for width in article.WIDTHS:
        page.evaluate(f"location.hash = 'width={width},{width}&seed=1&recipe=table&epoch=100'")
        trace = fma.train(width, 1, detail=0)
        says(page, f"B: width {width}, seed 1, recipe table: {named(trace)}, final cost ")
        trained(page)
        for row, known in (
            ("Cost", trace.cost[100]),
            ("Cost before the last update", trace.cost[-1]),
            ("Largest Z2", trace.z2_max[100]),
            ("Norm of dW2", trace.gradient_norm[100, 1]),
            ("Layer-2 neurons alive", trace.alive[100]),
        ):
            shown = cell(page, row, "B").inner_text().replace("−", "-").replace(",", "")
            assert float(shown) == pytest.approx(known, rel=6e-3), (width, row)


def test_curves_grow_while_a_long_run_trains_and_stop_when_told(page, served):
    page.goto(f"{served}#width=64&seed=1&recipe=long")
    button = page.get_by_role("button", name="Train live")
    button.click()
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    cost = page.get_by_role("slider", name="Cost", exact=True)
    page.wait_for_timeout(300)
    first = cost.get_attribute("aria-valuetext")
    page.wait_for_timeout(300)
    assert cost.get_attribute("aria-valuetext") != first
    stop.click()
    expect(button).to_be_visible()
    page.wait_for_timeout(100)
    before = page.evaluate(PICTURES)
    page.wait_for_timeout(300)
    assert page.evaluate(PICTURES) == before
    assert "training" not in status(page).inner_text()


def test_escape_stops_training(page, disk):
    page.goto(f"{disk}#width=64&seed=1&recipe=long")
    page.get_by_role("button", name="Train live").press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Train live")).to_be_visible()


def test_training_never_freezes_the_page(page, disk):
    page.goto(f"{disk}#width=160,160&seed=1,2&recipe=long")
    page.get_by_role("button", name="Train live").click()
    longest = page.evaluate(
        """() => new Promise((resolve) => {
          let [last, longest, frames] = [performance.now(), 0, 0];
          const step = (now) => {
            longest = Math.max(longest, now - last);
            last = now;
            frames += 1;
            if (frames > 60) resolve(longest);
            else requestAnimationFrame(step);
          };
          requestAnimationFrame(step);
        })"""
    )
    assert longest < 1000  # ten thousand epochs of width 160 at once would take far longer


def test_scrubbing_moves_the_epoch_in_all_views(page, served):
    page.goto(served)
    trained(page)
    for name in ("Cost", "Norm of dW2", "Layer 2 of B"):
        chart = page.get_by_role("slider", name=name, exact=True)
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        caption = page.get_by_text(re.compile(r"^In numbers, at epoch [3-9]\d$"))
        expect(caption).to_be_visible()
        epoch = re.search(r"\d+$", caption.inner_text()).group()
        for other in ("Cost", "Largest Z2", "Norm of dW1", "Layer 2 of A"):
            other = page.get_by_role("slider", name=other, exact=True)
            expect(other).to_have_attribute("aria-valuenow", epoch)
        page.mouse.move(1, 1)
        expect(page.get_by_text("In numbers, at epoch 149")).to_be_visible()


def test_arrow_keys_and_taps_pin_the_epoch(page, disk):
    page.goto(disk)
    trained(page)
    cost = page.get_by_role("slider", name="Cost", exact=True)
    for _ in range(3):
        cost.press("ArrowLeft")
    expect(page.get_by_text("In numbers, at epoch 146")).to_be_visible()
    expect(cost).to_have_attribute("aria-valuetext", re.compile(r"^epoch 146: A [\d.]+, B [\d.]+$"))
    expect(page.get_by_role("slider", name="Epoch")).to_have_value("146")
    page.wait_for_url(re.compile("epoch=146"))
    box = cost.bounding_box()
    page.mouse.click(box["x"] + 46 + 1, box["y"] + 50)
    page.mouse.move(1, 1)
    expect(page.get_by_text("In numbers, at epoch 0")).to_be_visible()
    trace = fma.train(64, 1, detail=0)
    shown = float(cell(page, "Cost", "B").inner_text().replace(",", ""))
    assert shown == pytest.approx(trace.cost[0], rel=6e-4)


def shown_controls(page):
    return page.evaluate(
        """() => [...document.querySelectorAll(".fx :is(input, select, button, [tabindex])")]
          .filter((e) => e.checkVisibility() && e.tabIndex >= 0)
          .map((e) => e.labels?.[0]?.textContent || e.ariaLabel || e.textContent)"""
    )


@pytest.mark.usefixtures("untrained")
def test_begins_with_a_curve_and_two_sliders(page, simple):
    page.goto(simple)
    says(page, "B: width 64, seed 1, recipe table: converge")
    assert shown_controls(page) == ["Cost", "Width", "Seed", "More"]
    more = page.get_by_role("button", name="More")
    expect(more).to_have_attribute("aria-expanded", "false")
    more.press("Enter")
    expect(slider(page, "Learning rate")).to_be_visible()
    expect(page.get_by_role("application")).to_be_visible()
    page.wait_for_url(re.compile("mode=full$"))
    less = page.get_by_role("button", name="Less")
    expect(less).to_be_focused()
    less.press("Enter")
    expect(page.get_by_role("button", name="More")).to_be_visible()
    assert shown_controls(page) == ["Cost", "Width", "Seed", "More"]
    expect(page).to_have_url(re.compile("#width=64&seed=1&recipe=table$"))


def test_what_is_out_of_sight_is_not_drawn(page, simple):
    page.goto(simple)
    trained(page)
    sizes = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".fx-views canvas")]
          .map((c) => [c.closest("figure").className, c.width]))"""
    )
    assert set(sizes.values()) == {300}, "a canvas that nothing was drawn on keeps its width"


PHONES = [(390, 844), (360, 640)]


@pytest.mark.parametrize("size", PHONES)
def test_the_curve_is_in_view_while_a_slider_is_moved(new_page, disk, size):
    page = new_page(
        viewport=dict(zip(("width", "height"), size, strict=True)), has_touch=True, is_mobile=True
    )
    page.goto(disk)
    trained(page)
    names = "Width", "Seed", "Learning rate", "Slope"
    for block, name in itertools.product(("start", "end"), names):
        moved = slider(page, name)
        moved.evaluate(f"(e) => e.scrollIntoView({{ block: '{block}' }})")
        page.wait_for_timeout(50)
        assert page.get_by_text("how far off the answers are").is_visible()
        for element in (moved, page.get_by_role("slider", name="Cost", exact=True)):
            box = element.bounding_box()
            assert box["y"] >= 0, (block, name, box)
            assert box["y"] + box["height"] <= size[1] + 1, (block, name, box)
        reached = moved.evaluate(
            """(e) => {
              const { left, top, width, height } = e.getBoundingClientRect();
              return document.elementFromPoint(left + width / 2, top + height / 2) === e;
            }"""
        )
        assert reached, f"{name} is covered, {block}"


def test_asks_for_a_guess_and_answers_it(new_page, served):
    page = new_page(reduced_motion="reduce")
    page.goto(served.replace("index", "guess"))
    asked = page.get_by_role("group", name="A guess first")
    expect(asked).to_contain_text(re.compile(r"Width 64 has stood still for \d\d epochs"))
    told = page.locator(".fx").inner_text()
    assert not re.search("converge|145", told)
    says(page, "B: width 64, seed 1, recipe table: shown up to epoch 60")
    found = barriers(page)
    page.get_by_role("button", name="It stays").press("Enter")
    expect(asked).to_contain_text(
        "No: width 64 falls, from a cost of 1,412 at epoch 60 to 145 in the end."
    )
    assert page.evaluate("document.activeElement.textContent").startswith("No: width 64")
    says(page, "B: width 64, seed 1, recipe table: converge")
    expect(page.get_by_role("button", name="It falls")).to_be_hidden()
    where = slider(page, "Width").bounding_box()
    slider(page, "Width").press("ArrowRight")
    says(page, "B: width 65")
    expect(asked).to_be_hidden()  # it was said of width 64
    assert slider(page, "Width").bounding_box() == where
    page.wait_for_url(re.compile("width=65"))
    page.go_back()
    says(page, "B: width 64, seed 1, recipe table: converge")
    expect(asked).to_contain_text("No: width 64 falls")
    slider(page, "Seed").press("ArrowRight")
    says(page, "B: width 64, seed 2")
    expect(asked).to_be_hidden()
    assert found == []


def test_a_right_guess_is_drawn_on_in_its_time(page, guess):
    page.goto(guess)
    says(page, "shown up to epoch 60")
    page.get_by_role("button", name="It falls").click()
    early = page.locator(".fx-cost canvas").evaluate("(c) => c.toDataURL()")
    expect(page.get_by_role("group", name="A guess first")).to_contain_text("Right: width 64 falls")
    page.wait_for_timeout(1800)
    assert page.locator(".fx-cost canvas").evaluate("(c) => c.toDataURL()") != early


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("how", ["slider", "link", "more"])
def test_whoever_does_not_guess_is_not_kept_waiting(page, guess, how):
    page.goto(guess)
    says(page, "shown up to epoch 60")
    if how == "slider":
        slider(page, "Width").press("ArrowRight")
        says(page, "B: width 65, seed 1, recipe table: plateau")
    elif how == "link":
        page.get_by_role("link", name="take one more neuron").click()
        says(page, "B: width 65, seed 1, recipe table: plateau")
    else:
        page.get_by_role("button", name="More").click()
        says(page, "B: width 64, seed 1, recipe table: converge")
    expect(page.get_by_role("button", name="It falls")).to_be_hidden()


@pytest.mark.usefixtures("untrained")
def test_a_link_to_a_state_does_not_ask(page, guess):
    page.goto(f"{guess}#width=64&seed=1")
    says(page, "B: width 64, seed 1, recipe table: converge")
    expect(page.get_by_role("button", name="It falls")).to_be_hidden()


def test_a_long_run_is_named_by_what_it_learned(page, simple):
    # narrow, A a short run, and out of sight, so that nothing is drawn: 10,000 epochs are soon done
    page.goto(f"{simple}#width=2,2&seed=3,4&recipe=table,long")
    page.get_by_role("button", name="Train live").click()
    page.mouse.wheel(0, 2000)
    trace = fma.train(2, 4, "long", detail=0)
    assert fma.regimes.ending(trace) == "learning"
    told = r"B: width 2, seed 4, recipe long: learning, final cost \d.* after the last update"
    expect(status(page)).to_have_text(re.compile(told), timeout=60_000)
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("application")).to_be_hidden()
    expect(page.locator(".fx-map")).to_contain_text("There is none for long")
    expect(cell(page, "Ending", "B")).to_have_text("learning")


@pytest.mark.parametrize("name", ["simple", "guess"])
@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_the_place_of_the_explorer_is_kept_for_it(new_page, served, name, width):
    page = new_page(viewport={"width": width, "height": 900})
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto(served.replace("index", name))
    trained(page)
    page.wait_for_timeout(200)
    assert page.evaluate("window.shift") < 0.01


@pytest.mark.usefixtures("untrained")
def test_controls_drive_a_or_b_or_both(page, disk):
    page.goto(disk)
    width = slider(page, "Width")
    page.get_by_role("radio", name="A", exact=True).check()
    expect(width).to_have_value("63")
    width.press("ArrowLeft")
    says(page, "A: width 62, .*B: width 64,")
    page.get_by_role("radio", name="both, in step").check()
    for _ in range(3):
        width.press("ArrowRight")
    says(page, "A: width 65, .*B: width 67,")
    slider(page, "Seed").press("ArrowRight")
    says(page, "A: width 65, seed 2.*B: width 67, seed 2")
    page.get_by_label("Recipe").select_option("script")
    says(page, "A: .*recipe script.*B: .*recipe script")
    page.get_by_role("radio", name="B", exact=True).check()
    page.get_by_label("Recipe").select_option("text")
    says(page, "A: .*recipe script.*B: .*recipe text")
    slider(page, "Slope").press("ArrowRight")
    says(page, "B: width 67, seed 2, recipe text, slope 0.02")


@pytest.mark.usefixtures("untrained")
def test_every_control_is_reached_with_the_keyboard(page, disk):
    page.goto(disk)
    arrived(page)
    reached = []
    for _ in range(45):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                  const { activeElement: e } = document;
                  return e.ariaLabel || e.labels?.[0]?.textContent || e.textContent;
                }"""
            )
        )
        visible = page.evaluate(
            "() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        )
        assert visible or not page.evaluate(
            "() => Boolean(document.activeElement.closest('.fx'))"
        ), reached[-1]
    for name in (
        *("B", "Width", "Seed", "Any 32-bit seed", "Learning rate", "Slope", "Recipe"),
        *("linear", "Cost", "Epoch", "Layer 2 of A", "Layer 2 of B", "Largest Z2", "Norm of dW1"),
        *("W1", "W2", "W3", "Copy link", "Download this run as CSV", "take one more neuron"),
    ):
        assert name in reached, name
    assert any(name.startswith("Map of regimes") for name in reached)


def test_the_map_selects_by_click_and_by_keyboard(page, disk):
    page.goto(disk)
    regimes = page.get_by_role("application")
    regimes.press("ArrowUp")
    says(page, "B: width 64, seed 2,")
    regimes.press("ArrowRight")
    regimes.press("Shift+ArrowRight")
    says(page, "B: width 75, seed 2,")
    box = regimes.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    says(page, r"A: width 63, seed 1,.*B: width [78]\d, seed 6\d,")
    width = int(slider(page, "Width").input_value())
    seed = int(slider(page, "Seed").input_value())
    regime = named(fma.train(width, seed, detail=0))
    says(page, f"B: width {width}, seed {seed}, recipe table: {regime}")


def test_any_32_bit_seed_can_be_typed(page, disk):
    page.goto(disk)
    typed = page.get_by_role("spinbutton")
    typed.fill("4294967295")
    says(page, "B: width 64, seed 4294967295, ")
    trained(page)
    regime = named(fma.train(64, 4294967295, detail=0))
    says(page, f"B: width 64, seed 4294967295, recipe table: {regime}")
    typed.fill("4294967296")
    expect(typed).to_have_attribute("aria-invalid", "true")
    says(page, "B: width 64, seed 4294967295, ")


@pytest.mark.usefixtures("untrained")
def test_links_and_buttons_in_the_prose_set_the_state(page, address):
    page.goto(address)
    page.get_by_role("link", name="take one more neuron").click()
    says(page, "A: width 63, .*B: width 65, ")
    page.get_by_role("button", name="divide the step by ten").click()
    says(page, "B: width 65, seed 1, recipe table, learning rate 1e−5: ")
    page.go_back()
    says(page, "B: width 65, seed 1, recipe table: ")


def test_a_transplant_trains_the_library_s_network(page, disk):
    page.goto(disk)
    page.get_by_role("button", name="W3").click()
    says(page, "B: width 64, seed 1, recipe table, W3 taken from A: plateau")
    donor, receiver = (fma.initialise(width, 1, "uniform") for width in (63, 64))
    grafted = receiver._replace(W3=donor.W3)
    trace = fma.train(64, 1, parameters=grafted, detail=0)
    assert fma.regime(trace) == "plateau"
    shown = float(cell(page, "Cost before the last update", "B").inner_text().replace(",", ""))
    assert shown == pytest.approx(trace.cost[-1], rel=6e-4)
    page.wait_for_url(re.compile("graft=W3"))
    page.get_by_role("button", name="W3").click()
    says(page, "B: width 64, seed 1, recipe table: converge")


@pytest.mark.usefixtures("untrained")
def test_the_address_holds_the_state_and_back_works(page, address):
    page.goto(address)
    slider(page, "Width").press("ArrowRight")
    page.wait_for_url(re.compile("#width=65&seed=1&recipe=table$"))
    page.wait_for_timeout(500)
    slider(page, "Seed").press("ArrowRight")
    page.wait_for_url(re.compile("#width=65&seed=1,2&recipe=table$"))
    page.go_back()
    says(page, "B: width 65, seed 1, ")
    page.go_back()
    says(page, "B: width 64, seed 1, ")
    page.go_forward()
    says(page, "B: width 65, seed 1, ")


DEEP = (
    "width=80,96&seed=3,4&recipe=script,text&learning_rate=2e-5,own&slope=0.1,0.2&graft=W1W2"
    "&epoch=20&scale=linear&controls=both"
)


def test_a_deep_link_restores_the_whole_state(new_page, address):
    page = new_page()
    page.goto(f"{address}#{DEEP}")
    says(page, r"A: width 80, seed 3, recipe script, learning rate 2e−5, slope 0\.1")
    says(page, r"B: width 96, seed 4, recipe text, slope 0\.2, W1 and W2 taken from A")
    expect(page.get_by_role("radio", name="both, in step")).to_be_checked()
    expect(page.get_by_role("slider", name="Epoch")).to_have_value("20")
    linear = page.get_by_role("button", name="linear")
    expect(linear).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="linear").click()
    page.get_by_role("button", name="linear").click()
    page.wait_for_timeout(600)
    assert page.evaluate("location.hash").lstrip("#") == DEEP


@pytest.mark.usefixtures("untrained")
def test_short_forms_are_read(page, disk):
    for fragment in ("width=64&seed=1&recipe=table", "width=64", "seed=1"):
        page.goto("about:blank")
        page.goto(f"{disk}#{fragment}")
        says(page, "A: width 63, seed 1, recipe table: plateau.*B: width 64, seed 1.*converge")
        expect(page.get_by_role("alert")).to_be_hidden()
        slider(page, "Width").press("ArrowRight")
        says(page, "B: width 65, ")


BAD = (
    ('width=<img src=x onerror="window.ran=1">', ("<img src=x onerror",)),
    ("width=abc&seed=-5", ("width must be", "abc", "seed must be", "-5")),
    ("width=0", ("width must be a whole number from 1 to 160",)),
    ("width=1,2,3", ("width must be",)),
    ("recipe=toString", ("recipe must be one of",)),
    ("learning_rate=1e400", ("learning_rate must be",)),
    ("__proto__=1", ("__proto__",)),
    ("<script>window.ran=1</script>", ("<script>window.ran",)),
    ("recipe=%3Cscript%3Ewindow.ran%3D1%3C%2Fscript%3E", ("<script>window.ran=1</script>",)),
    ("seed=%", ("seed must be",)),
    ("javascript:window.ran=1", ("javascript",)),
)


@pytest.mark.usefixtures("untrained")
def test_a_bad_fragment_falls_back_and_runs_nothing(page, disk):
    alert = page.get_by_role("alert")
    for fragment, named in BAD:
        page.goto("about:blank")  # so that the page is loaded with it
        page.goto(f"{disk}#{fragment}")
        expect(alert).to_be_visible()
        for words in named:
            expect(alert).to_contain_text(words)
        says(page, "A: width 63, seed 1, recipe table: .*B: width 64, seed 1, recipe table: ")
        page.wait_for_timeout(50)
        assert page.evaluate("window.ran") is None
        assert page.locator(".fx img, .fx script").count() == 0
        slider(page, "Width").press("ArrowRight")
        expect(alert).to_be_hidden()
        expect(page.locator(".fx-card-b")).to_contain_text("65 neurons")
    says(page, "B: width 65, ")


@pytest.mark.usefixtures("untrained")
def test_a_place_in_the_page_is_no_state(page, disk):
    page.goto(disk)
    slider(page, "Width").press("ArrowRight")
    page.get_by_role("link", name="The end").click()
    page.wait_for_timeout(100)
    says(page, "B: width 65, ")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_rapid_drag_leaves_the_last_position_shown(page, served):
    page.goto(served)
    trained(page)
    page.evaluate(
        """() => {
          window.said = 0;
          new MutationObserver(() => { window.said += 1; })
            .observe(document.querySelector("[role=status]"), { childList: true });
        }"""
    )
    box = slider(page, "Width").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 15, y)
    page.mouse.down()
    for step in range(100):
        page.mouse.move(box["x"] + 15 + step * (box["width"] - 60) / 100, y)
    page.mouse.up()
    width = slider(page, "Width").input_value()
    assert int(width) > 100
    said = page.evaluate("window.said")
    assert said <= 6, "the status line is spoken at every move"
    says(page, f"B: width {width}, seed 1, recipe table: ")
    trained(page)
    trace = fma.train(int(width), 1, detail=0)
    says(page, f"B: width {width}, seed 1, recipe table: {named(trace)}")
    shown = float(cell(page, "Cost before the last update", "B").inner_text().replace(",", ""))
    assert shown == pytest.approx(trace.cost[-1], rel=6e-4)
    page.wait_for_url(re.compile(f"width={width}&"))


def test_copies_a_link_to_what_is_shown(new_page, served):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{served}#width=96")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{served}#width=96&seed=1&recipe=table"


def test_downloads_the_run_as_csv(page, served):
    page.goto(served)
    trained(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download this run as CSV").click()
    assert download.value.suggested_filename == "fma-table-64-1.csv"
    with open(download.value.path(), encoding="utf-8") as file:
        rows = list(csv.DictReader(io.StringIO(file.read())))
    trace = fma.train(64, 1, detail=0)
    assert [int(row["epoch"]) for row in rows] == list(range(150))
    assert [float(row["cost"]) for row in rows] == pytest.approx(trace.cost, rel=1e-6)
    assert [float(row["z2_max"]) for row in rows] == pytest.approx(trace.z2_max, rel=1e-5)
    assert [int(row["alive"]) for row in rows] == trace.alive.tolist()
    norms = [[float(row[f"{name}_norm"]) for name in ("dW1", "dW2", "dW3")] for row in rows]
    assert norms[100] == pytest.approx(trace.gradient_norm[100], rel=1e-4)


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(new_page, served, width):
    page = new_page(viewport={"width": width, "height": 900})
    page.goto(f"{served}#width=abc")
    trained(page)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        set_theme(page, theme)
        assert barriers(page) == [], theme


@pytest.mark.usefixtures("untrained")
def test_axe_sees_a_fault(page, served):
    """The check itself can fail: a slider without its label is found."""
    page.goto(served)
    arrived(page)
    page.evaluate("document.querySelector('.fx-control-width label').remove()")
    assert any(barrier.startswith("label: ") for barrier in barriers(page))


def test_nothing_overflows(page, disk):
    state = "width=100,160&seed=4294967294,4294967295&graft=W1W2W3&recipe=text,long"
    for width in (1280, 768, 390, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto("about:blank")
        page.goto(f"{disk}#{state}")
        arrived(page)
        wide = page.evaluate(
            """() => [...document.querySelectorAll("body *")]
              .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5)
              .map((e) => e.className)"""
        )
        assert wide == [], width
        assert scroll_width(page) <= width


def test_targets_are_large_on_touch(new_page, disk):
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(disk)
    arrived(page)
    sizes = page.evaluate(
        """() => [...document.querySelectorAll(".fx :is(button, select, input)")]
          .map((e) => (e.type === "radio" ? e.closest("label") : e))
          .filter((e) => e.checkVisibility())
          .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
          .filter(([, box]) => box.height < 44 || box.width < 44)
          .map(([name]) => name)"""
    )
    assert sizes == []


def test_touch_scrubs_and_selects(new_page, disk):
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(disk)
    trained(page)
    cost = page.get_by_role("slider", name="Cost", exact=True)
    cost.tap()
    expect(page.get_by_role("slider", name="Epoch")).not_to_have_value("149")
    page.get_by_role("application").tap()
    says(page, r"B: width (7|8)\d, seed (4|5)\d, ")


def test_reduced_motion_is_respected(new_page, disk):
    page = new_page(reduced_motion="reduce")
    page.goto(disk)
    arrived(page)
    moving = page.evaluate(
        """() => [...document.querySelectorAll(".fx, .fx *")].filter((e) => {
          const style = getComputedStyle(e);
          return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
        }).length"""
    )
    assert moving == 0


def test_themes_follow_the_page_and_the_system(new_page, disk):
    page = new_page(color_scheme="dark")
    page.goto(disk)
    arrived(page)
    ink = "() => getComputedStyle(document.querySelector('.fx')).getPropertyValue('--fma-ink')"
    dark = page.evaluate(ink)
    trained(page)
    pictures = page.evaluate(PICTURES)
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert page.evaluate(ink) != dark
    page.wait_for_timeout(200)
    redrawn = page.evaluate(PICTURES)
    assert all(old != new for old, new in zip(pictures, redrawn, strict=True) if old)


def test_the_fallback_stays_without_javascript_and_in_print(new_page, disk):
    page = new_page(java_script_enabled=False)
    page.goto(disk)
    expect(page.get_by_text("The fallback.")).to_be_visible()
    page = new_page()
    page.goto(disk)
    expect(page.get_by_text("The fallback.")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.get_by_text("The fallback.")).to_be_visible()
    expect(slider(page, "Width")).to_be_hidden()


def test_says_so_where_atlas_and_training_differ(page, tmp_path):
    bundle.write(tmp_path)
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    page.goto((tmp_path / "index.html").as_uri())
    trained(page)
    assert "atlas" not in page.locator(".fx-note").inner_text()
    script = tmp_path / "explorer.js"
    told = "function atlasNumbers(recipe, width, seed) {"
    wrong = "return { regime: 'dead', lastCost: width === 64 ? 999 : undefined, sharpness: 1 };"
    text = script.read_text(encoding="utf-8")
    assert told in text
    script.write_text(text.replace(told, told + wrong), encoding="utf-8")
    page.reload()
    note = page.locator(".fx-note")
    expect(note).to_have_text("B: trained here it ends at 145.4, the atlas says 999.0.")
    says(page, "B: width 64, seed 1, recipe table: converge, final cost 145.4")


WIDGET = """async ([module, values]) => {
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const { default: component } = await import(url);
  const listeners = {};
  const model = {
    get: (key) => values[key],
    set(key, value) {
      values[key] = value;
      for (const listener of listeners[`change:${key}`] ?? []) listener();
    },
    saved: 0,
    save_changes() { this.saved += 1; },
    on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
    off: (event, listener) => listeners[event].delete(listener),
  };
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  Object.assign(window, { model, values, listeners });
  window.cleanup = component.render({ model, el });
}"""


@pytest.fixture
def traits():
    """What a kernel sends to the front end: all synchronised traits of a fresh widget."""
    explorer = pytest.importorskip("fma.explorer").Explorer(width=64, seed=1)
    return json.loads(
        json.dumps(
            {
                name: explorer._trait_to_json(getattr(explorer, name), explorer)
                for name in explorer.keys
                if not name.startswith("_") and name not in ("layout", "tabbable", "tooltip")
            }
        )
    )


def test_the_same_component_keeps_anywidget_s_contract(page, served, traits):
    page.goto(served)
    page.evaluate(WIDGET, [bundle.module(), traits])
    says(page, "A: width 63, seed 1.*B: width 64, seed 1, recipe table: converge")
    page.evaluate("model.set('width', 65)")  # as from an IntSlider that is linked to it
    says(page, "B: width 65, ")
    expect(slider(page, "Width")).to_have_value("65")
    slider(page, "Seed").press("ArrowRight")
    assert page.evaluate("[values.seed, model.saved]") == [2, 1]
    assert page.evaluate("location.hash") == ""
    page.evaluate("cleanup()")
    assert page.evaluate("Object.values(listeners).every((set) => set.size === 0)")


def test_traits_go_both_ways_in_python():
    import ipywidgets

    from fma.explorer import Explorer

    explorer = Explorer(width=80, seed=7)
    assert (explorer.reference_width, explorer.reference_seed) == (63, 7)
    slider = ipywidgets.IntSlider(min=1, max=160)
    seen = []
    explorer.observe(lambda change: seen.append(change["new"]), "width")
    ipywidgets.link((slider, "value"), (explorer, "width"))
    slider.value = 65
    assert explorer.width == 65
    assert seen[-1] == 65
    explorer.set_state({"width": 66})  # as the front end sends it
    assert slider.value == 66
    assert ipywidgets.jslink((slider, "value"), (explorer, "width")).source[1] == "value"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("width", 0), ("width", 161), ("seed", -1), ("recipe", "none"), ("learning_rate", 1.0)],
        *[("mode", "half"), ("guess", 0)],
    ],
)
def test_traits_refuse_what_is_out_of_range(name, value):
    import traitlets

    from fma.explorer import Explorer

    with pytest.raises(traitlets.TraitError):
        Explorer(**{name: value})


def test_the_widget_says_what_it_can_do():
    from fma.explorer import Explorer

    assert "help(Explorer)" in repr(Explorer(width=65, seed=3))
    assert ">>> explorer = Explorer(" in Explorer.__doc__


@pytest.mark.usefixtures("untrained")
def test_the_border_is_said_to_be_an_average(page, disk):
    page.goto(disk)
    expect(page.locator(".fx-start")).to_contain_text(
        re.compile(
            r"3\.[67]\d is where the map’s plateaus end, on average over its widths and seeds"
        )
    )


@pytest.mark.usefixtures("untrained")
def test_recipes_of_the_page_are_the_library_s(page, served):
    page.goto(served)
    options = page.get_by_label("Recipe").locator("option")
    texts = dict(
        zip(
            options.evaluate_all("all => all.map((one) => one.value)"),
            options.all_inner_texts(),
            strict=True,
        )
    )
    assert set(texts) == set(fma.RECIPES)
    for name, recipe in fma.RECIPES.items():
        rate = f"{recipe.learning_rate:.0e}".replace("e-0", "e-")
        assert texts[name].lower() == f"{name}: {recipe.init}, {rate}, {recipe.epochs:,} epochs"


@pytest.mark.usefixtures("untrained")
def test_the_address_of_another_figure_is_left_alone(page, disk):
    page.goto(f"{disk}#throw=3.7&size=4&seed=1")
    says(page, "B: width 64, seed 1, ")
    expect(page.get_by_role("alert")).to_be_hidden()
