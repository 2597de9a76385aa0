"""The built book: self-contained, every link resolves, usable by everyone, light, dark, phone."""

import re
import shutil
from functools import cache
from html.parser import HTMLParser
from itertools import chain, pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe import barriers

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = [path.stem for path in NOTEBOOKS]
PAGES += [path.stem for path in sorted((ROOT / "book").glob("*.md"))] + ["search"]
VIEWS = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "srcset"}
NO_RESOURCE = {"home", "next", "prev", "search", "canonical"}

SHIFT = """window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""


class Page(HTMLParser):
    """What the checks need to know of a page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.resources, self.headings = set(), [], [], []
        self.images, self.language = [], None
        self.viewports, self.mathematics = 0, False
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        self.viewports += tag == "meta" and found.get("name") == "viewport"
        self.mathematics |= tag == "math"
        if tag == "html":
            self.language = found.get("lang")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img":
            self.images.append(found.get("alt"))
        if tag == "svg":
            hidden = found.get("aria-hidden") == "true"
            self.images.append("hidden" if hidden else found.get("aria-label"))
        if tag in LOADS and LOADS[tag] in found and found.get("rel") not in NO_RESOURCE:
            self.resources.append(found[LOADS[tag]])


@cache
def _read(path):
    return Page(path)


@pytest.fixture(params=PAGES)
def built(request, site):
    return site / f"{request.param}.html"


def test_every_page_is_built_and_no_other(site):
    assert sorted(path.stem for path in site.glob("*.html")) == sorted(PAGES)


def test_loads_only_files_of_the_site(built):
    for resource in _read(built).resources:
        assert not urlsplit(resource).scheme, f"{built.name} loads {resource}"
        assert not resource.startswith("//"), f"{built.name} loads {resource}"
        assert (built.parent / unquote(urlsplit(resource).path)).is_file(), resource


def test_no_page_waits_for_the_script_of_a_figure(built):
    """The page's own few lines fetch it once the text is painted."""
    assert not [name for name in _read(built).resources if re.match(r"assets/.*\.js", name)]


@pytest.mark.parametrize("browser_tells", [True, False])
def test_a_figure_comes_once_the_text_is_seen(browser_tells, site_file_url, page):
    """A browser that does not tell when that is fetches it after three seconds."""
    page.clock.install()
    page.add_init_script("""window.PerformanceObserver = class {
      constructor(tell) { window.tell = tell; }
      observe({ type }) { window.awaited = type; }
    };""")
    page.goto(f"{site_file_url}/14_under_a_lens.html")
    page.clock.fast_forward(1000)
    script = page.locator("script[src='assets/lens.js']")
    assert page.evaluate("awaited") == "paint"
    assert script.count() == 0
    page.evaluate("tell()") if browser_tells else page.clock.fast_forward(2000)
    assert script.count() == 1
    page.clock.fast_forward(3000)
    page.locator(".fma-lens[data-mounted=yes]").wait_for()
    assert script.count() == 1
    assert page.locator(
        "figcaption", has_text="Each window"
    ).is_visible()  # the bars that the text is about


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["05_seed_test", "15_verdicts"])
def test_a_figure_has_its_room_and_is_drawn_when_there_is_time(name, view, site_file_url, new_page):
    page = new_page(viewport=VIEWS[view])
    page.add_init_script("requestIdleCallback = (work) => { window.resume = work }")
    page.goto(f"{site_file_url}/{name}.html")
    rooms = """[...document.querySelectorAll(".fma-figure svg")].map((svg) => {
      const { x, y, width, height } = svg.getBoundingClientRect();
      return [x, y, width, height];
    })"""
    drawn = "[...document.querySelectorAll('.fma-figure svg text')].filter((text) => "
    drawn += "text.checkVisibility({ contentVisibilityAuto: true })).length"
    frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    page.wait_for_function("!!window.resume")
    page.evaluate(frames)  # what is in sight is known once a frame is painted
    before, at_first = page.evaluate(rooms), page.evaluate(drawn)
    page.evaluate("() => { for (let work; (work = resume); work()) resume = null }")
    page.evaluate(frames)
    everything = page.evaluate(drawn)
    assert everything > 2 * at_first
    assert page.evaluate(rooms) == before
    page.add_style_tag(content=".fma-figure svg { content-visibility: visible !important }")
    assert page.evaluate(drawn) == everything


def test_style_sheets_load_only_files_of_the_site(site):
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        for address in re.findall(r"(?:url\(|@import )[\"']?([^\"')]+)", sheet.read_text("utf-8")):
            if not address.startswith("data:"):
                assert (sheet.parent / address).is_file(), f"{sheet.name} loads {address}"


def test_links_within_the_site_resolve(built):
    for link in _read(built).links:
        address = urlsplit(link)
        if address.scheme:
            assert address.scheme in ("https", "data"), link[:80]  # data: a download in the page
            continue
        target = built.parent / unquote(address.path) if address.path else built
        assert target.is_file(), f"{built.name} links to {link}"
        fragment = unquote(address.fragment)
        if fragment and "=" not in fragment and target.suffix == ".html":
            assert fragment in _read(target).ids, f"{built.name} links to {link}"


def test_headings_begin_with_one_title_and_skip_no_level(built):
    headings = _read(built).headings
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_pictures_say_what_they_show(built):
    assert all(_read(built).images), f"{built.name} has a picture without a text"
    assert _read(built).language == "en"


def test_every_page_is_laid_out_for_the_screen_it_is_on(built):
    assert _read(built).viewports == 1


def test_no_page_shows_an_error_or_a_warning(built):
    text = built.read_text("utf-8")
    for sign in (
        "Traceback (most recent call last)",
        "ansi-red",
        'class="problematic"',
        "<mi>&</mi>",  # a formula's columns, not set as such
        "Warning:",
    ):
        assert sign not in text, f"{built.name} shows {sign}"


def test_every_page_of_the_reduced_scale_says_so_and_no_other(built):
    reduced = 'class="reduced"' in built.read_text("utf-8")
    assert reduced == ("quick" in built.relative_to(ROOT.resolve()).parts)


@pytest.mark.parametrize(
    ("view", "scheme", "origin"),
    [("desk", "light", "site_url"), ("phone", "dark", "site_file_url")],
)
def test_page_has_no_barrier_and_is_no_wider_than_the_window(
    built, view, scheme, origin, new_page, request
):
    page = new_page(viewport=VIEWS[view], color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{request.getfixturevalue(origin)}/{built.name}", wait_until="load")
    page.wait_for_function("!document.querySelector('[data-state]:not([data-mounted=yes])')")
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    assert page.locator("h1").is_visible()
    found = barriers(page)
    page.get_by_role("button", name="Dark page").click()  # what is around the text, in both themes
    found += [f"other theme: {b}" for b in barriers(page, "color-contrast", outside="article")]
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_at_first_what_the_reader_prefers(site_url, new_page, scheme):
    page = new_page(color_scheme=scheme)
    page.goto(f"{site_url}/cite.html")
    assert page.evaluate("document.documentElement.dataset.theme") == scheme


def test_theme_is_switched_and_remembered(site_url, new_page):
    page = new_page(color_scheme="light")
    page.goto(f"{site_url}/index.html")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Dark page").click()
    assert page.evaluate(paper) != light
    page.goto(f"{site_url}/rerun.html")
    assert page.get_by_role("button", name="Dark page").get_attribute("aria-pressed") == "true"
    assert page.evaluate(paper) != light


def test_code_is_shown_by_one_switch_and_remembered(site_url, new_page):
    page = new_page(viewport=VIEWS["desk"])
    page.goto(f"{site_url}/02_regimes.html")
    code = page.locator(".cell_input")
    assert not any(cell.is_visible() for cell in code.all())
    switch = page.get_by_role("switch", name="Show the code")
    switch.focus()
    page.keyboard.press("Space")
    assert all(cell.is_visible() for cell in code.all())
    page.goto(f"{site_url}/03_smoking_gun.html")
    assert page.get_by_role("switch", name="Show the code").is_checked()
    assert page.locator(".cell_input").first.is_visible()


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
def test_each_chapter_offers_its_notebook(name, site):
    page = _read(site / f"{name}.html")
    assert f"notebooks/{name}.ipynb" in page.links
    committed = ROOT / "notebooks" / f"{name}.ipynb"
    assert (site / "notebooks" / f"{name}.ipynb").read_bytes() == committed.read_bytes()


def test_the_ledger_is_filtered_by_verdict(site_url, page):
    page.goto(f"{site_url}/15_verdicts.html")
    claims = page.locator(".fma-claim")
    assert claims.count() == 25
    page.get_by_role("radio", name="does not hold").check()
    left = [claim for claim in claims.all() if claim.is_visible()]
    assert {claim.get_attribute("data-verdict") for claim in left} <= {"fails"}
    assert len(left) == page.locator("[data-verdict=fails]").count()
    colours = page.locator(".fma-claim").evaluate_all("""(claims) => claims.map((claim) =>
      [claim.dataset.verdict, getComputedStyle(claim.querySelector(".verdict")).color])""")
    found = {tuple(pair) for pair in colours}
    assert len(found) == len(dict(found)) == len({colour for _, colour in found})


def test_words_of_the_text_become_links_that_set_the_explorer(site, new_page, serve, tmp_path):
    page = new_page(viewport=VIEWS["desk"])
    html = (site / "cite.html").read_text("utf-8")
    words = (
        '<p><span data-set="width+1">one more</span> <span data-set="width=65&amp;seed=2">65</span>'
    )
    shutil.copytree(site / "_static", tmp_path / "_static")
    (tmp_path / "cite.html").write_text(html.replace("</h1>", f"</h1>{words}", 1), "utf-8")
    page.goto(f"{serve(tmp_path)}/cite.html")
    more, both = page.locator("a.fma-set").all()
    assert more.get_attribute("data-change") == "width+1"
    assert more.inner_text() == "one more"
    assert both.get_attribute("href") == "#width=65&seed=2"
    assert both.get_attribute("data-change") is None


def test_contents_open_and_close_on_a_phone_with_the_keyboard(site_url, new_page):
    page = new_page(viewport=VIEWS["phone"])
    page.goto(f"{site_url}/rerun.html")
    contents = page.get_by_role("navigation", name="Contents")
    assert not contents.is_visible()
    page.get_by_role("button", name="Contents").focus()
    page.keyboard.press("Enter")
    assert contents.is_visible()
    page.keyboard.press("Escape")
    assert not contents.is_visible()


@pytest.mark.parametrize("view", VIEWS)
def test_the_sections_of_a_page_stand_below_its_name_in_the_contents(site_url, new_page, view):
    page = new_page(viewport=VIEWS[view])
    page.goto(f"{site_url}/13_why_there.html")
    if view == "phone":
        page.get_by_role("button", name="Contents").click()
    sections = page.locator("#contents .current").get_by_role("list", name="On this page")
    links = sections.get_by_role("link").all()
    assert len(links) > 3
    for link in links:
        assert page.locator(link.get_attribute("href")).count() == 1
        if view == "desk":
            assert 0 <= link.bounding_box()["y"] <= VIEWS[view]["height"] - 20


def test_skip_link_leads_to_the_text(site_url, page):
    page.goto(f"{site_url}/rerun.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("origin", ["site_url", "site_file_url"])
def test_search_finds_a_page(origin, page, request):
    page.goto(f"{request.getfixturevalue(origin)}/index.html")
    page.get_by_role("searchbox", name="Search the report").fill("papermill")
    page.keyboard.press("Enter")
    page.locator("#search-results a", has_text="How to rerun everything").wait_for()


def test_search_fits_a_phone(site_url, new_page):
    page = new_page(viewport=VIEWS["phone"], is_mobile=True)
    page.goto(f"{site_url}/search.html?q=plateau")
    page.locator("#search-results a").first.wait_for()
    assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [390, 390]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["04_rng_trace", "11_fair_comparison", "12_your_network"])
def test_what_is_wide_scrolls_in_itself_and_shows_that(name, scheme, site_url, new_page):
    page = new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    page.goto(f"{site_url}/{name}.html")
    wide = page.locator(":is(.table-scroll, .fma-table, .equation, pre)[tabindex]:visible")
    wide.first.wait_for()
    for box in wide.all():
        told = box.evaluate("""(box) => {
          box.scrollLeft = box.scrollWidth;
          const caption = (box.querySelector("caption") ?? box).getBoundingClientRect();
          const { left, right } = box.getBoundingClientRect();
          const shades = getComputedStyle(box).backgroundImage.match(/linear-gradient/g);
          return [caption.left - left, right - caption.right, shades.length];
        }""")
        assert told == [pytest.approx(0, abs=0.5), pytest.approx(0, abs=0.5), 4]
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_function("!document.querySelector('.equation[tabindex], .fma-table[tabindex]')")


@pytest.mark.parametrize("view", VIEWS)
def test_text_does_not_move_while_fonts_arrive(site_url, new_page, view):
    page = new_page(viewport=VIEWS[view])
    page.add_init_script(SHIFT)
    page.route("**/*.woff2", lambda route: (page.wait_for_timeout(300), route.continue_()))
    for name in ("cite", "index", "02_regimes", "09_what_it_learned"):
        page.goto(f"{site_url}/{name}.html", wait_until="networkidle")
        assert page.evaluate("document.fonts.check('16px \"Source Serif 4\"')")
        assert page.evaluate("window.shift") <= 0.05, name


def test_a_page_on_disk_is_set_in_its_fonts(site_file_url, page):
    page.goto(f"{site_file_url}/cite.html")
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    assert _fonts(page, "h1 + p") == {"Source Serif 4"}


def _fonts(page, selector):
    """Families of the fonts in which the text of these elements is set."""
    tools = page.context.new_cdp_session(page)
    for part in ("DOM", "CSS"):
        tools.send(f"{part}.enable")
    root = tools.send("DOM.getDocument")["root"]["nodeId"]
    found = tools.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]
    fonts = [tools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"] for node in found]
    return {font["familyName"] for font in chain(*fonts)}


def test_mathematics_is_set_in_its_font_and_no_other_page_asks_for_it(site, site_file_url, page):
    for path in sorted(site.glob("*.html")):
        asked = "stix-two-math" in path.read_text("utf-8")
        assert asked == _read(path).mathematics, path.name
        if asked:
            page.goto(f"{site_file_url}/{path.name}")
            page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
            assert _fonts(page, "math :is(mi, mn, mo, mtext)") == {"STIX Two Math"}, path.name


def test_no_line_begins_with_what_ends_a_formula(built):
    ends = r"</math>[,.;:!?)]+(?!</span>|[,.;:!?)])"
    assert not re.search(ends, built.read_text("utf-8"))


def test_lines_of_a_formula_meet_at_their_signs(site_file_url, page):
    page.goto(f"{site_file_url}/13_why_there.html")
    ends = page.locator("mtd:first-child > :last-child").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().right)"
    )
    assert len(ends) == 4
    assert max(ends) - min(ends) < 1.5


def test_no_gap_follows_a_root(site_file_url, page):
    """A browser keeps room for the widest root sign that the font has."""
    page.goto(f"{site_file_url}/13_why_there.html")
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    gaps = page.locator("msqrt").evaluate_all("""(roots) => roots.map((root) =>
      root.getBoundingClientRect().right - root.lastElementChild.getBoundingClientRect().right)""")
    assert gaps
    assert max(gaps) < 1


def test_print_shows_what_can_be_read_on_paper(site_url, page):
    page.goto(f"{site_url}/01_setup.html")
    page.emulate_media(media="print")
    kicker = page.locator(".kicker")
    assert kicker.get_by_text("Chapter 1").is_visible()
    assert not kicker.locator("a, label").filter(visible=True).count()


def test_reads_without_scripts(site_file_url, new_page):
    page = new_page(java_script_enabled=False, viewport=VIEWS["desk"])
    page.goto(f"{site_file_url}/index.html")
    assert page.locator("h1").is_visible()
    assert page.locator(".fma-explorer svg").first.is_visible()
    assert page.get_by_role("navigation", name="Contents").is_visible()
    page.goto(f"{site_file_url}/02_regimes.html")
    assert page.locator(".cell_input").first.is_visible()
