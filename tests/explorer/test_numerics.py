"""The explorer's generator, trainer and atlas against NumPy's and the library's, in a browser."""

import base64
import importlib.util
import json

import numpy as np
import pytest

import fma
from fma.baselines import baselines
from fma.chapters.article import EPOCH, SEED, TABLE, agreement
from fma.explorer import atlas, kernel
from fma.explorer.bundle import FOLDER
from fma.explorer.cell import cell
from fma.regimes import REGIMES, ending
from fma.transplant import transplant

SEEDS = [0, 1, 2, 42, 2**31, 2**32 - 2, 2**32 - 1, *np.random.RandomState(7).randint(0, 2**31, 43)]
DRAWS = 20_000
RECIPES = {name: fma.RECIPES[name] for name in ("table", "script", "text")}

# Numbers as bytes: a text for each would take longer than the training.
PACK = """const pack = (...values) => {
  const bytes = new Uint8Array(Float64Array.from(...values).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8000) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8000));
  }
  return btoa(text);
};"""
TRAIN = """async ([run, record]) => {
  const { Training } = await import("/trainer.js");
  const training = new Training(run);
  while (training.step());
  PACK
  const part = (values, size = 1) => pack(values.subarray(0, training.count * size));
  return {
    regime: training.regime(), ending: training.ending(), final: pack([training.finalCost]),
    cost: part(training.cost), alive: part(training.alive),
    z2Max: part(training.z2Max), epochs: part(training.epochs),
    norm1: part(training.norms[0]), norm2: part(training.norms[1]), norm3: part(training.norms[2]),
    tops: part(training.tops, 64), surfaces: record ? part(training.surfaces, 361) : "",
  };
}""".replace("PACK", PACK)


def run_of(width, seed, recipe, graft=None):
    return {
        "width": width,
        "seed": seed,
        "init": recipe.init,
        "learningRate": recipe.learning_rate,
        "slope": recipe.slope,
        "epochs": recipe.epochs,
        "graft": graft,
    }


def train(page, *run, surfaces=False):
    trained = page.evaluate(TRAIN, [run_of(*run), surfaces])
    regime, numbers = trained.pop("regime"), {"ending": trained.pop("ending")}
    numbers |= {name: unpacked(values) for name, values in trained.items()}
    numbers["norms"] = np.array([numbers.pop(f"norm{layer}") for layer in (1, 2, 3)])
    return regime, numbers


def unpacked(text):
    return np.frombuffer(base64.b64decode(text))


def draws(page, seed, method):
    code = """async ([seed, method, count]) => {
      const { RandomState } = await import("/random.js");
      const random = new RandomState(seed);
      PACK
      return pack({ length: count }, () => random[method]());
    }""".replace("PACK", PACK)
    return unpacked(page.evaluate(code, [seed, method, DRAWS]))


def test_uniform_draws_are_numpys_bit_for_bit(sources):
    for seed in map(int, SEEDS):
        expected = np.random.RandomState(seed).random_sample(DRAWS)
        assert draws(sources, seed, "uniform").tobytes() == expected.tobytes(), seed


def test_normal_draws_are_numpys_within_one_unit_in_the_last_place(sources, record_property):
    equal = 0
    for seed in map(int, SEEDS):
        found = draws(sources, seed, "normal")
        expected = np.random.RandomState(seed).randn(DRAWS)
        apart = np.abs(found.view(np.int64) - expected.view(np.int64))
        assert apart.max() <= 1, seed
        equal += np.count_nonzero(apart == 0)
    record_property("bit-equal normal draws", f"{equal} of {len(SEEDS) * DRAWS}")
    print(f"\n{equal} of {len(SEEDS) * DRAWS} normal draws are bit-equal")


@pytest.mark.parametrize("printed", TABLE.values(), ids=str)
def test_the_articles_table(sources, printed):
    regime, numbers = train(sources, printed.width, SEED, fma.RECIPES["table"])
    assert regime == printed.regime
    cost = "cut" if printed.width in (96, 105) else "rounded"
    assert agreement(printed.final_cost, numbers["cost"][-1]) == cost
    assert agreement(printed.z2_max, numbers["z2Max"][EPOCH]) == "rounded"
    assert agreement(printed.dw2_norm, numbers["norms"][1][EPOCH]) == "rounded"


@pytest.mark.parametrize("recipe", ["script", "text"])
@pytest.mark.parametrize("width", [1, 2, 63, 64, 105, 160])
def test_the_trace_is_numpys_at_every_epoch(sources, recipe, width):
    expected = fma.train(width, 3, recipe)
    regime, numbers = train(sources, width, 3, fma.RECIPES[recipe])
    np.testing.assert_allclose(numbers["cost"], expected.cost, rtol=1e-9)
    np.testing.assert_allclose(numbers["z2Max"], expected.z2_max, rtol=1e-9)
    np.testing.assert_allclose(numbers["norms"].T, expected.gradient_norm, rtol=1e-7)
    np.testing.assert_array_equal(numbers["alive"], expected.alive)
    tops = numbers["tops"].reshape(-1, 64)
    np.testing.assert_allclose(tops, expected.detail["neuron_top"], rtol=1e-5, atol=1e-5)
    assert regime == fma.regime(expected)
    assert numbers["ending"] == ending(expected)
    assert numbers["final"] == pytest.approx(expected.final_cost, rel=1e-9)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("width", [24, 63, 64, 110])
def test_the_final_cost_is_taken_after_the_last_update(sources, width, seed):
    expected = fma.train(width, seed, "table", detail=0)
    one_more = fma.train(width, seed, "table", epochs=151, detail=0)
    _, numbers = train(sources, width, seed, fma.RECIPES["table"])
    assert numbers["final"] == pytest.approx(expected.final_cost, rel=1e-6)
    assert numbers["final"] == pytest.approx(one_more.cost[-1], rel=1e-6)
    assert numbers["ending"] == ending(expected)


@pytest.mark.parametrize(
    ("init", "rate", "width", "epochs"),
    [
        ("he", 1e-4, 24, 1500),
        ("uniform", 1e-4, 80, 150),
        ("uniform", 3e-4, 64, 150),
        ("uniform", 2.2e-4, 64, 150),
        ("uniform", 1e-6, 64, 3),
    ],
)
def test_endings_are_the_librarys(sources, init, rate, width, epochs):
    recipe = fma.Recipe(init, rate, epochs)
    for seed in (1, 2, 3):
        _, numbers = train(sources, width, seed, recipe)
        assert numbers["ending"] == ending(fma.train(width, seed, recipe, detail=0))


@pytest.mark.parametrize("slope", [0, 0.2, 1])
@pytest.mark.parametrize("init", ["uniform", "he"])
def test_other_slopes(sources, slope, init):
    recipe = fma.Recipe(init, 1e-5, 40, slope=slope)
    expected = fma.train(50, 9, recipe, detail=0)
    regime, numbers = train(sources, 50, 9, recipe)
    np.testing.assert_allclose(numbers["cost"], expected.cost, rtol=1e-9)
    assert regime == fma.regime(expected)


def test_a_run_that_diverges_ends(sources):
    recipe = fma.Recipe("he", 1e-2, 50)
    expected = fma.train(64, 1, recipe, detail=0)
    regime, numbers = train(sources, 64, 1, recipe)
    assert regime == fma.regime(expected) == "diverged"
    assert numbers["cost"][-1] == np.inf
    assert len(numbers["cost"]) == len(expected.cost)


def test_a_long_run_keeps_some_epochs_and_the_last(sources):
    recipe = fma.Recipe("he", 1e-4, 2500)
    expected = fma.train(8, 1, recipe, detail=0)
    _, numbers = train(sources, 8, 1, recipe)
    epochs = numbers["epochs"].astype(int)
    assert len(epochs) <= 1001
    assert epochs[-1] == recipe.epochs - 1
    np.testing.assert_allclose(numbers["cost"], expected.cost[epochs], rtol=1e-6)


def test_the_surface_is_the_networks_output(sources):
    recipe = fma.Recipe("he", 1e-5, 2)
    _, numbers = train(sources, 30, 5, recipe, surfaces=True)
    W1, b1, W2, b2, W3, b3 = fma.initialise(30, 5, "he")
    axis = np.linspace(1, 10, 19)
    m, a = np.meshgrid(axis, axis)

    def leaky(z):
        return np.where(z > 0, z, 0.01 * z)

    x = np.column_stack([m.ravel(), a.ravel()])
    expected = leaky(leaky(x @ W1 + b1) @ W2 + b2) @ W3 + b3
    np.testing.assert_allclose(numbers["surfaces"][:361], expected[:, 0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("blocks", ["W1", "W2", "W3", "W1W3"])
@pytest.mark.parametrize(("width", "donor"), [(64, 63), (63, 64)])
def test_transplants_are_the_librarys(sources, blocks, width, donor):
    recipe = fma.RECIPES["script"]
    start = transplant(
        fma.initialise(width, 1, recipe.init),
        fma.initialise(donor, 4, recipe.init),
        [blocks[i : i + 2] for i in range(0, len(blocks), 2)],
    )
    expected = fma.train(width, 1, recipe, parameters=start, detail=0)
    graft = {"blocks": blocks, "from": run_of(donor, 4, recipe)}
    _, numbers = train(sources, width, 1, recipe, graft)
    np.testing.assert_allclose(numbers["cost"], expected.cost, rtol=1e-9)


@pytest.mark.parametrize("init", ["uniform", "he"])
@pytest.mark.parametrize("width", [1, 24, 63, 64, 160])
def test_sharpness_is_the_librarys(sources, init, width):
    code = """async (run) => {
      const { Training } = await import("/trainer.js");
      return new Training(run).sharpness();
    }"""
    found = sources.evaluate(code, run_of(width, 2, fma.Recipe(init, 1e-4, 1)))
    expected = fma.sharpness(fma.initialise(width, 2, init), fma.product_task())
    assert found == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_browser_without_simd_computes_the_same_bits(sources, page, recipe):
    _, fast = train(sources, 64, 1, RECIPES[recipe])
    page.add_init_script("WebAssembly.validate = () => false")
    page.goto(sources.url)
    assert page.evaluate("WebAssembly.validate()") is False
    _, plain = train(page, 64, 1, RECIPES[recipe])
    for name, values in fast.items():
        np.testing.assert_array_equal(values, plain[name], err_msg=name)


def test_a_width_beyond_the_kernel_is_refused(sources):
    code = """async (run) => {
      const { Training } = await import("/trainer.js");
      try { new Training(run); } catch (error) { return error.message; }
      return null;
    }"""
    message = sources.evaluate(code, run_of(257, 1, fma.RECIPES["script"]))
    assert message == "width must be a whole number from 1 to 256, got 257"


@pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None,
    reason="the kernel's compiler is absent: pip install ziglang",
)
def test_the_kernel_is_built_from_its_source():
    assert kernel.build() == (FOLDER / "kernel.js").read_text(encoding="utf-8")


def atlas_cell(page, recipe, width, seed):
    code = """async ([recipe, width, seed]) => {
      const { atlasCurves, atlasMap, atlasNumbers } = await import("/atlas.js");
      const cell = [recipe, width, seed];
      const index = atlasMap(recipe).regimeAt(width, seed);
      return JSON.stringify([index, atlasNumbers(...cell), atlasCurves(...cell)]);
    }"""
    return json.loads(page.evaluate(code, [recipe, width, seed]))


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_atlas_is_what_the_library_computes(sources, recipe):
    random = np.random.RandomState(11)
    seeds, curves = atlas.SEEDS[recipe], atlas.CURVES[recipe]
    sample = [(int(random.choice(atlas.WIDTHS)), int(random.choice(seeds))) for _ in range(12)]
    sample += [(146, 1)] if recipe == "table" else []  # all neurons on, and better than any plane
    sample += [(int(random.choice(atlas.WIDTHS)), int(random.choice(curves))) for _ in range(4)]
    for width, seed in [*sample, (1, 1), (160, 1), (63, 1), (64, 1), (160, max(seeds))]:
        expected = cell((recipe, width, seed))
        index, numbers, curve = atlas_cell(sources, recipe, width, seed)
        learning = expected["cost"][-1] < baselines(fma.product_task())["affine"]
        name = "learning" if learning else REGIMES[expected["regime"]]
        assert [*REGIMES, "learning"][index] == numbers["regime"] == name
        tolerance = atlas.STEP * 0.51
        if np.isfinite(expected["cost"][-1]):
            assert numbers["lastCost"] == pytest.approx(expected["cost"][-1], rel=tolerance)
        assert numbers["sharpness"] == pytest.approx(expected["sharpness"], rel=tolerance)
        assert (curve is not None) == (seed in curves)
        if curve:
            kept = expected["cost"][: curve["count"]]
            np.testing.assert_allclose([c or np.inf for c in curve["cost"]], kept, rtol=tolerance)


def test_outside_the_atlas_nothing_is_known(sources):
    after = max(atlas.SEEDS["table"]) + 1
    outside = ("table", 161, 1), ("table", 64, after), ("table", 64, 0), ("long", 64, 1)
    for recipe, width, seed in outside:
        code = """async ([recipe, width, seed]) => {
          const { atlasCurves, atlasNumbers } = await import("/atlas.js");
          return [atlasNumbers(recipe, width, seed), atlasCurves(recipe, width, seed)];
        }"""
        assert sources.evaluate(code, [recipe, width, seed]) == [None, None]
