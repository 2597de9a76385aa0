// Train the networks of the lens: one pixel, one network, its ending. The numbers are those of
// fma.chapters.under_a_lens.pixel.
//
//   start({ network: "small" | "full", axis: "width" | "slope" | "size" | "way", width, seed, other })
//   run(start, rate, value)  →  { code, cost }    code: place in REGIME_NAMES; value: on the axis
//
// "small" has one layer-2 neuron that stands for all 64 (fma/small.py).

import { HIDDEN, LARGEST_WIDTH, initialise, memory } from "./trainer.js";

export const EPOCHS = 150; // of the recipe "table", whose init is uniform
const SLOPE = 0.01;

/** W1, W2 and W3 with W2 and W3 replaced by sums: see flattened in fma/small.py. */
function flattened({ W1, W2, W3 }) {
  const scale = Math.sqrt(HIDDEN);
  const sums = Float64Array.from({ length: W2.length / HIDDEN }, (_, j) => {
    let sum = 0;
    for (let h = 0; h < HIDDEN; h += 1) sum += W2[j * HIDDEN + h];
    return sum / scale;
  });
  let last = 0;
  for (const weight of W3) last += weight;
  return { W1, W2: sums, W3: Float64Array.of(last / scale) };
}

/** The weights that a picture starts from; those of other widths are drawn when they are needed. */
export function start({ network, axis, width, seed, other }) {
  const draw = (n, from) => {
    const weights = initialise({ width: n, seed: from, init: "uniform" });
    return network === "small" ? flattened(weights) : weights;
  };
  const drawn = new Map();
  const at = (n, from) => {
    const key = `${n}/${from}`;
    if (!drawn.has(key)) drawn.set(key, draw(n, from));
    return drawn.get(key);
  };
  return { network, axis, width, seed, at, to: axis === "way" ? at(width, other) : null };
}

const along = (from, to, share) => from.map((value, i) => value + share * (to[i] - value));

/** Put the weights of a pixel into the kernel; returns its width and slope. */
function place({ network, axis, width, seed, at, to }, value) {
  const n = axis === "width" ? Math.floor(value + 0.5) : width;
  const { view } = memory();
  let { W1, W2, W3 } = at(n, seed);
  if (axis === "size") W1 = W1.map((weight) => value * weight);
  if (axis === "way") [W1, W2, W3] = [along(W1, to.W1, value), along(W2, to.W2, value), along(W3, to.W3, value)];
  const layer1 = view("layer1", 3 * LARGEST_WIDTH).fill(0);
  layer1.set(W1.subarray(0, n));
  layer1.set(W1.subarray(n), LARGEST_WIDTH);
  if (network === "small") {
    view("small_W2", n).set(W2);
    view("small_rest", 3).set([0, W3[0], 0]);
  } else {
    view("W2", n * HIDDEN).set(W2);
    view("b2", HIDDEN).fill(0);
    view("W3", HIDDEN).set(W3);
    view("b3", 1).fill(0);
  }
  return { n, slope: axis === "slope" ? value : SLOPE };
}

/** Train the network of a pixel to its end. */
export function run(from, rate, value) {
  const { exports, view } = memory();
  const { n, slope } = place(from, value);
  if (from.network === "small") {
    exports.small_run(n, slope, rate, EPOCHS);
    const [cost, top] = view("ending", 4);
    if (!Number.isFinite(cost)) return { code: 3, cost: Infinity };
    return { code: top > 0 ? 0 : 1, cost };
  }
  const record = view("record", 6);
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    exports.step(n, slope, rate);
    if (!Number.isFinite(record[0])) return { code: 3, cost: Infinity };
  }
  const alive = record[2];
  return { code: alive === 0 ? 1 : alive < HIDDEN / 2 ? 2 : 0, cost: record[0] };
}
