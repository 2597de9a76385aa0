"""A bare page with one interactive figure on it, and what its tests ask of it."""

import re
from contextlib import suppress

from axe import barriers
from playwright.sync_api import TimeoutError, expect

from fma.explorer import bundle

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{figure}.css">
<style>
body {{ margin: 0 auto; padding: 0 12px; max-width: 54rem; background: #fff; color: #1f2328 }}
html[data-theme=dark] body {{ background: #121212; color: #e6e8eb }}
</style></head>
<body><main><h1>{title}</h1>
<div class="fma-{figure}" data-state="{state}"><p>The fallback.</p></div>
</main><script src="{figure}.js"></script></body></html>
"""


def write(folder, figure, title, state):
    """Write the page, as `index.html`, and all that it loads; return the folder."""
    bundle.write(folder)
    page = PAGE.format(figure=figure, title=title, state=state)
    (folder / "index.html").write_text(page, encoding="utf-8")
    return folder


LOOK = """([where, pattern]) => {
  const words = document.querySelector(where)?.textContent ?? "";
  return new RegExp(pattern).test(words.replace(/\\s+/g, " "));
}"""


def status(page):
    return page.get_by_role("status")


def says(page, pattern, where="[role=status]"):
    """Wait until the element's text has the pattern in it.

    The page looks every 50 ms; `expect`, which names what stands there instead, waits up to a
    second between two looks.
    """
    with suppress(TimeoutError):
        page.wait_for_function(LOOK, arg=[where, pattern], polling=50)
    expect(page.locator(where)).to_have_text(re.compile(pattern))


def set_theme(page, theme):
    """Set the theme of the page, and wait until its colours have faded over."""
    page.evaluate(
        """(theme) => {
          document.documentElement.dataset.theme = theme;
          return Promise.all(document.getAnimations().map((one) => one.finished)).then(() => {});
        }""",
        theme,
    )


def scroll_width(page):
    return page.evaluate("document.documentElement.scrollWidth")


def assert_fit_for_all(new_page, address, width, ready):
    """Open the page at a width; in both themes no barrier for anyone, and nothing wider than it.

    `ready(page)` waits until the figure is drawn.
    """
    page = new_page(viewport={"width": width, "height": 900})
    page.goto(address)
    ready(page)
    for theme in ("light", "dark"):
        set_theme(page, theme)
        assert barriers(page) == [], theme
        assert scroll_width(page) <= width, theme
