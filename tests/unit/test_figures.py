"""The figures: what they draw is their data, and what a page gets is small, themed and unique."""

import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import fma
from fma import figures
from fma.baselines import baselines
from fma.chapters import regimes, rng_trace, seed_test, setup, smoking_gun
from fma.figures import common, style, svg
from fma.notebook import vary
from fma.regimes import participation_ratio
from fma.statistics import Paired
from fma.stream import dense, stream_map

WIDTHS = 63, 64, 80
pytestmark = pytest.mark.filterwarnings("error:constrained_layout")
LAYOUTS = pytest.mark.parametrize("layout", [figures.DESK, figures.PHONE], ids=lambda x: x.name)


@pytest.fixture(scope="module")
def traces():
    return [fma.train(width, 1, vary("table", epochs=110)) for width in WIDTHS]


@pytest.fixture(scope="module")
def lost():
    return [fma.train(width, 1, vary("table", learning_rate=0.02)) for width in WIDTHS[:2]]


@pytest.fixture(scope="module")
def costs():
    return baselines(fma.product_task())


def simple(layout):
    figure, axis = layout.figure("A title that is long enough to need a second line on a phone", 2)
    axis.plot([0, 1], [0, 1], color=figures.REGIME_COLOURS["dead"])
    axis.set(xlabel="x", ylabel="y")
    figures.label(axis, 0.5, 0.5, "here", color=figures.INK)
    axis.imshow(np.eye(3), extent=(0, 1, 0, 1))
    return figure


def charts_of_runs(traces, costs):
    trace = traces[0]
    return {
        "recipe_costs": setup.recipe_costs({"table": traces}, costs),
        "cost_curves": common.cost_curves(traces, costs),
        "cost_bars": regimes.cost_bars(traces, costs),
        "regime_cards": regimes.regime_cards(traces),
        "z2_bars": smoking_gun.z2_bars(traces, 100),
        "gradient_bars": smoking_gun.gradient_bars(traces, 100),
        "neuron_map": smoking_gun.neuron_map(traces),
        "concentration": smoking_gun.concentration(traces),
        "long_pair": seed_test.long_pair_curves(trace, traces[1]),
        "width_runs": seed_test.width_runs(seed_test.WidthSweep([t.width for t in traces], traces)),
        "sweep_curve": seed_test.sweep_curve(traces[1:], trace),
    }


def other_charts():
    paired = Paired(np.arange(5.0), np.arange(5.0)[::-1] + 0.1)
    streams = stream_map(dense((2, 63, 64, 1)), dense((2, 64, 64, 1)))
    return {
        "task_surface": setup.task_surface(fma.product_task()),
        "stream_strip": rng_trace.stream_strip(streams),
        "neuron_links": rng_trace.neuron_links(streams),
        "paired_runs": seed_test.paired_runs(range(5), paired.first, paired.second, (63, 64), 1),
        "difference_dots": seed_test.difference_dots(paired, 1.0, 0.1),
        "margin_curve": seed_test.margin_curve(paired, 1.0),
    }


# What a page gets.


def test_every_chart_is_small_and_its_ids_are_its_own(traces, costs):
    seen = []
    for name, draw in (charts_of_runs(traces, costs) | other_charts()).items():
        html = figures.html(draw, alt="words")
        assert len(html) < 150_000, name
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', html)) <= set(ids), name
        seen += ids
    assert len(seen) == len(set(seen))


def test_charts_of_diverged_runs_are_drawn(lost, costs):
    for name, draw in charts_of_runs(lost, costs).items():
        html = figures.html(draw, alt="words")
        assert "<svg" in html, name
        assert len(html) < 50_000, name


def test_an_axis_labels_powers_of_ten_as_they_find_room():
    axis = Figure().subplots().yaxis
    for (low, high), labels in {
        (30, 300): ["50", "100", "200"],
        (0.5, 2e4): ["1", "10", "100", "1,000", "10,000"],
        (1e-9, 3e15): [f"1e{p:+03d}" if p > 5 else f"{10.0**p:,g}" for p in range(-9, 16, 3)],
    }.items():
        figures.plain_log(axis, low, high)
        assert [text.get_text() for text in axis.get_ticklabels()] == labels
    figures.plain_log(axis, 1e-9, 1e300)
    assert 5 < len(axis.get_ticklabels()) <= 10


def test_the_same_figure_is_the_same_text_each_time():
    assert figures.html(simple, alt="words") == figures.html(simple, alt="words")


def test_html_has_both_layouts_with_words_for_the_blind():
    html = figures.html(simple, alt='less < "more"', name="one", caption="a & b")
    assert html.count('role="img"') == 2
    assert html.count('aria-label="less &lt; &quot;more&quot;"') == 2
    assert 'class="fma-desk"' in html
    assert 'class="fma-phone"' in html
    assert "<figcaption>a &amp; b</figcaption>" in html
    assert '<figure class="fma-figure" id="one">' in html


def test_png_is_a_small_picture_on_paper_with_its_caption():
    data, width = figures.png(simple)
    picture, more = Image.open(BytesIO(data)), Image.open(BytesIO(figures.png(simple, "a & b")[0]))
    assert (picture.width, width) == (1080, 720)
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    assert more.width == picture.width
    assert picture.height + 20 < more.height < picture.height + 60
    assert len(data) < 60_000


def test_text_is_text_and_no_rule_leaks_into_the_page():
    svg = figures.html(simple, alt="words")
    assert ">here</text>" in svg
    assert "<style" not in svg
    assert "<metadata" not in svg
    assert "font-family" not in svg


def test_every_colour_of_the_theme_is_a_variable():
    svg = figures.html(simple, alt="words")
    for name in ("ink", "muted", "grid", "dead"):
        assert f"var(--fma-{name}," in svg
    for name, (light, _) in figures.THEME.items():
        assert svg.count(light) == svg.count(f"var(--fma-{name},{light})")


@LAYOUTS
def test_text_keeps_its_size_on_the_page(layout):
    picture = svg._svg(simple, layout)
    width = float(picture.get("viewBox").split()[2])
    shown = {"desk": 560, "phone": 340}[layout.name]  # the least px at which it appears
    sizes = re.findall(r"font-size:([\d.]+)px", ElementTree.tostring(picture, encoding="unicode"))
    assert min(map(float, sizes)) * shown / width >= 9.5


def test_save_writes_both_themes(tmp_path):
    light, dark = figures.save(simple, tmp_path / "picture")
    assert [p.name for p in (light, dark)] == ["picture-light.svg", "picture-dark.svg"]
    for path, column in ((light, 0), (dark, 1)):
        text = path.read_text("utf-8")
        ElementTree.fromstring(text)
        assert figures.THEME["dead"][column] in text
        assert figures.THEME["dead"][1 - column] not in text


def test_regimes_differ_in_more_than_colour():
    kinds = figures.REGIME_COLOURS, figures.REGIME_MARKERS, figures.REGIME_LINES
    for looks in (*kinds, figures.REGIME_HATCHES):
        assert len(set(looks.values())) == 4


def _luminance(colour):
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


@pytest.mark.parametrize("name", [*figures.REGIME_COLOURS, "ink", "muted", "accent"])
@pytest.mark.parametrize("column", [0, 1], ids=["light", "dark"])
def test_labels_have_contrast(name, column):
    pair = _luminance(figures.THEME[name][column]), _luminance(figures.THEME["paper"][column])
    assert (max(pair) + 0.05) / (min(pair) + 0.05) >= 4.5


# What the charts draw.


def lines(axes):
    return [(line.get_xdata(), line.get_ydata()) for line in axes.lines]


@LAYOUTS
def test_cost_curves_draw_every_epoch(traces, layout):
    axes = common.cost_curves(traces, {})(layout).axes[0]
    for trace, (x, y) in zip(traces, lines(axes), strict=True):
        np.testing.assert_array_equal(x, np.arange(110))
        np.testing.assert_array_equal(y, trace.cost)


def test_cost_bars_are_the_final_costs(traces, costs):
    figure = regimes.cost_bars(traces, costs)(figures.DESK)
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    assert widths == [trace.cost[-1] for trace in traces]
    below = sum(t.cost[-1] < costs["origin"] for t in traces)
    assert figure.get_suptitle().startswith(f"{below or 'No'} of 3 widths")


def test_bars_at_an_epoch(traces):
    figure = smoking_gun.z2_bars(traces, 100)(figures.DESK)
    assert [p.get_width() for p in figure.axes[0].patches] == [t.z2_max[100] for t in traces]
    figure = smoking_gun.gradient_bars(traces, 100)(figures.DESK)
    drawn = [[p.get_width() for p in axes.patches] for axes in figure.axes]
    np.testing.assert_array_equal(np.transpose(drawn), [t.gradient_norm[100] for t in traces])


def test_titles_say_what_is_there(traces):
    titles = [
        draw(figures.DESK).get_suptitle().replace("\n", " ")
        for draw in (common.cost_curves(traces, {}), smoking_gun.z2_bars(traces, 100))
    ]
    assert titles[0] == "The widths part ways: 63 plateau; 80 dead; 64 converge"
    assert titles[1].endswith("below zero for the dead, above for the rest")
    alone = common.cost_curves(traces[2:], {})(figures.DESK).get_suptitle()
    assert alone == "Every width ends in the same regime: dead"


def test_cards_show_one_run_of_each_regime(traces):
    figure = regimes.regime_cards([*traces, traces[0]])(figures.DESK)
    assert [a.get_title(loc="left") or a.get_title() for a in figure.axes] == [
        "plateau: width 63",
        "dead: width 80",
        "converge: width 64",
    ]
    for axes, trace in zip(figure.axes, (traces[0], traces[2], traces[1]), strict=True):
        tops = np.concatenate([y for _, y in lines(axes)[1:]])
        np.testing.assert_allclose(np.sort(tops), np.sort(trace.detail["neuron_top"][-1]))


def test_neuron_map_is_sorted_by_the_last_epoch(traces):
    figure = smoking_gun.neuron_map(traces)(figures.DESK)
    for axes, trace in zip(figure.axes, traces, strict=False):
        drawn = np.asarray(axes.images[0].get_array())
        assert drawn.shape == (64, 110)
        assert (np.diff(drawn[:, -1]) >= 0).all()
        np.testing.assert_array_equal(
            np.sort(drawn, axis=0), np.sort(trace.detail["neuron_top"].T, axis=0)
        )


def test_concentration_marks_effective_neurons(traces):
    axes = smoking_gun.concentration(traces)(figures.DESK).axes[0]
    marks = [x[0] for x, _ in lines(axes)[2::3]]
    expected = [participation_ratio(t.detail["neuron_output"][-1]) for t in traces]
    np.testing.assert_allclose(marks, expected)


def test_links_join_equal_columns():
    streams = stream_map(dense((2, 63, 64, 1)), dense((2, 64, 64, 1)))
    figure = rng_trace.neuron_links(streams)(figures.DESK)
    x = [line.get_xdata().reshape(-1, 3)[:, :2] for axes in figure.axes for line in axes.lines]
    assert len(x[0]) == 0
    np.testing.assert_array_equal(x[1], [[j + 2, j] for j in range(62)])
    assert figure.get_suptitle().endswith("W1 none of 63; W2 62 of 64")


def test_strip_starts_each_matrix_where_the_stream_does():
    streams = stream_map(dense((2, 63, 64, 1)), dense((2, 64, 64, 1)))
    axes = rng_trace.stream_strip(streams)(figures.DESK).axes[0]
    starts = {t.get_position()[0] for t in axes.texts if t.get_text() == "W2[0, 0]"}
    assert starts == {126 - 0.46, 128 - 0.46}


def test_pairs_are_sorted_by_their_difference():
    first, second = np.array([1.0, 5.0, 3.0]), np.array([2.0, 1.0, 3.5])
    figure = seed_test.paired_runs((11, 12, 13), first, second, (63, 64), 13)(figures.DESK)
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["12", "13", "11"]
    assert figure.get_suptitle() == "Width 64 ends lower for 1 seeds, width 63 for 2 of 3"
    bold = [t.get_text() for t in axes.get_yticklabels() if t.get_fontweight() == "bold"]
    assert bold == ["13"]


@pytest.mark.parametrize(("margin", "words"), [(5.0, "lies within"), (0.05, "reaches out of")])
def test_difference_title_compares_interval_and_margin(margin, words):
    paired = Paired(np.zeros(8), np.linspace(-0.5, 0.7, 8))
    assert words in seed_test.difference_dots(paired, margin, None)(figures.DESK).get_suptitle()


def test_every_run_of_a_sweep_is_drawn(traces, lost):
    swept = seed_test.WidthSweep(WIDTHS[:2], [traces[0], lost[0], traces[1], lost[1]])
    axes = seed_test.width_runs(swept)(figures.DESK).axes[0]
    marked = [line for line in axes.lines if line.get_marker() not in ("None", "")]
    assert len(marked) == 4


def test_recorded_is_nan_after_the_end(lost):
    trace = lost[0]
    assert common.recorded(trace, 1, "cost") == trace.cost[1]
    assert np.isnan(common.recorded(trace, 100))
    assert np.isnan(common.recorded(trace, 100, "gradient_norm")).shape == (3,)


def test_spread_keeps_order_gap_and_centre():
    values = np.array([3.0, 1.0, 1.05, 1.1, 9.0])
    placed = style.spread(values, 0.5)
    assert (np.diff(np.sort(placed)) >= 0.5 - 1e-12).all()
    assert (np.argsort(placed) == np.argsort(values)).all()
    assert placed[[0, 4]].tolist() == [3.0, 9.0]
    assert placed[1:4].mean() == pytest.approx(values[1:4].mean())


def test_words_for_numbers():
    assert [figures.fixed(v) for v in (1234.56, -0.5405, np.inf, np.nan)] == [
        "1,234.6",
        "-0.5",
        "diverged",
        "–",
    ]
    assert figures.fixed(0.126, 2, "+") == "+0.13"
    assert figures.listing([1]) == "1"
    assert figures.listing([1, 2, 3]) == "1, 2 and 3"


@pytest.mark.parametrize("number", [1, 20])
def test_dots_are_seen_in_a_png_too(number):
    def draw(layout):
        figure, axis = layout.figure("Dots", 2)
        figures.dots(axis, np.linspace(3, 4, number), np.linspace(5, 6, number), 4, "#ff0000")
        axis.set(xlim=(2, 5), ylim=(4, 7))
        return figure

    picture = np.asarray(Image.open(BytesIO(figures.png(draw)[0])).convert("RGB")).astype(int)
    assert np.count_nonzero((picture[..., 0] > 200) & (picture[..., 1] < 100)) > 20 * number
