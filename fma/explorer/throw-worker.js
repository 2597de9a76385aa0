// The throw's worker: trains the full network beside the small map.
//
//   it hears  { id, size, step, seed }
//   it says   { id, sums, regime, finalCost, rate, milliseconds } | { id, problem }
//             sums: ΣW3 / 8 before the first and after each of the first updates

import { SHOWN } from "./throw-map.js";
import { HIDDEN, LARGEST_WIDTH, Training, initialise, memory } from "./trainer.js";

const WIDTH = 64;
const EPOCHS = 150;

/** The network of 64 neurons, its W1 stretched to that size: the norm of the row sums over √64. */
function stretched(seed, size) {
  const { W1 } = initialise({ width: WIDTH, seed, init: "uniform" });
  const sums = [0, 1].map((row) => W1.subarray(row * WIDTH, (row + 1) * WIDTH).reduce((a, b) => a + b, 0));
  const factor = (size * Math.sqrt(WIDTH)) / Math.hypot(...sums);
  return W1.map((weight) => factor * weight);
}

function train({ size, step, seed }) {
  const began = performance.now();
  const run = { width: WIDTH, seed, init: "uniform", learningRate: 0, slope: 0.01, epochs: EPOCHS, graft: null };
  const training = new Training(run);
  const { view } = memory();
  const W1 = stretched(seed, size);
  const layer1 = view("layer1", 2 * LARGEST_WIDTH);
  layer1.set(W1.subarray(0, WIDTH));
  layer1.set(W1.subarray(WIDTH), LARGEST_WIDTH);
  run.learningRate = step / training.sharpness();
  const W3 = view("W3", HIDDEN);
  const total = () => W3.reduce((sum, weight) => sum + weight, 0) / Math.sqrt(HIDDEN);
  const sums = [total()];
  while (training.step()) if (sums.length <= SHOWN) sums.push(total());
  const finalCost = training.cost[training.count - 1];
  const milliseconds = performance.now() - began;
  return { sums, regime: training.regime(), finalCost, rate: run.learningRate, milliseconds };
}

onmessage = ({ data }) => {
  try {
    postMessage({ id: data.id, ...train(data) });
  } catch (error) {
    postMessage({ id: data.id, problem: error.message });
  }
};
