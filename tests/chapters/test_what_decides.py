"""The border's fits and rules on data whose truth is known, and the claims on few runs."""

from dataclasses import replace

import numpy as np
import pytest

import fma
from fma import figures, throw
from fma.chapters import border, what_decides
from fma.chapters.border import Study, border_study, by_width, fit, own_border, unseen_study
from fma.chapters.edge_runs import edge
from fma.chapters.ledger import FAILS, HOLDS, UNTESTED
from fma.probe import Probe, initial, probe
from fma.regimes import REGIMES

TABLE = fma.RECIPES["table"]


def made_up(n=3000, seed=0, power=-0.2, slope=-40.0, at=3.7):
    """Runs whose border is at · (size / 4)^power, with a known steepness."""
    random = np.random.RandomState(seed)
    x = np.exp(random.uniform(np.log(2.5), np.log(5.4), n))
    width = random.randint(24, 161, n)
    size = np.sqrt(width) / 2 * np.exp(0.05 * random.randn(n))
    far = np.log(x / (at * (size / 4) ** power))
    plateau = random.random_sample(n) < 1 / (1 + np.exp(-slope * far))
    results = [
        {"eta_sharpness": a, "size": s, "regime": "plateau" if p else "dead"}
        for a, s, p in zip(x, size, plateau, strict=True)
    ]
    return Study([Probe(int(w), i, TABLE) for i, w in enumerate(width)], results)


def test_a_fit_finds_the_border_its_power_and_its_steepness():
    inside = 0
    for seed in range(30):
        study = made_up(1500, seed)
        two = fit(study, "size")
        assert two.border(4.0) == pytest.approx(3.7, rel=0.02)
        assert two.coefficients[1] == pytest.approx(-40, rel=0.3)
        power, low, high = two.power("size")
        assert low < power < high
        inside += int(low < -0.2 < high)
        inside += int(two.interval(4.0)[0] < 3.7 < two.interval(4.0)[1])
    assert 52 <= inside <= 60


def test_one_number_gives_a_border_and_a_mixed_band():
    study = made_up(power=0.0)
    one = fit(study)
    assert one.border() == pytest.approx(3.7, rel=0.01)
    low, high = one.mixed
    odds = np.exp(one.coefficients[0] + one.coefficients[1] * np.log([low, high]))
    np.testing.assert_allclose(odds / (1 + odds), [0.9, 0.1])


def test_no_border_without_two_endings_or_without_overlap():
    study = made_up(200)
    alike = Study(study.cases, [r | {"regime": "plateau"} for r in study.results])
    assert fit(alike) is None
    parted = [
        r | {"regime": "plateau" if r["eta_sharpness"] < 3.6 else "dead"} for r in study.results
    ]
    assert fit(Study(study.cases, parted)) is None
    by_both = [
        r | {"regime": "plateau" if r["eta_sharpness"] * r["size"] ** 0.2 < 4.9 else "dead"}
        for r in study.results
    ]
    assert fit(Study(study.cases, by_both), "size") is None


def test_own_border_needs_no_overlap_and_covers_the_truth():
    study = made_up(2500, seed=3)
    two = fit(study, "size")
    middle = study.where((study["width"] >= 60) & (study["width"] < 70))
    at, low, high = own_border(middle, two)
    assert low < 3.7 < high
    assert at == pytest.approx(3.7, rel=0.03)
    assert np.isnan(own_border(middle.where(middle.plateau), two)).all()


def test_by_width_counts_every_run_once_and_judges_by_the_fit():
    study, other = made_up(900, seed=1), made_up(1500, seed=2)
    one, two = fit(other), fit(other, "size")
    rows = by_width(study, one, two)
    assert sum(row["runs"] for row in rows) == 900
    right = int((study.plateau == (two.log_odds(study) > 0)).sum())
    assert sum(row["two"] for row in rows) == right
    widths, places = np.unique(study["width"], return_inverse=True)
    ahead = study.x < throw.predicted_border(widths)[places]
    assert sum(row["map"] for row in rows) == int((ahead == study.plateau).sum())
    for row in rows:
        assert row["own"][1] < row["fitted"] * 1.02
        assert row["own"][2] > row["fitted"] * 0.98


def test_scores_count_and_the_commoner_ending_is_the_floor():
    plateau = np.array([True] * 6 + [False] * 4)
    found = border.scores({"all right": ("1", plateau), "all wrong": ("1", ~plateau)}, plateau)
    assert [row[:2] for row in found.values()] == [(6, 10), (10, 10), (0, 10)]
    assert found["commoner ending"][2] < 0.6 < found["commoner ending"][3]


def test_runs_stand_inside_and_beyond_their_border():
    study = made_up(400)
    two = fit(study, "size")
    inside, sharp = border.inside(two, study)
    assert ((inside > 0) == (two.log_odds(study) > 0)).all()
    assert (inside[0], sharp[0]) == (
        pytest.approx(1 - study.x[0] / two.border(study["size"][0])),
        pytest.approx(1 - two.interval(study["size"][0])[0] / two.border(study["size"][0])),
    )


def test_points_are_told_with_their_interval():
    first, second = np.arange(200) < 150, np.arange(200) < 130
    words, low, high = what_decides.points(first, second)
    assert words == f"+10 [{low:.0f}, {high:.0f}] points"
    assert 5 < low < 10 < high < 15
    judged = {
        "commoner ending": {"near": (5, 10), "mixed": (5, 10)},
        "rule": {"near": (8, 10), "mixed": (3, 4), "mixed_right": first},
    }
    near, mixed, right = what_decides.told(judged)
    assert (near, mixed) == ({"rule": 80}, {"rule": 75})
    assert right["rule"] is first


def test_the_fitted_runs_follow_their_rule():
    study = border_study(n_runs=60, progress=False)
    rates = study["rate"]
    assert set(study["seed"]) <= set(range(1, 41))
    assert 24 <= study["width"].min() <= study["width"].max() <= 160
    assert rates.min() >= 0.3e-4
    assert rates.max() <= 3e-4
    halved = border_study(fma.RECIPES["script"], 3, progress=False)
    again = border_study(n_runs=3, progress=False)
    assert halved["rate"] * 10 == pytest.approx(again["rate"])
    assert again.cases == study.cases[:3]


def test_unseen_networks_share_no_seed_and_meet_their_targets():
    study = unseen_study(n_runs=12, low=3.0, high=4.0, sized=True, progress=False)
    assert (
        study.cases[:3]
        == unseen_study(n_runs=3, low=3.0, high=4.0, sized=True, progress=False).cases
    )
    assert study["seed"].min() >= 1000
    assert len(set(study["seed"])) == 12
    assert study.x.min() >= 3
    assert study.x.max() <= 4
    for case, result in zip(study.cases, study.results, strict=True):
        assert result["size"] == pytest.approx(case.size)
        assert initial(case)["eta_sharpness"] == pytest.approx(case.eta_sharpness)


def test_the_edges_of_a_network_lie_where_its_endings_change():
    found = edge({"probe": Probe(64, 1, TABLE), "low": 9.9e-5, "high": 1.02e-4})
    assert 9.9e-5 < found["leaves"] < 1e-4 < found["dies"] < 1.02e-4
    for factor, name in ((0.9998, "plateau"), (1.0002, "converge")):
        recipe = replace(TABLE, learning_rate=found["leaves"] * factor)
        assert fma.regime(fma.train(64, 1, recipe, detail=0)) == name
    recipe = replace(TABLE, learning_rate=found["dies"] * 1.0002)
    assert fma.regime(fma.train(64, 1, recipe, detail=0)) == "dead"


def test_matched_networks_stand_at_one_distance_from_the_border():
    two = fit(made_up(), "size")
    for case in border.matched_probes(two, (40, 90), (1, 2), 0.97, progress=False):
        before = initial(case)
        assert before["eta_sharpness"] == pytest.approx(0.97 * two.border(before["size"]))
    scaled = border.matched_probes(two, (40, 90), (1, 2), rescale=True, progress=False)
    sizes = [initial(case)["size"] for case in scaled]
    assert sizes == pytest.approx([np.sqrt(40) / 2] * 4)
    assert len({case.eta_sharpness for case in scaled}) == 1


def test_erasures_ask_each_change_of_each_run():
    study = unseen_study(n_runs=3, low=3.6, high=3.8, progress=False)
    changed = border.erasures(study, progress=False)
    assert list(changed) == list(border.CHANGES)
    assert all(hits.shape == (3,) and hits.dtype == bool for hits in changed.values())
    for name, sums in (("W2 drawn anew", ()), ("W2 drawn anew, sum kept", ("W2",))):
        for case, one, hit in zip(study.rated(), study.results, changed[name], strict=True):
            donor = case.width, case.seed + border.STRANGER
            end = probe(replace(case, blocks=("W2",), donor=donor, sums=sums))["regime"]
            assert hit == ((end == "plateau") != (one["regime"] == "plateau"))


def drawn(draw):
    html = figures.html(draw, alt="a figure")
    assert html.count("<svg") == 2
    return html


def test_the_phase_diagram_fills_every_cell():
    regimes = np.array([["plateau", "dead"], ["plateau", "converge"], ["diverged", "diverged"]])
    area = 0
    x, y = np.array([0.5, 1.5, 2.5, 3.5]), np.array([1.0, 2.0, 4.0])
    for name in REGIMES:
        path = what_decides.strips(regimes.T, x, y, name)
        for square in path.vertices.reshape(-1, 5, 2):
            width, height = np.ptp(square, axis=0)
            area += width * height
    assert area == pytest.approx(3 * 3)
    assert what_decides.strips(regimes.T, x, y, "none") is None


def test_the_figures_take_few_runs_and_no_border():
    study = border_study(n_runs=60, progress=False)
    edges = np.geomspace(study.x.min(), study.x.max() + 1e-9, 5)
    assert "average over widths" not in drawn(what_decides.collapse(study, edges))
    assert "average over widths" in drawn(what_decides.collapse(study, edges, fit(made_up())))
    drawn(what_decides.plane(study, None, title="No border"))
    drawn(what_decides.edge_of(study, 1e-4))


@pytest.mark.parametrize("name", ["C04", "C15"])
@pytest.mark.parametrize("recipe", ["table", "script"])
def test_the_claims_have_verdicts_on_few_runs(name, recipe):
    found = fma.claims(recipe, scale="quick", only=[name], progress=False)[0]
    assert found.place.startswith("07_what_decides#")
    assert found.was
    assert found.numbers["runs"] > 0


def verdict(name, monkeypatch, **replaced):
    for function, value in replaced.items():
        monkeypatch.setattr(what_decides, function, lambda *_, value=value, **__: value)
    return fma.claims(scale="quick", only=[name], progress=False)[0].verdict


def test_c04_follows_the_runs(monkeypatch):
    """A border that goes with the size only lets the claim hold; with the width it fails."""
    study = made_up(3000)
    by_size = [r | {"size": float(s)} for r, s in zip(study.results, own_sizes(study), strict=True)]
    assert verdict("C04", monkeypatch, unseen_study=leaning(study, by_size, "size")) == HOLDS
    assert verdict("C04", monkeypatch, unseen_study=leaning(study, by_size, "width")) == FAILS
    alike = Study(study.cases, [r | {"regime": "plateau"} for r in study.results])
    assert verdict("C04", monkeypatch, unseen_study=alike) == UNTESTED


def own_sizes(study):
    return np.exp(np.random.RandomState(5).uniform(np.log(2.5), np.log(6.3), len(study)))


def leaning(study, results, name):
    """The runs with sizes set apart, and endings by a border that goes with `name`."""
    apart = Study(study.cases, results)
    far = np.log(study.x / (3.7 * (apart[name] / apart[name].mean()) ** -0.2))
    chance = np.random.RandomState(6).random_sample(len(study))
    ends = ["plateau" if p else "dead" for p in chance < 1 / (1 + np.exp(40 * far))]
    return Study(study.cases, [r | {"regime": e} for r, e in zip(results, ends, strict=True)])


def test_c15_follows_the_runs(monkeypatch):
    few = made_up(40)

    def changed(w1, w2):
        flags = {"W1 flat": w1, "W2 flat": w2, "W2 and W3 flat": w2}
        return {name: np.arange(20) < k for name, k in flags.items()}

    bent = Study(few.cases, [r | {"straight": i % 2} for i, r in enumerate(few.results)])
    straight = Study(few.cases, [r | {"straight": 1} for r in few.results])
    for study, (w1, w2), expected in (
        (bent, (2, 9), HOLDS),
        (bent, (9, 2), FAILS),
        (straight, (2, 9), FAILS),
    ):
        found = verdict("C15", monkeypatch, unseen_study=study, erasures=changed(w1, w2))
        assert found == expected


def test_words_of_the_prose_are_counts_of_the_runs():
    study = made_up(6)
    ends = ["plateau", "plateau", "dead", "plateau", "dead", "dead"]
    names = ["line", "line", "frozen", "learning", "bent", "frozen"]
    x = [1.0, 1.5, 1.9, 7.0, 8.0, 9.0]
    results = [
        r | {"eta_sharpness": v, "regime": e, "ending": n}
        for r, v, e, n in zip(study.results, x, ends, names, strict=True)
    ]
    study = Study(study.cases, results)
    assert what_decides.calm(study) == "2 of 3 runs"
    assert what_decides.calm(study.where(study.plateau)) == "all of 2 runs"
    far = what_decides.beyond(study)
    assert far["plateau"] == pytest.approx(100 / 3)
    assert far["learning"] == 100
    assert far["bent"] == far["frozen"] == 0
    half = np.sqrt(study["width"]) / 2
    sizes = half * [1, 1.05, 0.95, 1.2, 0.8, 1]
    sized = Study(study.cases, [r | {"size": s} for r, s in zip(results, sizes, strict=True)])
    assert what_decides.near_root(sized) == pytest.approx(100 * 4 / 6)
    assert what_decides.tally(study) == "6 runs: 3 dead, 3 plateau"
    assert what_decides.written((9, 10, 0.6, 0.98)) == "90.0% [60.0%, 98.0%]"


def test_gaps_and_the_chance_to_stand_in_one():
    leaves = np.exp(np.random.RandomState(0).normal(0, 0.08, 4000))
    gap, spread = border.gaps({"leaves": leaves, "dies": leaves * 1.005})
    assert gap == pytest.approx(0.005)
    assert spread == pytest.approx(0.08, rel=0.05)
    at = np.median(leaves)
    hit = np.mean((leaves < at) & (at < leaves * 1.005))
    assert border.chance(gap, spread) == pytest.approx(hit, abs=0.008)
    assert np.isnan(border.gaps({"leaves": leaves[:1], "dies": leaves[:1]})[1])
