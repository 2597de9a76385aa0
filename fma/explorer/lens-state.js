// The state of the lens: which networks, and the window that is looked at. Flat, as the explorer's.
//
//   #lens=small&axis=slope&width=64&seed=1&rate=9e-5,1.1e-4&range=0,0.5

export const NETWORKS = { small: "one layer-2 neuron", full: "all 64" };
const RATES = [1e-6, 1e-3]; // within which a window lies
const FIRST_RATES = [1e-5, 3.5e-4]; // of the whole map

export const AXES = {
  width: { label: "width", limits: [0.5, 160.5], first: [0.5, 160.5] },
  slope: { label: "slope of LeakyReLU", limits: [0, 1], first: [0, 1] },
  size: { label: "W1, times", limits: [0.1, 4], first: [0.4, 1.6] },
  way: { label: "way to the other seed", limits: [-1, 2], first: [0, 1] },
};
// The names of fma.regime, in its order; one neuron is alive or not, so that it cannot converge.
export const LENS_ENDINGS = ["plateau", "dead", "converge", "diverged"];
export const LEGEND = {
  small: LENS_ENDINGS.filter((name) => name !== "converge"),
  full: LENS_ENDINGS,
};

export const LENS_DEFAULTS = {
  ...{ network: "small", axis: "slope", width: 64, seed: 1, other: 2 },
  ...{ rate_low: FIRST_RATES[0], rate_high: FIRST_RATES[1], low: 0, high: 1 },
};
export const LENS_KEYS = Object.keys(LENS_DEFAULTS);

/** The window of a whole map. */
export const wholeMap = (axis) => ({
  ...{ rate_low: FIRST_RATES[0], rate_high: FIRST_RATES[1] },
  ...{ low: AXES[axis].first[0], high: AXES[axis].first[1] },
});

const DEEPEST = 32; // numbers of float64 across a window, at the least

/** The distance between neighbouring numbers of float64 about `value`. */
const spacing = (value) => 2 ** (Math.floor(Math.log2(Math.abs(value) || 2 ** -1000)) - 52);

/** One side of a window, moved and stretched as little as makes it valid. */
function fit(low, high, [least, most], finest) {
  let [from, to] = low < high ? [low, high] : [high, low];
  if (to - from < finest) {
    const middle = from + (to - from) / 2;
    [from, to] = [middle - finest / 2, middle + finest / 2];
  }
  const span = Math.min(to - from, most - least);
  if (from < least) return [least, least + span];
  if (to > most) return [most - span, most];
  return [from, to];
}

/** A window within the limits, no finer than float64 carries; widths are whole. */
export function fitWindow(state) {
  const { limits } = AXES[state.axis];
  const deepest = (low, high) => DEEPEST * spacing(Math.max(Math.abs(low), Math.abs(high)));
  const [rate_low, rate_high] = fit(state.rate_low, state.rate_high, RATES, deepest(state.rate_low, state.rate_high));
  const whole = state.axis === "width";
  const wanted = whole ? [Math.round(state.low + 0.5) - 0.5, Math.round(state.high + 0.5) - 0.5] : [state.low, state.high];
  const [low, high] = fit(...wanted, limits, whole ? 1 : deepest(state.low, state.high));
  const grid = (value) => (whole ? Math.floor(value) + 0.5 : value);
  return { rate_low, rate_high, low: grid(low), high: grid(high) };
}

/** Whether a window cannot be made narrower along the learning rate. */
export const atTheEnd = ({ rate_low, rate_high }) => rate_high - rate_low <= 2 * DEEPEST * spacing(rate_high);

/** Where the centre of column i of n lies; the same rounding as in Python. */
export const centre = (low, high, i, n) => low + (high - low) * ((i + 0.5) / n);

const READERS = {
  lens: [["network"], (text) => (Object.hasOwn(NETWORKS, text) ? [text] : null), "small or full"],
  axis: [["axis"], (text) => (Object.hasOwn(AXES, text) ? [text] : null), "width, slope, size or way"],
  width: [["width"], wholeNumbers(1, 160), "a whole number from 1 to 160"],
  seed: [["seed"], wholeNumbers(0, 2 ** 32 - 1), "a whole number below 2³²"],
  other: [["other"], wholeNumbers(0, 2 ** 32 - 1), "a whole number below 2³²"],
  rate: [["rate_low", "rate_high"], pair(...RATES), "two numbers from 1e-6 to 1e-3, the lower first"],
  range: [["low", "high"], pair(-1, 160.5), "two numbers, the lower first"],
};

function wholeNumbers(low, high) {
  return (text) => (/^\d{1,10}$/.test(text) && +text >= low && +text <= high ? [+text] : null);
}

function pair(least, most) {
  return (text) => {
    const values = text.split(",").map((part) => (/^-?\d*\.?\d+(e-?\d{1,3})?$/i.test(part) ? +part : NaN));
    const good = values.length === 2 && values[0] < values[1] && values[0] >= least && values[1] <= most;
    return good ? values : null;
  };
}

/** Read a fragment: { changes, problems }, as the explorer's parseFragment. */
export function parseLens(fragment) {
  const changes = {};
  const problems = [];
  for (const part of fragment.replace(/^#/, "").split("&").filter(Boolean)) {
    const [name, text] = [part.replace(/=.*/s, ""), decodeURIComponent(part.replace(/^[^=]*=?/, ""))];
    const [keys, read, allowed] = Object.hasOwn(READERS, name) ? READERS[name] : [];
    const values = keys && read(text);
    if (!keys) problems.push(`“${name.slice(0, 40)}” is not a setting of the lens`);
    else if (!values) problems.push(`${name} must be ${allowed}, got “${text.slice(0, 40)}”`);
    else keys.forEach((key, i) => (changes[key] = values[i]));
  }
  if (changes.axis && changes.low === undefined) Object.assign(changes, { ...wholeMap(changes.axis), ...changes });
  return { changes, problems };
}

/** The fragment that says all of a state. */
export function formatLens(state) {
  const { network, axis, width, seed, other, rate_low, rate_high, low, high } = state;
  const parts = [`lens=${network}`, `axis=${axis}`];
  if (axis !== "width") parts.push(`width=${width}`);
  parts.push(`seed=${seed}`);
  if (axis === "way") parts.push(`other=${other}`);
  return [...parts, `rate=${rate_low},${rate_high}`, `range=${low},${high}`].join("&");
}
