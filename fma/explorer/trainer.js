// Train one network of the family [2, width, 64, 1] in this thread, epoch by epoch.
//
//   const training = new Training({
//     width, seed, init: "uniform" | "he", learningRate, slope, epochs,
//     graft: null | { blocks: "W3" | "W1W2" | …, from: { width, seed, init } },
//   });
//   training.sharpness()  largest eigenvalue of the Hessian of the loss at the present parameters
//   training.step()       records the present epoch, then updates; false once the run has ended
//   training.cost …       the records so far, `training.count` entries each (see the constructor)
//   training.regime()     the name that fma.regime would give
//
// A run of more than RECORDS epochs keeps the record of every second, third … epoch and of the last.
// The numbers are those of fma.train: float64, NumPy's legacy stream, everything recorded before the
// update, and `finalCost` after the last. The work is done in kernel.c, compiled to WebAssembly.

import { KERNEL, KERNEL_WITHOUT_SIMD } from "./kernel.js";
import { RandomState } from "./random.js";

export const HIDDEN = 64;
export const LARGEST_WIDTH = 256;
export const GRID = 19; // the learned surface is drawn on GRID × GRID points of [1, 10]²
export const ROWS = 700;
const RECORDS = 1000;
const PAIRS = 1000;
const STRAIGHT = 0.01; // the share of the answers' variance off a plane from which they are bent
const HULL = 60; // room for the corners of the training rows' convex hull
const COLUMNS = ROWS + GRID * GRID + 1;

const DRAWS = {
  uniform: (random, fanIn) => random.uniform() * Math.sqrt(1 / fanIn),
  he: (random, fanIn) => random.normal() * Math.sqrt(2 / fanIn),
};

/** The weights of a network before training; W1 is 2 × width, W2 width × 64, row by row. */
export function initialise({ width, seed, init }) {
  const random = new RandomState(seed);
  const draw = (rows, columns) =>
    Float64Array.from({ length: rows * columns }, () => DRAWS[init](random, rows));
  return { W1: draw(2, width), W2: draw(width, HIDDEN), W3: draw(HIDDEN, 1) };
}

/** Give `weights` some blocks of the donor's: as fma.transplant does, on the receiver's scale. */
function transplant(weights, width, { blocks, from }) {
  const donor = initialise(from);
  const shared = Math.min(width, from.width);
  if (blocks.includes("W1")) {
    for (const row of [0, 1]) {
      const start = row * from.width;
      weights.W1.set(donor.W1.subarray(start, start + shared), row * width);
    }
  }
  if (blocks.includes("W2")) {
    const factor = Math.sqrt(from.width / width);
    for (let i = 0; i < shared * HIDDEN; i += 1) weights.W2[i] = factor * donor.W2[i];
  }
  if (blocks.includes("W3")) weights.W3 = donor.W3;
}

/** The corners of the convex hull of points [x, y] (Andrew 1979). */
function hull(points) {
  const sorted = [...points].sort(([x, y], [u, v]) => x - u || y - v);
  const half = (ordered) => {
    const chain = [];
    for (const [x, y] of ordered) {
      const turnsAway = ([[u, v], [s, t]]) => (s - u) * (y - v) - (t - v) * (x - u) <= 0;
      while (chain.length > 1 && turnsAway(chain.slice(-2))) chain.pop();
      chain.push([x, y]);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half([...sorted].reverse())];
}

let kernel;

/** The compiled kernel and views of its memory, made at the first use. */
export function memory() {
  if (!kernel) {
    const [fast, plain] = [KERNEL, KERNEL_WITHOUT_SIMD].map((text) =>
      Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
    );
    const code = WebAssembly.validate(fast) ? fast : plain;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
    const view = (name, length) => new Float64Array(exports.memory.buffer, exports[`${name}_at`](), length);
    kernel = { exports, view };
    const columns = view("columns", 3 * COLUMNS);
    const targets = view("targets", ROWS);
    const random = new RandomState(42);
    const draw = () => Float64Array.from({ length: PAIRS }, () => 1 + 9 * random.uniform());
    const [m, a] = [draw(), draw()];
    columns.set(m.subarray(0, ROWS));
    columns.set(a.subarray(0, ROWS), COLUMNS);
    for (let i = 0; i < ROWS; i += 1) targets[i] = m[i] * a[i];
    for (let i = 0; i < GRID * GRID; i += 1) {
      columns[ROWS + i] = 1 + (9 * (i % GRID)) / (GRID - 1);
      columns[COLUMNS + ROWS + i] = 1 + (9 * Math.floor(i / GRID)) / (GRID - 1);
    }
    columns[COLUMNS - 1] = 1;
    columns[2 * COLUMNS - 1] = 1;
    columns.fill(1, 2 * COLUMNS);
    const corners = hull(Array.from(m.subarray(0, ROWS), (x, i) => [x, a[i]]));
    while (corners.length < HULL) corners.push(corners[0]);
    corners.push([1, 1], [1, 10], [10, 1], [10, 10]);
    view("edge", 3 * corners.length).set([0, 1].flatMap((i) => corners.map((corner) => corner[i])));
    view("edge", 3 * corners.length).fill(1, 2 * corners.length);
    kernel.constant = variance(targets); // costs of the best constant and the best plane
    kernel.plane = offPlane(targets);
  }
  return kernel;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const centred = (values) => {
  const middle = mean(values);
  return Float64Array.from(values, (value) => value - middle);
};
const variance = (values) => mean(centred(values).map((value) => value * value));

/** The mean square that the best plane over (m, a) leaves of `values`, one for each training row. */
function offPlane(values) {
  const columns = kernel.view("columns", 3 * COLUMNS);
  const m = centred(columns.subarray(0, ROWS));
  const a = centred(columns.subarray(COLUMNS, COLUMNS + ROWS));
  const v = centred(values);
  const [mm, ma, aa, mv, av] = [dot(m, m), dot(m, a), dot(a, a), dot(m, v), dot(a, v)];
  const determinant = mm * aa - ma * ma;
  const [p, q] = [(aa * mv - ma * av) / determinant, (mm * av - ma * mv) / determinant];
  return mean(v.map((value, i) => (value - p * m[i] - q * a[i]) ** 2));
}

function dot(one, two) {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += one[i] * two[i];
  return sum;
}

/** Take from `vector` its part along `direction`, which has length one. */
function remove(direction, vector) {
  const along = dot(direction, vector);
  for (let i = 0; i < vector.length; i += 1) vector[i] -= along * direction[i];
}

function scatter(vector, parts) {
  let start = 0;
  for (const part of parts) {
    part.set(vector.subarray(start, start + part.length));
    start += part.length;
  }
}

function gather(parts, size) {
  const vector = new Float64Array(size);
  let start = 0;
  for (const part of parts) {
    vector.set(part, start);
    start += part.length;
  }
  return vector;
}

/** The largest eigenvalue of a symmetric tridiagonal matrix, by bisection on Sturm's count. */
function largestEigenvalue(diagonal, beside) {
  const radius = diagonal.map((_, i) => (beside[i - 1] ?? 0) + (beside[i] ?? 0));
  let low = Math.min(...diagonal.map((value, i) => value - radius[i]));
  let high = Math.max(...diagonal.map((value, i) => value + radius[i]));
  const allBelow = (shift) => {
    let pivot = 1;
    return diagonal.every((value, i) => {
      pivot = value - shift - (i ? beside[i - 1] ** 2 / pivot : 0);
      return pivot < 0;
    });
  };
  for (let i = 0; i < 100; i += 1) {
    const middle = (low + high) / 2;
    if (allBelow(middle)) high = middle;
    else low = middle;
  }
  return high;
}

export class Training {
  constructor(run) {
    const { width, epochs } = run;
    if (!(Number.isInteger(width) && width >= 1 && width <= LARGEST_WIDTH)) {
      throw new RangeError(`width must be a whole number from 1 to ${LARGEST_WIDTH}, got ${width}`);
    }
    this.run = run;
    this.epoch = 0;
    this.count = 0;
    this.ended = false;
    this.every = Math.ceil(epochs / RECORDS);
    const kept = Math.ceil(epochs / this.every) + 1;
    this.epochs = new Uint32Array(kept); // the epochs of the records
    this.cost = new Float64Array(kept); // mean squared error on the training rows
    this.z2Max = new Float64Array(kept); // largest layer-2 pre-activation
    this.alive = new Uint8Array(kept); // layer-2 neurons positive on at least one training row
    this.norms = [0, 1, 2].map(() => new Float64Array(kept)); // of dW1, dW2, dW3
    this.tops = new Float32Array(kept * HIDDEN); // largest pre-activation of each layer-2 neuron
    this.surfaces = new Float32Array(kept * GRID * GRID); // output on the grid, m varying fastest
    this.finalCost = Infinity; // after the last update, once the run has ended
    const { exports, view } = memory();
    this.kernel = exports;
    this.record = view("record", 6);
    this.top = view("top", HIDDEN);
    this.surface = view("surface", GRID * GRID);
    const weights = initialise(run);
    if (run.graft) transplant(weights, width, run.graft);
    const layer1 = view("layer1", 3 * LARGEST_WIDTH).fill(0);
    layer1.set(weights.W1.subarray(0, width));
    layer1.set(weights.W1.subarray(width), LARGEST_WIDTH);
    view("W2", width * HIDDEN).set(weights.W2);
    view("b2", HIDDEN).fill(0);
    view("W3", HIDDEN).set(weights.W3);
    view("b3", 1).fill(0);
  }

  /** Record the present epoch and update; returns whether there is another epoch. */
  step() {
    const { run } = this;
    if (this.ended) return false;
    this.kernel.step(run.width, run.slope, run.learningRate);
    const diverged = !Number.isFinite(this.record[0]);
    const last = this.epoch === run.epochs - 1;
    if (diverged || last || this.epoch % this.every === 0) this.keep(diverged);
    this.ended = diverged || last;
    this.epoch += 1;
    if (last && !diverged) {
      this.kernel.step(run.width, run.slope, 0); // only measures
      if (Number.isFinite(this.record[0])) this.finalCost = this.record[0];
    }
    return !this.ended;
  }

  keep(diverged) {
    const { record, count: i } = this;
    this.epochs[i] = this.epoch;
    this.cost[i] = diverged ? Infinity : record[0];
    this.z2Max[i] = record[1];
    this.alive[i] = record[2];
    for (const layer of [0, 1, 2]) this.norms[layer][i] = record[3 + layer];
    this.tops.set(this.top, i * HIDDEN);
    this.surfaces.set(this.surface, i * GRID * GRID);
    this.count += 1;
  }

  /**
   * The largest eigenvalue of the Hessian of the loss, by Lanczos' method: the Hessian's products
   * with vectors are exact, and every vector is made orthogonal to all before it.
   */
  sharpness() {
    const { view } = memory();
    const { width, slope } = this.run;
    const places = [
      ...[0, 1, 2].map((row) => ["layer1", row * LARGEST_WIDTH, width]),
      ...[["W2", 0, width * HIDDEN], ["b2", 0, HIDDEN], ["W3", 0, HIDDEN], ["b3", 0, 1]],
    ];
    const parts = (prefix) =>
      places.map(([name, start, length]) => view(prefix + name, start + length).subarray(start));
    const [vector, product] = [parts("v_"), parts("h_")];
    const size = vector.reduce((sum, part) => sum + part.length, 0);
    const random = new RandomState(0);
    let next = Float64Array.from({ length: size }, () => random.normal());
    const basis = [];
    const diagonal = [];
    const beside = [];
    let largest = 0;
    while (basis.length < Math.min(size, 100)) {
      const length = Math.sqrt(dot(next, next));
      if (basis.length) beside.push(length);
      basis.push(next.map((value) => value / length));
      scatter(basis.at(-1), vector);
      this.kernel.hessian(width, slope);
      next = gather(product, size);
      diagonal.push(dot(basis.at(-1), next));
      for (let twice = 0; twice < 2; twice += 1) for (const before of basis) remove(before, next);
      const estimate = largestEigenvalue(diagonal, beside);
      const settled = Math.abs(estimate - largest) <= 1e-11 * Math.abs(estimate);
      largest = estimate;
      if (settled && basis.length > 4) break;
    }
    return largest;
  }

  /** Whether the cost is below that of the best plane: what fma.regimes.ending calls learning. */
  learning() {
    return this.cost[this.count - 1] < memory().plane;
  }

  /** What the run ended as: the rule of fma.regimes.ending. */
  ending() {
    const last = this.count - 1;
    if (this.cost[last] === Infinity) return "diverged";
    if (this.learning()) return "learning";
    if (this.cost[last] >= memory().constant) return "frozen";
    const answers = this.answers();
    if (offPlane(answers) / variance(answers) >= STRAIGHT) return "bent";
    if (this.alive[last] === 0) return "leak";
    return this.alive[last] < HIDDEN / 2 ? "few" : "line";
  }

  /** What the network answers to the training rows at its present parameters. */
  answers() {
    const { view } = memory();
    const { width, slope } = this.run;
    const [m, a] = [0, 1].map((i) => view("columns", 3 * COLUMNS).subarray(i * COLUMNS));
    const layer1 = view("layer1", 3 * LARGEST_WIDTH);
    const [W2, b2, W3] = [view("W2", width * HIDDEN), view("b2", HIDDEN), view("W3", HIDDEN)];
    const leaky = (z) => (z > 0 ? z : slope * z);
    const Z2 = new Float64Array(HIDDEN);
    return Float64Array.from({ length: ROWS }, (_, row) => {
      Z2.set(b2);
      for (let j = 0; j < width; j += 1) {
        const z = layer1[j] * m[row] + layer1[LARGEST_WIDTH + j] * a[row] + layer1[2 * LARGEST_WIDTH + j];
        const activation = leaky(z);
        for (let h = 0; h < HIDDEN; h += 1) Z2[h] += activation * W2[j * HIDDEN + h];
      }
      return Z2.reduce((sum, z, h) => sum + W3[h] * leaky(z), view("b3", 1)[0]);
    });
  }

  /** The regime at the last recorded epoch: the rule of fma.regime. */
  regime() {
    const last = this.count - 1;
    if (this.cost[last] === Infinity) return "diverged";
    if (this.alive[last] === 0) return "dead";
    return this.alive[last] < HIDDEN / 2 ? "converge" : "plateau";
  }
}
