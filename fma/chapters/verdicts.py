"""Chapter 15: the ledger as a page. A card for each claim, its evidence drawn, a filter on top."""

import base64
import json
from html import escape

import numpy as np
from IPython.display import display

from fma.chapters.ledger import FAILS, HOLDS, ONLY, UNTESTED, VERDICTS
from fma.figures import ACCENT, GRID, INK, MUTED, chart, finite, inline, plain_log
from fma.notebook.outputs import publishing

SIGNS = {HOLDS: "✓", ONLY: "◐", FAILS: "✕", UNTESTED: "?"}
NAMES = {HOLDS: "holds", ONLY: "only", FAILS: "fails", UNTESTED: "untested"}  # in CSS and ids


def counts(ledger):
    """Verdict to the claims that have it, in the order of `VERDICTS`."""
    return {verdict: [c for c in ledger if c.verdict == verdict] for verdict in VERDICTS}


def of(ledger, name):
    """The verdict on the claim of that id."""
    return next(claim.verdict for claim in ledger if claim.id == name)


def numbers(ledger, name):
    """The numbers of the claim of that id."""
    return next(claim.numbers for claim in ledger if claim.id == name)


def reproduced(ledger):
    """The recipes that give every printed entry of the table (C03)."""
    found = numbers(ledger, "C03")
    return [
        key.removeprefix("met_")
        for key, value in found.items()
        if key.startswith("met_") and value == found["entries"]
    ]


def confounded(ledger):
    """Whether C25 fails for the remedy's sake: its other part, no neuron kept whole, is met."""
    return of(ledger, "C25") == FAILS and not numbers(ledger, "C25")["neurons_kept"]


def in_words(ledger):
    """How many claims hold, hold only under a stated recipe, and do not hold, in words."""
    holds, only, fails, _ = (len(claims) for claims in counts(ledger).values())
    return f"{holds} hold, {only} hold only under a stated recipe, and {fails} do not"


def summary(ledger):
    """Verdicts and the claims that have them: head and rows of a table."""
    return ["verdict", "claims", "which"], [
        [verdict, str(len(claims)), " ".join(claim.id for claim in claims)]
        for verdict, claims in counts(ledger).items()
    ]


@chart
def evidence(layout, picture):
    """The small figure of a claim: every run a dot, the rule's threshold, an interval."""
    groups = {name: finite(np.ravel(values)) for name, values in picture.groups.items()}
    rows = len(groups) + (picture.interval is not None)
    figure, axis = layout.figure("", 0.45 + 0.3 * rows)
    if picture.threshold is not None:
        axis.axvline(picture.threshold, color=MUTED, lw=1, ls=(0, (4, 3)), zorder=1)
    for row, values in enumerate(groups.values()):
        spread = 0.26 * np.sin(2.4 * np.arange(len(values))) * (len(values) > 1)
        size = 5 if len(values) < 12 else 3 if len(values) < 100 else 1.6
        axis.plot(values, row + spread, "o", ms=size, color=ACCENT, alpha=0.7, mew=0)
        if len(values) > 4:
            axis.plot([np.median(values)] * 2, [row - 0.36, row + 0.36], color=INK, lw=1.6)
    if picture.interval is not None:
        low, high = picture.interval
        axis.plot((low, high), [len(groups)] * 2, color=INK, lw=3, solid_capstyle="butt")
        axis.plot((low + high) / 2, len(groups), "D", color=INK, ms=4)
    names = [*groups, *(["95 % interval"] if picture.interval is not None else [])]
    axis.set(yticks=range(rows), yticklabels=names, ylim=(rows - 0.4, -0.6), xlabel=picture.axis)
    if picture.log:
        axis.set_xscale("log")
        plain_log(axis.xaxis, *axis.get_xlim())
    axis.grid(axis="y", visible=False)
    axis.grid(axis="x", visible=True, color=GRID)
    return figure


def former(claim):
    """The rule that was changed after a run and what it gave, in words; "" if there is none."""
    return f"Former rule: {claim.was}" if claim.was else ""


def card(claim):
    """One claim: statement, verdict, evidence, small figure, rule, link to the place."""
    page, _, anchor = claim.place.partition("#")
    picture = ""
    if claim.picture is not None:
        groups = ", ".join(
            f"{name}: {len(np.ravel(v))}" for name, v in claim.picture.groups.items()
        )
        alt = f"{claim.picture.axis}; values by group: {groups}"
        if claim.picture.threshold is not None:
            alt += f"; dashed: the rule's threshold, {claim.picture.threshold:.3g}"
        picture = inline(evidence(claim.picture), alt=alt)
    notes = "".join(f"<p>{escape(text)}</p>" for text in (claim.other, former(claim)) if text)
    return (
        f'<section class="fma-claim" id="{claim.id}" data-verdict="{NAMES[claim.verdict]}">'
        f"<h3>{claim.id}. {escape(claim.statement)}</h3>"
        f'<p class="verdict">{SIGNS[claim.verdict]} {escape(claim.verdict)}</p>'
        f"<p>{escape(claim.evidence)}</p>{picture}"
        f'<p class="rule"><b>Rule.</b> {escape(claim.rule)} <b>Judged on</b> {claim.scope}.</p>'
        f"{notes}"
        f'<p><a href="{page}.html#{anchor}">The place that shows it</a></p></section>'
    )


def cards(ledger):
    """All cards below a filter, and the ledger as a JSON file that the page carries in itself."""
    found = counts(ledger)
    options = {"all": f"all {len(ledger)}"} | {
        NAMES[verdict]: f"{SIGNS[verdict]} {verdict} ({len(claims)})"
        for verdict, claims in found.items()
    }
    radios = "".join(
        f'<label><input type="radio" name="verdict" value="{value}"'
        f"{' checked' * (value == 'all')}> {escape(text)}</label>"
        for value, text in options.items()
    )
    data = base64.b64encode(text_of(ledger).encode()).decode()
    return (
        f'<div class="fma-ledger"><fieldset><legend>Show</legend>{radios}</fieldset>'
        + "".join(map(card, ledger))
        + f'<p><a download="claims.json" href="data:application/json;base64,{data}">'
        "Download the ledger as JSON</a></p></div>"
    )


def text_of(ledger):
    """The ledger as JSON."""
    return json.dumps([claim.plain() for claim in ledger], indent=1, ensure_ascii=False)


def rows(ledger):
    """The ledger as an HTML table, for viewers that keep no more than that."""
    head = "".join(
        f'<th scope="col"><div align="left">{name}</div></th>'
        for name in ("", "claim", "verdict and evidence")
    )
    body = "".join(
        f'<tr><th scope="row">{c.id}</th>'
        f'<td><div align="left">{escape(c.statement)}<br>Rule: {escape(c.rule)}'
        f"{'<br>' if c.was else ''}{escape(former(c))}</div></td>"
        f'<td><div align="left"><b>{SIGNS[c.verdict]} {escape(c.verdict)}.</b> '
        f"{escape(c.evidence)} {escape(c.other)} "
        f'<a href="{c.place.partition("#")[0]}.ipynb">See there</a></div></td></tr>'
        for c in ledger
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def show_ledger(ledger):
    """Display the ledger: cards with figures in the book, a table elsewhere."""
    plain = "\n".join(f"{c.id} {c.verdict}" for c in ledger)
    html = cards(ledger) if publishing() else rows(ledger)
    display({"text/html": html, "text/plain": plain}, raw=True)
