"""The ledger: computed verdicts that follow the recipe and the data."""

import json
from dataclasses import replace

import pytest

import fma
from fma.chapters import ledger as ledger_module
from fma.chapters.ledger import FAILS, HOLDS, ONLY, STATEMENTS, VERDICTS, Claim, claims

CHEAP = ("C01", "C02", "C03", "C12", "C13", "C14")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("FMA_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield lambda recipe: {
        claim.id: claim for claim in claims(recipe, scale="quick", only=CHEAP, progress=False)
    }
    patch.undo()


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


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="scale must be one of full, quick, got 'huge'"):
        claims(scale="huge")
    with pytest.raises(ValueError, match="recipe must be one of"):
        claims("tabel")
    with pytest.raises(ValueError, match="only must be one of c01"):
        claims(only=["C26"])
