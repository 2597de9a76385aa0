// The worker: trains the run it is sent, a slice at a time, so that it hears a cancel in between.
//
//   it hears  { type: "train", id, run } | { type: "cancel" }            run as in trainer.js
//   it says   { type: "records", id, from, count, epochs, cost, z2Max, alive, norms, tops, surfaces }
//                 the records from … from + count - 1, as in trainer.js
//             { type: "done", id, regime, lastCost, finalCost, milliseconds }
//                 the cost before and after the last update; a run that beats every plane is
//                 "learning", whatever regime its neurons would make it
//             { type: "sharpness", id, sharpness, ending }
//                 learning rate × sharpness at the start; the name of fma.regimes.ending
//             { type: "failed", id, problem }

import { GRID, HIDDEN, Training } from "./trainer.js";

const SLICE = 12; // milliseconds between two looks at the messages

let current = 0;

const { port1, port2 } = new MessageChannel();

/** Wait until the messages that are already here have been heard; a timer would wait for longer. */
const pause = () =>
  new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });

function say(id, training, from) {
  const to = training.count;
  const part = (records, size = 1) => records.slice(from * size, to * size);
  const message = {
    type: "records",
    id,
    from,
    count: to - from,
    epochs: part(training.epochs),
    cost: part(training.cost),
    z2Max: part(training.z2Max),
    alive: part(training.alive),
    norms: training.norms.map((records) => part(records)),
    tops: part(training.tops, HIDDEN),
    surfaces: part(training.surfaces, GRID * GRID),
  };
  const arrays = Object.values(message).flat().filter(ArrayBuffer.isView);
  postMessage(message, arrays.map(({ buffer }) => buffer));
}

async function train(id, run) {
  current = id;
  const training = new Training(run);
  let milliseconds = 0;
  while (!training.ended) {
    const from = training.count;
    const start = performance.now();
    while (training.step() && performance.now() - start < SLICE);
    milliseconds += performance.now() - start;
    say(id, training, from);
    await pause();
    if (current !== id) return;
  }
  const lastCost = training.cost[training.count - 1];
  const { finalCost } = training;
  const regime = training.learning() ? "learning" : training.regime();
  postMessage({ type: "done", id, regime, lastCost, finalCost, milliseconds });
  const ending = training.ending();
  const sharpness = run.learningRate * new Training(run).sharpness();
  postMessage({ type: "sharpness", id, sharpness, ending });
}

onmessage = ({ data: { type, id, run } }) => {
  current = 0;
  if (type === "train") train(id, run).catch((error) => postMessage({ type: "failed", id, problem: error.message }));
};
