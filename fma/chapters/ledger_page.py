"""The ledger as a page: a card for each claim, with its evidence drawn as a few small bars."""

import base64
import json
from html import escape

from fma.chapters.ledger import FAILS, HOLDS, ONLY, UNTESTED
from fma.figures import THEME

SIGNS = {HOLDS: "✓", ONLY: "◐", FAILS: "✕", UNTESTED: "?"}
COLOURS = {HOLDS: "converge", ONLY: "plateau", FAILS: "dead", UNTESTED: "diverged"}

# What the small figure of each claim shows: names of its numbers and how they are labelled.
PICTURES = {
    "C01": {"met_table": "table", "met_text": "text", "met_script": "script"},
    "C02": {"quick_63": "63: epochs to settle", "frozen_64": "64: frozen epochs"},
    "C03": {"met_table": "table", "met_text": "text", "met_script": "script"},
    "C04": {"cramers_v": "association with width"},
    "C05": {"share_spread": "spread plateaus"},
    "C06": {"dw2_plateau": "‖dW2‖ plateau", "dw2_dead": "‖dW2‖ dead"},
    "C07": {"share_dominated": "runs dominated by two"},
    "C08": {"learned_converge": "converge that learned", "learned_plateau": "plateaus that did"},
    "C09": {"named": "named by two thresholds", "dead_named": "dead or not by sign"},
    "C10": {"ratio_table": "table", "ratio_text": "text", "ratio_script": "script"},
    "C11": {
        "converge_slope_0.01": "slope 0.01",
        "converge_slope_0.3": "slope 0.3",
        "converge_slope_1": "slope 1",
    },
    "C12": {"start_63": "63 starts at", "start_64": "64 starts at"},
    "C13": {"shared": "draws shared", "of": "draws"},
    "C14": {"shared": "draws shared", "of": "draws"},
    "C15": {
        "bits_blind": "bits, knowing nothing",
        "bits_z2_start": "largest Z2",
        "bits_eta_sharpness": "η λ₀",
    },
    "C16": {"wins_63": "63 lower", "wins_64": "64 lower"},
    "C17": {"plateau_60": "plateaus at 60", "plateau_68": "plateaus at 68"},
    "C18": {"worst_table": "worst, table", "worst_script": "script", "worst_long": "long"},
    "C19": {"largest_share": "dominant neuron", "product_share": "product"},
    "C20": {"dead_narrow": "24–64", "dead_middle": "65–104", "dead_wide": "105–160"},
    "C21": {"died": "ReLU: died", "revived": "lived again"},
    "C22": {"leaky_relu": "LeakyReLU", "gelu": "GELU", "silu": "SiLU"},
    "C23": {"cost_63": "cost, 63", "cost_64": "cost, 64", "affine": "affine"},
    "C24": {"first_at_start": "winner first at start", "regime_changes": "ending changes"},
    "C25": {"differ_shared": "differ, shared stream", "differ_nested": "differ, nested"},
}

CSS = (
    ".fma-ledger{"
    + "".join(f"--fma-{name}:{THEME[name][0]};" for name in COLOURS.values())
    + "}html[data-theme=dark] .fma-ledger,body[data-jp-theme-light=false] .fma-ledger{"
    + "".join(f"--fma-{name}:{THEME[name][1]};" for name in COLOURS.values())
    + "}"
    ".fma-ledger{display:grid;gap:.8rem;margin:1rem 0}"
    ".fma-claim{border-left:4px solid var(--v);padding:.2rem 0 .2rem .8rem}"
    ".fma-claim h3{font-size:1rem;margin:0 0 .3rem}.fma-claim p{margin:.25rem 0;font-size:.95rem}"
    ".fma-claim .verdict{color:var(--v);font-weight:700}"
    ".fma-claim dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem .6rem;"
    "margin:.4rem 0;font-size:.85rem;align-items:center}.fma-claim dt{font-weight:400}"
    ".fma-claim dd{margin:0;display:flex;align-items:center;gap:.4rem}"
    ".fma-claim dd i{display:block;height:.65rem;background:var(--v);min-width:1px}"
    ".fma-claim details{font-size:.85rem}"
)


def _write(value):
    """A number of the evidence, short."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def picture(claim):
    """The small figure of a claim: a bar for each number that `PICTURES` names."""
    names = {
        name: text
        for name, text in PICTURES[claim.id].items()
        if isinstance(claim.numbers.get(name), int | float)
    }
    largest = max([abs(claim.numbers[name]) for name in names] + [1e-300])
    widths = {name: 100 * abs(claim.numbers[name]) / largest for name in names}
    bars = "".join(
        f"<dt>{escape(text)}</dt><dd><i style='width:{0.6 * widths[n]:.0f}%'></i>"
        f"{_write(claim.numbers[n])}</dd>"
        for n, text in names.items()
    )
    return f"<dl>{bars}</dl>" if bars else ""


def card(claim):
    """One claim: statement, verdict, evidence, small figure, rule, link to the chapter."""
    colour = COLOURS[claim.verdict]
    return (
        f'<section class="fma-claim" id="{claim.id}" style="--v:var(--fma-{colour})">'
        f"<h3>{claim.id}. {escape(claim.statement)}</h3>"
        f'<p class="verdict">{SIGNS[claim.verdict]} {escape(claim.verdict)}</p>'
        f"<p>{escape(claim.evidence)}</p>{picture(claim)}"
        f"<details><summary>The test</summary>{escape(claim.rule)}</details>"
        f'<p><a href="{claim.place or "index"}.html">The chapter that shows it</a></p></section>'
    )


def page(ledger):
    """All cards, and the ledger as a JSON file that the page carries in itself."""
    text = json.dumps([claim.plain() for claim in ledger], indent=1, ensure_ascii=False)
    data = base64.b64encode(text.encode()).decode()
    link = (
        f'<p><a download="claims.json" href="data:application/json;base64,{data}">'
        "Download the ledger as JSON</a></p>"
    )
    cards = "".join(card(claim) for claim in ledger)
    return f'<style>{CSS}</style><div class="fma-ledger">{cards}</div>{link}'
