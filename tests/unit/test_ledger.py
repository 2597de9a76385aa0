"""The ledger: computed verdicts that follow the recipe and the data."""

import json
from dataclasses import replace

import numpy as np
import pytest

import fma
from fma.chapters import evidence
from fma.chapters import ledger as ledger_module
from fma.chapters.designs import SUBSETS
from fma.chapters.evidence import Evidence, as_factorial
from fma.chapters.ledger import FAILS, HOLDS, ONLY, STATEMENTS, UNTESTED, VERDICTS, Claim, claims

CHEAP = ("C01", "C02", "C03", "C12", "C13", "C14")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("FMA_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield lambda recipe: {
        claim.id: claim for claim in claims(recipe, scale="quick", only=CHEAP, progress=False)
    }
    patch.undo()


def result(regime, **values):
    usual = {
        "eta_sharpness": 4.0,
        "z2_max_100": {"dead": -1.0, "plateau": 9.0, "converge": 30.0}[regime],
        "dw2_norm_100": 10.0,
        "alive": {"dead": 0, "plateau": 64, "converge": 3}[regime],
        "top_two": {"dead": 0.0, "plateau": 0.05, "converge": 0.9}[regime],
        "effective": 50.0,
        "captured": 0.0,
        "cost": 140.0,
    }
    return {"regime": regime} | usual | values


def with_grid(results, widths):
    """An Evidence whose runs over widths and seeds are these."""
    found = Evidence(scale="quick", progress=False)
    found.grid = [evidence.Probe(w, 1, found.recipe) for w in widths], results
    return found


def test_there_are_25_claims_and_a_test_for_each():
    assert list(STATEMENTS) == [f"C{i:02}" for i in range(1, 26)]
    assert list(ledger_module.tests()) == list(STATEMENTS)
    assert fma.claims is claims


def test_verdicts_under_the_table_recipe(ledger):
    found = ledger("table")
    assert {name: claim.verdict for name, claim in found.items()} == {
        "C01": FAILS,
        "C02": ONLY,
        "C03": ONLY,
        "C12": HOLDS,
        "C13": HOLDS,
        "C14": FAILS,
    }
    assert found["C03"].numbers["met_table"] == found["C03"].numbers["entries"] == 32
    assert found["C14"].numbers == {"shared": 4030, "of": 4032, "whole_neurons": 62}


def test_another_recipe_changes_evidence_and_verdict(ledger):
    table, script = ledger("table"), ledger("script")
    for name in ("C02", "C03"):
        assert script[name].verdict == FAILS
        assert script[name].evidence != table[name].evidence
    nearly = ledger(replace(fma.RECIPES["table"], learning_rate=0.99e-4))
    assert nearly["C03"].verdict == FAILS
    assert 0 < nearly["C03"].numbers["met_the given recipe"] < 32


def test_the_ledger_is_plain_json(ledger):
    for claim in ledger("table").values():
        assert isinstance(claim, Claim)
        assert claim.verdict in VERDICTS
        again = json.loads(json.dumps(claim.plain(), allow_nan=False))
        assert again["numbers"] == claim.numbers


def test_rules_follow_the_runs():
    wide, narrow = [24] * 20, [80] * 10 + [160] * 10
    moved = with_grid(
        [result("plateau")] * 20 + [result("dead", eta_sharpness=5.0)] * 20, wide + narrow
    )
    assert moved.c04()["verdict"] == FAILS
    same = [result(name, eta_sharpness=x) for x in (3.0, 4.0) for name in ("plateau", "dead")]
    same = with_grid(same * 10, wide + narrow)
    assert same.c04()["verdict"] == HOLDS
    one = with_grid([result("plateau")] * 40, wide + narrow)
    assert one.c04()["verdict"] == UNTESTED


def test_factorial_order():
    cube = as_factorial(np.arange(8)[None, :])
    for i, blocks in enumerate(SUBSETS):
        assert cube[(0, *(int(b in blocks) for b in ("W1", "W2", "W3")))] == i


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="scale must be one of full, quick, got 'huge'"):
        claims(scale="huge")
    with pytest.raises(ValueError, match="recipe must be one of"):
        claims("tabel")
    with pytest.raises(ValueError, match="only must be one of c01"):
        claims(only=["C26"])
