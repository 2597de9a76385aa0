"""The ledger's page, and that each verdict links to a place that is there."""

import base64
import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from fma.chapters import ledger, verdicts
from fma.chapters.ledger import ITS_RUNS, STATEMENTS, VERDICTS, Claim, Picture

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def made(number, verdict="holds", **values):
    return Claim(
        f"C{number:02}", "a < b", verdict, "<b>", "Rule.", ITS_RUNS, "02_regimes#table", **values
    )


def test_the_page_escapes_and_carries_its_json():
    page = verdicts.cards([made(3, numbers={"met_table": 32})])
    assert "a &lt; b" in page
    assert "<p><b>" not in page
    data = re.search(r'base64,([^"]+)', page)[1]
    assert json.loads(base64.b64decode(data))[0]["numbers"] == {"met_table": 32}


def test_each_verdict_has_a_filter_and_every_card_answers_to_one():
    claims = [made(i, verdict) for i, verdict in enumerate(VERDICTS, 1)]
    page = BeautifulSoup(verdicts.cards(claims), "html.parser")
    filters = [radio["value"] for radio in page.select("input[type=radio]")]
    cards = [card["data-verdict"] for card in page.select(".fma-claim")]
    assert filters == ["all", *cards]
    assert len(set(cards)) == len(VERDICTS)


def test_a_picture_shows_runs_threshold_and_interval():
    picture = Picture("cost", {"63": [1.0, 2.0], "64": [3.0]}, 2.5, (1.0, 2.0))
    svg = verdicts.inline(verdicts.evidence(picture), alt="costs")
    for text in ("63", "64", "95 % interval", "cost"):
        assert f">{text}<" in svg


def anchors(page):
    """Every name of a figure or table in a notebook, and every heading as a link knows it."""
    cells = json.loads((NOTEBOOKS / f"{page}.ipynb").read_text("utf-8"))["cells"]
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            yield from re.findall(r'\bname="([\w-]+)"', source)
        else:
            for heading in re.findall(r"^#+ (.+)$", source, re.MULTILINE):
                yield re.sub(r"[^\w]+", "-", heading.lower()).strip("-")


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_claim_is_judged_where_its_evidence_is_shown(name):
    test, rule, place, _ = ledger.tests()[name]
    page, _, anchor = place.partition("#")
    assert rule.endswith(".")
    assert test.__module__.rpartition(".")[2] in (page.partition("_")[2], "endings")
    assert anchor in set(anchors(page))


def test_a_former_rule_is_shown_in_the_book_and_elsewhere():
    claims = [made(1, was="p < 0.05: holds."), made(2)]
    for page in (verdicts.cards(claims), verdicts.rows(claims)):
        assert page.count("Former rule: ") == 1
        assert "Former rule: p &lt; 0.05: holds." in page


def test_every_former_rule_is_shown_with_what_it_gave():
    cells = json.loads((NOTEBOOKS / "15_verdicts.ipynb").read_text("utf-8"))["cells"]
    tables = [
        "".join(o.get("data", {}).get("text/html", "")) for c in cells for o in c.get("outputs", ())
    ]
    page = BeautifulSoup("".join(tables), "html.parser").get_text("\n")
    former = re.findall(r"Former rule: (.+)", page)
    assert len(former) > 10
    for text in former:
        assert re.search(r"(does not|did not) hold|\b(holds|held)\b|cannot be tested here", text), (
            text
        )


def test_numbers_of_the_ledger_are_found_by_name():
    table = {"met_table": 32, "met_text": 2, "entries": 32}
    claims = [made(3, numbers=table), made(25, VERDICTS[2], numbers={"neurons_kept": 0})]
    assert verdicts.reproduced(claims) == ["table"]
    assert verdicts.confounded(claims)
    assert not verdicts.confounded([made(25, VERDICTS[2], numbers={"neurons_kept": 1})])


def test_the_ledger_is_summed_up():
    claims = [made(1, VERDICTS[0]), made(2, VERDICTS[2]), made(3, VERDICTS[2])]
    assert verdicts.of(claims, claims[1].id) == VERDICTS[2]
    assert verdicts.in_words(claims).startswith("1 hold, 0 hold only")
    head, rows = verdicts.summary(claims)
    assert head[0] == "verdict"
    assert [row[1] for row in rows] == ["1", "0", "2", "0"]
