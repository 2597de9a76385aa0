"""The claims about regimes, judged on made-up populations and on plain arithmetic."""

import numpy as np
import pytest

import fma
from fma.chapters import endings
from fma.chapters.endings import name_by, separated, two_thresholds
from fma.chapters.experiments import grid_runs
from fma.chapters.ledger import FAILS, HOLDS, SIZES, UNTESTED, VERDICTS, Setting
from fma.chapters.single_runs import weakened
from fma.network import ACTIVATIONS, forward
from fma.probe import Probe

REGIME = {"line": "plateau", "few": "converge", "frozen": "dead", "learning": "plateau"}


def run(ending, **values):
    usual = {
        "regime": REGIME[ending],
        "ending": ending,
        "z2_max_100": {"frozen": -1.0, "line": 9.0, "few": 30.0, "learning": 9.0}[ending],
        "dw2_norm_100": 10.0,
        "top_two": {"frozen": 0.03, "line": 0.05, "few": 0.9, "learning": 0.3}[ending],
        "alive": {"frozen": 0, "line": 64, "few": 3, "learning": 64}[ending],
        "alive_100": {"frozen": 0.0, "line": 64.0, "few": 3.0, "learning": 64.0}[ending],
    }
    return usual | values


@pytest.fixture
def judge(monkeypatch):
    """Call a claim's test on a population of these results."""

    def of(test, results):
        cases = grid_runs("table", [64], range(1, len(results) + 1))
        monkeypatch.setattr(endings, "population", lambda *args, **more: (cases, results))
        return test(Setting(fma.RECIPES["table"], sizes=SIZES["quick"], progress=False))

    return of


def test_spread_is_judged_on_lines_alone(judge):
    test = endings.plateau_is_spread
    assert judge(test, [run("line")] * 20).verdict == HOLDS
    assert judge(test, [run("line")] * 20 + [run("learning")] * 20).verdict == HOLDS
    assert judge(test, [run("line")] * 18 + [run("line", top_two=0.26)] * 2).verdict == FAILS
    assert judge(test, [run("few")] * 20).verdict == UNTESTED
    mixed = judge(test, [run("line")] * 20 + [run("learning")] * 20)
    assert "50 % of 40" in mixed.was  # what the former rule gave: learning runs are plateaus too


def test_dominance_is_judged_on_few_alone(judge):
    test = endings.few_dominate
    assert judge(test, [run("few")] * 20).verdict == HOLDS
    fails = judge(test, [run("few")] * 18 + [run("few", top_two=0.4)] * 2)
    assert fails.verdict == FAILS
    assert fails.numbers["share_dominated"] == 0.9
    mixed = judge(test, [run("few")] * 20 + [run("frozen", regime="converge")] * 20)
    assert "50 % of 40" in mixed.was  # what the former rule gave
    assert judge(test, [run("line")] * 20).verdict == UNTESTED


def test_z2_max_is_judged_on_other_seeds(judge):
    test = endings.z2_max_separates
    three = [run(n) for n in ("frozen", "line", "few")] * 10
    assert judge(test, three).verdict == HOLDS
    three[0] = run("frozen", z2_max_100=50.0)
    assert judge(test, three).verdict == FAILS
    assert judge(test, [run("line")] * 20).verdict == UNTESTED


@pytest.mark.parametrize(
    "name", ["plateau_is_spread", "dead_is_weak", "few_dominate", "z2_max_separates"]
)
@pytest.mark.parametrize("endings_", [("line",), ("few",), ("frozen",), ("line", "few", "frozen")])
def test_a_former_rule_is_stated_with_its_verdict(judge, monkeypatch, name, endings_):
    weak = {"alive": 0, "signal": 100.0, "factor": 200.0}
    monkeypatch.setattr(endings, "weak_gradients", lambda *args, **more: [weak])
    found = judge(getattr(endings, name), [run(n) for n in endings_] * 10)
    assert any(verdict in found.was for verdict in VERDICTS)


def test_former_rules_gave_what_they_say(judge, monkeypatch):
    weak = {"alive": 0, "signal": 100.0, "factor": 200.0}
    monkeypatch.setattr(endings, "weak_gradients", lambda *args, **more: [weak])
    three = [run(n) for n in ("frozen", "line", "few")] * 10
    assert "100 % were named, holds." in judge(endings.z2_max_separates, three).was
    three[0] = run("frozen", z2_max_100=50.0)
    assert "97 % were named, does not hold." in judge(endings.z2_max_separates, three).was
    assert "100 % of 10, holds." in judge(endings.plateau_is_spread, three).was
    assert "1.0 times as large, where at most 1/30 was asked for, does not hold." in (
        judge(endings.dead_is_weak, three).was
    )
    small = [run("frozen", dw2_norm_100=0.1), run("line")]
    assert "asked for, holds." in judge(endings.dead_is_weak, small).was


def test_thresholds_agree_with_brute_force():
    random, order = np.random.RandomState(3), endings.ORDER
    for _ in range(20):
        names = random.choice(order, 12)
        values = np.round(random.randn(12) + [order.index(n) for n in names], 1)
        cuts = [-np.inf, *values, np.inf]
        best = max(np.mean(name_by(values, (a, b)) == names) for a in cuts for b in cuts if a <= b)
        assert np.mean(name_by(values, two_thresholds(values, names)) == names) == best


def test_a_seed_does_not_help_to_name_itself():
    lone = [run("few", z2_max_100=9.0 + 0.001 * s) for s in range(5)]
    rest = [run(n) for n in ("frozen", "line", "few") for _ in range(20)]
    right, guessed, n = separated(lone + rest, [*range(5), *(100 + i for i in range(60))])
    assert (guessed, n) == (25, 65)
    assert right < n


def test_other_indicators_are_judged_alike():
    results = [run(name) for name in ("frozen", "line", "few") for _ in range(10)]
    seeds = list(range(30))
    assert separated(results, seeds, indicator="alive_100", order=endings.BY_ALIVE)[0] == 30
    assert separated(results, seeds, indicator="alive_100")[0] < 30
    cases = grid_runs("table", [64], seeds[:20]) + grid_runs("table", [80], seeds[20:])
    assert endings.by_width(results, cases) == 20  # at 64 two are as common: half of 20, and 10
    alone = grid_runs("table", range(30), [1])
    assert endings.by_width(results, alone) == 0


def test_the_leak_weakens_the_signal_a_hundredfold():
    found = weakened(Probe(80, 1, fma.RECIPES["table"]))
    assert found["alive"] == 0
    assert found["signal"] == pytest.approx(100, rel=1e-9)
    # The same with a network whose layer 2 is linear, by finite differences.
    task = fma.product_task()
    p = fma.train(80, 1, detail=0).parameters
    act = ACTIVATIONS["leaky_relu"](0.01)
    A1 = forward(p, task.x_train, act)[1]

    def cost(W2, slope):
        return np.mean((slope * (A1 @ W2 + p.b2) @ p.W3 + p.b3 - task.y_train) ** 2)

    step, norms = 1e-5, []
    for slope in (0.01, 1.0):
        slopes = []
        for i, j in ((0, 0), (5, 7), (79, 63)):
            d = np.zeros_like(p.W2)
            d[i, j] = step
            slopes.append((cost(p.W2 + d, slope) - cost(p.W2 - d, slope)) / (2 * step))
        norms.append(np.array(slopes))
    assert np.abs(np.median(norms[1] / norms[0])) == pytest.approx(found["factor"], rel=0.1)
