"""axe run in a page: what on it would be a barrier for someone."""

import json
from pathlib import Path

import axe_playwright_python

SOURCE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
# Text of a drawing is left out where axe judges contrast: it finds no ground behind it, and says
# so at length (`test_labels_have_contrast` judges it). Each colour is read once, not at each word.
LEAN = """(() => {
  axe.configure({ noHtml: true, rules: [{ id: "color-contrast", selector: ":not(svg *)" }] });
  const { Color } = axe.commons.color;
  const { parseString } = Color.prototype;
  const known = new Map();
  Color.prototype.parseString = function (text) {
    if (!known.has(text)) known.set(text, parseString.call(new Color(), text));
    const { r, g, b, alpha } = known.get(text);
    return Object.assign(this, { r, g, b, alpha });
  };
})()"""
# Code that is not shown loses its colours first: axe would ask for the style of every word of it.
RUN = """async ([context, options]) => {
  for (const code of document.querySelectorAll("pre")) {
    if (!code.checkVisibility()) code.textContent = code.textContent;
  }
  return (await axe.run(context, options)).violations;
}"""


def barriers(page, *rules, outside=None):
    """What axe finds, of all rules or of those named, each as rule, what it asks, and where.

    Where `outside` selects something, that is left out.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{SOURCE};{LEAN}")
    options = {"resultTypes": ["violations"], "preload": False}
    options |= {"runOnly": list(rules)} if rules else {}
    context = {"exclude": [outside]} if outside else {"include": ["html"]}
    return [
        f"{violation['id']}: {violation['help']}: {json.dumps(node['target'])}"
        for violation in page.evaluate(RUN, [context, options])
        for node in violation["nodes"]
    ]
