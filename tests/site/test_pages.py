"""The built book: self-contained, every link resolves, usable by everyone, light, dark, phone."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import axe_playwright_python
import pytest

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
ROOT = Path(__file__).parents[2]
PAGES = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
PAGES += [path.stem for path in sorted((ROOT / "book").glob("*.md"))] + ["search"]
VIEWS = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "srcset"}
NO_RESOURCE = {"home", "next", "prev", "search", "canonical"}


class Page(HTMLParser):
    """What the checks need to know of a page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.resources, self.headings = set(), [], [], []
        self.images, self.language = [], None
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
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


def test_no_page_shows_an_error_or_a_warning(built):
    text = built.read_text("utf-8")
    for sign in (
        "Traceback (most recent call last)",
        "ansi-red",
        'class="problematic"',
        "Warning:",
    ):
        assert sign not in text, f"{built.name} shows {sign}"


def test_every_page_of_the_reduced_scale_says_so(built):
    assert 'class="reduced"' in built.read_text("utf-8")


def _axe(page):
    page.evaluate(AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        f"{violation['id']}: {violation['help']}: {json.dumps(node['target'])}"
        for violation in found
        for node in violation["nodes"]
    ]


def test_every_page_loads_from_disk(site_file_url, page):
    for name in PAGES:
        page.goto(f"{site_file_url}/{name}.html", wait_until="load")
        assert page.locator("h1").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_page_has_a_barrier_or_overflows(site_url, new_page, view, scheme):
    page = new_page(viewport=VIEWS[view], color_scheme=scheme, reduced_motion="reduce")
    barriers = []
    for name in PAGES:
        page.goto(f"{site_url}/{name}.html", wait_until="load")
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        barriers += [f"{name}: {barrier}" for barrier in _axe(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            barriers.append(f"{name}: {wide} px wider than the window")
    assert not barriers, "\n".join(barriers)


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
    page.locator("#search-results a", has_text="How to re-run everything").wait_for()


def test_reads_without_scripts(site_file_url, new_page):
    page = new_page(java_script_enabled=False, viewport=VIEWS["desk"])
    page.goto(f"{site_file_url}/index.html")
    assert page.locator("h1").is_visible()
    assert page.locator(".fma-explorer svg").first.is_visible()
    assert page.get_by_role("navigation", name="Contents").is_visible()
