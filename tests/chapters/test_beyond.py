"""Chapter 10: borders, doses, death; each against an independent oracle or made-up runs."""

from dataclasses import replace

import numpy as np
import pytest

import fma
from fma.chapters import beyond
from fma.chapters.beyond import (
    BANDS,
    DOSES,
    answers,
    asymmetry_needed,
    dead_within,
    dose_response,
    dose_rows,
    edge,
    proportions,
    ratio,
    study,
    variant_runs,
    variants,
)
from fma.chapters.ledger import FAILS, HOLDS, SIZES, UNTESTED, Setting
from fma.chapters.single_runs import revival
from fma.probe import Probe, probe

TABLE = fma.RECIPES["table"]
SETTING = Setting(TABLE, sizes=SIZES["quick"], progress=False)


def made(n=400, at=3.7, power=12.0, size_power=0.0, seed=0):
    """Runs that answer with a known probability of η λ₀ and the size of layer 1."""
    random = np.random.RandomState(seed)
    eta, size = np.exp(random.uniform(np.log(1.5), np.log(5.4), n)), np.exp(random.randn(n) / 4)
    odds = power * np.log(at * size**size_power / eta)
    answers = random.rand(n) < 1 / (1 + np.exp(-odds))
    return [
        {
            "eta_sharpness": e,
            "size": z,
            "ending": "line" if a else "frozen",
            "regime": "plateau" if a else "dead",
            "top_two": 0.1,
        }
        for e, z, a in zip(eta, size, answers, strict=True)
    ]


def test_the_edge_is_found_where_it_was_put():
    one = edge(made(at=3.7, power=12.0))
    assert one.at[1] < 3.7 < one.at[2]
    assert one.band[1] < np.exp(2 * np.log(9) / 12) < one.band[2]
    assert one.shift[1] < 1 < one.shift[2]
    two = edge(made(size_power=-0.5))
    assert two.shift[2] < 1
    assert two.shift[0] == pytest.approx(np.exp(-0.5 / 4), rel=0.05)
    assert edge([r | {"regime": "plateau"} for r in made()]) is None
    assert edge([r | {"regime": "dead"} for r in made()], answers).at == one.at


def test_variants_change_one_thing():
    for name, recipe in variants().items():
        changed = [
            f for f in ("slope", "activation", "init") if getattr(recipe, f) != getattr(TABLE, f)
        ]
        assert len(changed) == (name != "slope 0.01")


def test_variants_share_their_draws():
    first, second = (variant_runs(variants()[n], 20) for n in ("slope 1", "GELU"))
    for a, b in zip(first, second, strict=True):
        assert (a.width, a.seed, a.eta_sharpness) == (b.width, b.seed, b.eta_sharpness)
    assert first == variant_runs(variants()["slope 1"], 21)[:20]
    short = study(replace(TABLE, epochs=3), 20, ["GELU", "slope 0.01"], progress=False)
    assert {name: len(found) for name, found in short.items()} == {"slope 0.01": 20, "GELU": 10}


def test_a_push_lengthens_every_step_and_those_that_end_otherwise_are_counted():
    few = replace(TABLE, epochs=3)
    found, pushed = (study(few, 20, ["He"], push, progress=False) for push in (0.0, 1e-3))
    for before, after in zip(found["He"], pushed["He"], strict=True):
        assert after["learning_rate"] == pytest.approx(1.001 * before["learning_rate"], rel=1e-12)
        assert after["sharpness"] == before["sharpness"]
    other = [r | {"ending": "none"} for r in pushed["He"][:3]] + found["He"][3:]
    rows = beyond.pushed_rows(found, {"He": other})
    assert [row[:2] for row in rows] == [["He", "3 of 20"]]
    assert beyond.turned(found, found, "He") == "0 of 20"


def test_where_the_step_follows_from_the_sharpness_no_rate_of_the_recipe_matters():
    for case in variant_runs("script", 3):
        own = replace(case, recipe=replace(case.recipe, learning_rate=1e-5))
        assert own != case
        assert probe(own) == probe(case)
    assert variant_runs("script", 3) == variant_runs("table", 3)


def test_difference_of_proportions_is_newcombes():
    from statsmodels.stats.proportion import confint_proportions_2indep

    for first, second in (((19, 66), (1, 66)), ((3, 10), (3, 12)), ((0, 20), (5, 20))):
        low, high = confint_proportions_2indep(*first, *second, method="newcomb")
        assert proportions(first, second)[1:] == pytest.approx((low, high))
    assert np.isnan(proportions((0, 0), (1, 2))).all()


def doses(*counts, n=60, lost=(0, 0, 0, 0, 0)):
    """Runs of each slope: these have a winner, of the others the last `lost` diverged."""
    above = {"eta_sharpness": 8.0, "ending": "few"}

    def runs(won, lost):
        gone = above | {"ending": "diverged", "top_two": np.nan}
        values = [above | {"top_two": 0.9 if i < won else 0.1} for i in range(n)]
        return values[: n - lost] + [gone] * lost

    found = {f"slope {s:g}": runs(k, m) for s, k, m in zip(DOSES, counts, lost, strict=True)}
    return found | {"slope 0": runs(counts[0], 0)}


def test_c11_is_a_dose_response(monkeypatch):
    def judge(*counts, **more):
        monkeypatch.setattr(beyond, "study", lambda *a, **k: doses(*counts, **more))
        return beyond.asymmetry_drives_winners(SETTING)

    assert judge(19, 22, 12, 1, 0).verdict == HOLDS
    assert judge(10, 10, 10, 10, 10).verdict == UNTESTED  # so few runs may hide a rise
    assert judge(100, 100, 100, 100, 100, n=1_000).verdict == FAILS
    assert judge(1, 5, 10, 15, 20).verdict == FAILS
    rising = dose_response(doses(20, 15, 10, 5, 0))
    assert rising["p"] < 1e-4
    assert rising["shares"][0.01] == (20, 60)
    lost = judge(10, 2, 0, 0, 0, lost=(3, 13, 31, 44, 58))
    assert lost.verdict == UNTESTED  # two runs are left at slope 1
    assert "10 of 60 at slope 0.01, 0 of 60 at 1" in lost.was
    assert lost.was.endswith("holds.")  # as long as diverged runs counted as having no winner


def test_diverged_runs_have_no_winner_and_no_say():
    found = doses(8, 2, 0, 0, 0, n=49, lost=(3, 13, 31, 44, 47))
    dose, every = dose_response(found), dose_response(found, diverged=True)
    assert [dose["shares"][s] for s in DOSES] == [(8, 46), (2, 36), (0, 18), (0, 5), (0, 2)]
    assert every["shares"][1.0] == (0, 49)
    assert (asymmetry_needed(dose), asymmetry_needed(every)) == (None, True)
    assert dose_rows(found)[0] == ["0", "49", "0", "8", "9% to 29%"]
    assert dose_rows(found)[-1][:4] == ["1", "49", "47", "0"]


def test_deaths_are_counted_within_a_band_of_steps():
    cases = [Probe(w, 1, TABLE) for w in (30, 70, 70, 150)]
    results = [
        {"eta_sharpness": eta, "regime": regime}
        for eta, regime in ((5.0, "dead"), (5.0, "plateau"), (7.0, "dead"), (4.5, "dead"))
    ]
    assert dead_within(cases, results) == dict(zip(BANDS, ((1, 1), (0, 1), (1, 1)), strict=True))


def test_the_trend_is_cochran_armitages():
    k, n = np.array([20, 15, 12, 9, 5]), 60
    dose = -np.log10(DOSES)
    x = np.repeat(dose, n)
    y = np.concatenate([np.arange(n) < c for c in k]).astype(float)
    z = np.corrcoef(x, y)[0, 1] * np.sqrt(len(x))  # the same statistic, as a correlation
    from scipy.stats import norm

    found = dose_response(doses(*k))
    assert found["p"] == pytest.approx(norm.sf(z), rel=1e-9)
    shares = [(won, 60) for won in k]
    assert found["p_ranks"] == pytest.approx(
        [beyond.rise(shares, range(5, 0, -1)), beyond.rise([shares[0], *shares], range(6, 0, -1))]
    )


def test_what_runs_cost_that_answer_through_the_leak():
    found = {f"slope {slope:g}": [] for slope in DOSES}
    found["slope 0.3"] = [{"ending": e, "cost": c} for e, c in (("leak", 120.0), ("line", 140.0))]
    found["slope 0.01"] = [{"ending": "leak", "cost": 999.0}]
    leak, line = beyond.silent(found)
    assert (leak.tolist(), line.tolist()) == ([120.0], [140.0])
    for name in found:
        for run in found[name]:
            run["regime"] = "plateau" if run["ending"] == "line" else "dead"
    assert beyond.left(found) == ["leak"]


def test_widths_of_borders_are_compared_on_a_logarithmic_scale():
    plain = beyond.Edge((3.7,) * 3, (1.25, 1.2, 1.3), (1.0,) * 3)
    twice = beyond.Edge((3.7,) * 3, (1.25**2, 1.2**2, 1.3**2), (1.0,) * 3)
    value, low, high = beyond.wider({"GELU": twice, "slope 0.01": plain}, "GELU")
    assert value == pytest.approx(2)
    assert low < 2 < high


def test_ratio_of_two_estimates():
    assert ratio((4.0, 2.0, 8.0), (2.0, 2.0, 2.0)) == pytest.approx((2.0, 1.0, 4.0))


def test_a_dead_relu_network_moves_no_more():
    dead = revival(Probe(80, 1, replace(TABLE, slope=0.0)))
    assert dead["died"] >= 0
    assert dead["moved"] == 0
    assert dead["revived"] == -1
    leaky = revival(Probe(80, 1, TABLE))
    assert leaky["moved"] > 0


def test_c21_asks_for_every_gradient(monkeypatch):
    def judge(*moved):
        found = [{"died": 5, "revived": -1, "moved": m} for m in moved]
        monkeypatch.setattr(beyond, "revivals", lambda *a, **k: found)
        return beyond.relu_never_recovers(SETTING).verdict

    assert judge(0.0, 0.0) == HOLDS
    assert judge(0.0, 1e-12) == FAILS
    assert judge() == UNTESTED


def test_c20_needs_a_fall(monkeypatch):
    def judge(*dead):
        found = {band: (k, 100) for band, k in zip(beyond.BANDS, dead, strict=True)}
        monkeypatch.setattr(beyond, "dead_by_width", lambda *a, **k: found)
        return beyond.dead_falls_with_width(SETTING).verdict

    assert judge(60, 30, 10) == HOLDS
    assert judge(10, 60, 5) == FAILS
    assert judge(12, 11, 10) == FAILS  # falls, but by no more than chance
    assert judge(0, 0, 0) == UNTESTED


def test_c22_is_about_softness(monkeypatch):
    def judge(power, off="frozen", n=400):
        found = {name: made(n) for name in ("slope 0.01", "GELU", "SiLU")}
        found |= {name: made(n, power=power, seed=1) for name in ("GELU", "SiLU")}
        above = {"eta_sharpness": 8.0, "size": 1.0, "top_two": 0.1, "regime": "dead"}
        for name, runs in found.items():
            runs += [above | {"ending": "frozen" if name == "slope 0.01" else off}] * 30
        monkeypatch.setattr(beyond, "study", lambda *a, **k: found)
        return beyond.smooth_is_softer(SETTING).verdict

    assert judge(12.0, n=60) == UNTESTED  # the interval goes beyond what would be softer
    assert judge(12.0, n=4_000) == FAILS
    assert judge(3.0) == HOLDS
    assert judge(12.0, off="line") == HOLDS
