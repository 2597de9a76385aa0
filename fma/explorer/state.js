// The state of the explorer: two runs, A (the reference) and B, and how they are looked at.
//
// It is a flat object of plain values, so that an ipywidgets model can hold it trait by trait. The
// address of a page holds it as a fragment:
//
//   #width=64&seed=1&recipe=table        B has 64 neurons; A keeps its own width, 63
//   #width=80,96&seed=1,7                two values are A's and B's
//   #learning_rate=1e-5                  one value of anything but a width is for both runs
//
// Further keys: slope, graft (blocks of weights that B takes from A, as W3 or W1W2), epoch, scale
// (log or linear), controls (a, b or both: which run the controls move), mode (simple: the curve,
// width and seed; full: all else too), guess (the epoch up to which B's curve is shown before the
// reader has said how it goes on).

// `after`: the final cost of such runs is the one after the last update, as in the article's second
// listing; of the others it is the last that is recorded, before the last update, as in its table.
export const RECIPES = {
  table: { init: "uniform", learningRate: 1e-4, epochs: 150, after: false },
  script: { init: "uniform", learningRate: 1e-5, epochs: 150, after: false },
  text: { init: "he", learningRate: 1e-5, epochs: 150, after: false },
  long: { init: "he", learningRate: 1e-4, epochs: 10000, after: true },
};

export const WIDTHS = { low: 1, high: 160 };
export const SEEDS = { low: 1, high: 100 }; // of the slider; any 32-bit seed can be typed
export const LARGEST_SEED = 2 ** 32 - 1;
export const RATES = { low: 1e-6, high: 1e-3 };

const whole = (low, high) => ({
  allowed: `a whole number from ${low} to ${high}`,
  parse: (text) => (/^\d{1,10}$/.test(text) && +text >= low && +text <= high ? +text : undefined),
});
const real = (low, high) => ({
  allowed: `a number from ${low} to ${high}`,
  parse: (text) =>
    /^\d*\.?\d+(e-?\d{1,3})?$/i.test(text) && +text >= low && +text <= high ? +text : undefined,
});
const oneOf = (...names) => ({
  allowed: `one of ${names.join(", ")}`,
  parse: (text) => (names.includes(text) ? text : undefined),
});

// What each run has. The state holds B's under these names and A's with "reference_" before them.
const RUN = {
  width: { standard: 64, ...whole(WIDTHS.low, WIDTHS.high) },
  seed: { standard: 1, ...whole(0, LARGEST_SEED) },
  recipe: { standard: "table", ...oneOf(...Object.keys(RECIPES)) },
  learning_rate: { standard: null, ...real(RATES.low, RATES.high) }, // null: the recipe's own
  slope: { standard: 0.01, ...real(0, 1) },
};
export const RUN_KEYS = Object.keys(RUN);

// What they share.
const SHARED = {
  graft: {
    standard: "",
    allowed: "some of W1, W2, W3, as W3 or W1W2",
    parse: (text) => (/^(W1)?(W2)?(W3)?$/.test(text) ? text : undefined),
  },
  epoch: { standard: null, ...whole(0, 9999) }, // null: the last
  scale: { standard: "log", ...oneOf("log", "linear") },
  controls: { standard: "b", ...oneOf("a", "b", "both") },
  mode: { standard: "simple", ...oneOf("simple", "full") },
  guess: { standard: null, ...whole(1, 9999) }, // null: none is asked for
};

export const keyOf = (run, name) => (run === "a" ? `reference_${name}` : name);

export const DEFAULTS = Object.fromEntries([
  ...RUN_KEYS.flatMap((name) => ["a", "b"].map((run) => [keyOf(run, name), RUN[name].standard])),
  ...Object.entries(SHARED).map(([name, { standard }]) => [name, standard]),
]);
DEFAULTS.reference_width = 63;

export const STATE_KEYS = Object.keys(DEFAULTS);

/** The runs that the controls move: some of "a", "b". */
export const driven = (state) => (state.controls === "both" ? ["a", "b"] : [state.controls]);

/** Everything that determines one of the two runs. */
export function runOf(state, run) {
  const get = (name) => state[keyOf(run, name)];
  const recipe = RECIPES[get("recipe")];
  return {
    width: get("width"),
    seed: get("seed"),
    recipe: get("recipe"),
    init: recipe.init,
    epochs: recipe.epochs,
    learningRate: get("learning_rate") ?? recipe.learningRate,
    slope: get("slope"),
    graft: run === "b" && state.graft ? { blocks: state.graft, from: runOf(state, "a") } : null,
  };
}

/** A text that two runs share only if they are the same training. */
export function identity({ graft, recipe, ...rest }) {
  const from = graft ? `${graft.blocks}<${graft.from.width}/${graft.from.seed}/${graft.from.init}` : "";
  return `${Object.values(rest).join("/")}|${from}`;
}

const clip = (value, { low, high }) => Math.min(high, Math.max(low, value));

/**
 * The changes to the state when a control that moves the runs of `controls` is set to `value`.
 * Where it moves both, numbers move by the same step (for the rate: the same factor), so that a
 * pair one neuron apart stays one neuron apart; a recipe is given to both.
 */
export function drive(state, name, value) {
  const runs = driven(state);
  const changes = {};
  if (runs.length === 1 || name === "recipe") {
    for (const run of runs) changes[keyOf(run, name)] = value;
  } else if (name === "learning_rate") {
    const factor = value / runOf(state, "a").learningRate;
    for (const run of runs) {
      changes[keyOf(run, name)] = tidyRate(clip(runOf(state, run).learningRate * factor, RATES));
    }
  } else {
    const limits = { width: WIDTHS, seed: { low: 0, high: LARGEST_SEED }, slope: { low: 0, high: 1 } };
    const step = value - state[keyOf("a", name)];
    for (const run of runs) {
      const moved = clip(state[keyOf(run, name)] + step, limits[name]);
      changes[keyOf(run, name)] = name === "slope" ? +moved.toFixed(4) : moved;
    }
  }
  for (const run of runs) {
    const rate = keyOf(run, "learning_rate");
    if (name === "recipe") changes[rate] = null;
    const own = RECIPES[state[keyOf(run, "recipe")]].learningRate;
    if (name === "learning_rate" && changes[rate] === own) changes[rate] = null;
  }
  return changes;
}

/** A rate to three digits, so that the number shown is the number used. */
export const tidyRate = (rate) => +rate.toPrecision(3);

/**
 * Read a fragment. Returns the changes it asks for and, for each bad part, a sentence; a bad part
 * changes nothing.
 */
export function parseFragment(fragment) {
  const changes = {};
  const problems = [];
  for (const part of fragment.replace(/^#/, "").split("&").filter(Boolean)) {
    const [name, text] = [part.replace(/=.*/s, ""), part.replace(/^[^=]*=?/, "")].map(decode);
    const spec = Object.hasOwn(RUN, name) ? RUN[name] : Object.hasOwn(SHARED, name) && SHARED[name];
    if (!spec) {
      problems.push(`“${excerpt(name)}” is not a setting of the explorer`);
      continue;
    }
    const texts = name in RUN ? text.split(",") : [text];
    const values = texts.map((t) => (t === "own" && name === "learning_rate" ? null : spec.parse(t)));
    if (values.includes(undefined) || values.length > 2) {
      problems.push(`${name} must be ${spec.allowed}, got “${excerpt(text)}”`);
    } else if (!(name in RUN)) {
      changes[name] = values[0];
    } else {
      if (values.length === 2 || name !== "width") changes[keyOf("a", name)] = values[0];
      changes[name] = values.at(-1);
    }
  }
  return { changes, problems };
}

/** The shortest fragment that `parseFragment` reads as this state. */
export function formatFragment(state) {
  const parts = [];
  for (const [name, { standard }] of Object.entries(RUN)) {
    const [a, b] = ["a", "b"].map((run) => state[keyOf(run, name)]);
    if (a === standard && b === standard && !["seed", "recipe"].includes(name)) continue;
    const alone = name === "width" ? a === DEFAULTS.reference_width : a === b;
    parts.push(`${name}=${(alone ? [b] : [a, b]).map(writeValue)}`);
  }
  for (const [name, { standard }] of Object.entries(SHARED)) {
    if (state[name] !== standard) parts.push(`${name}=${writeValue(state[name])}`);
  }
  return parts.join("&");
}

function writeValue(value) {
  if (value === null) return "own";
  return typeof value === "number" && value > 0 && value < 1e-3 ? value.toExponential() : `${value}`;
}

/**
 * The change that a link asks for relative to what is shown, as "width+1" or "learning_rate/10";
 * undefined if it is none.
 */
export function relativeChange(state, text) {
  const match = /^(width|seed|learning_rate|slope)([-+*/])(\d+(?:\.\d+)?)$/.exec(text.replace(/\s/g, ""));
  if (!match) return undefined;
  const [, name, operator, by] = match;
  const from = runOf(state, driven(state)[0])[name === "learning_rate" ? "learningRate" : name];
  const to = { "+": from + +by, "-": from - by, "*": from * by, "/": from / by }[operator];
  const limits = { width: WIDTHS, seed: { low: 0, high: LARGEST_SEED }, learning_rate: RATES, slope: { low: 0, high: 1 } };
  const kept = clip(to, limits[name]);
  return drive(state, name, name === "learning_rate" ? tidyRate(kept) : kept);
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const excerpt = (text) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
