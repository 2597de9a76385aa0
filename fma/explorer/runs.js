// What is known of each run: from the atlas at once, from training in this page soon after.
//
// look(run) gives { key, record, detail, progress, live, difference, problem }:
//   record    the curves and numbers to show, with `count` entries so far
//   detail    the trained record that also has `tops` (count × hidden) and surfaceAt(i), or null
//   progress  { epoch } while it is being trained
//   live      { milliseconds } once it has been trained here
//   difference  a sentence if atlas and training disagree by more than TOLERANCE

import { atlasCurves, atlasMap, atlasNumbers } from "./atlas.js";
import { number } from "./draw.js";
import { RECIPES, identity } from "./state.js";

const KEPT = 40; // trained runs
export const TOLERANCE = 1e-3; // relative, in the final cost

export function createRuns(changed) {
  const trained = new Map();
  const looked = new Map();
  const trainers = {};
  const maps = {};

  function look(run) {
    const key = identity(run);
    const done = trained.get(key);
    const atlas = atlasRecord(key, run);
    const complete = done?.complete;
    const record = complete || (done && (done.asked || !atlas.count)) ? withAtlas(done, atlas) : atlas;
    return {
      key,
      record,
      detail: done?.count > 0 ? done : null,
      progress: done && !complete && !done.stopped ? { epoch: done.count && done.epochs[done.count - 1] } : null,
      live: complete ? { milliseconds: done.milliseconds } : null,
      difference: complete ? differenceOf(done, atlas) : "",
      problem: done?.problem,
    };
  }

  /** While it is trained, a run that the atlas knows keeps its name and its final cost. */
  function withAtlas(done, atlas) {
    if (!done.complete && atlas.regime) {
      done.regime = atlas.regime;
      done.finalCost = atlas.finalCost;
      done.sharpness ??= atlas.sharpness;
    }
    return done;
  }

  function atlasRecord(key, run) {
    if (looked.has(key)) return looked.get(key);
    const own = RECIPES[run.recipe];
    const inside = !run.graft && run.learningRate === own.learningRate && run.slope === 0.01;
    const numbers = inside ? atlasNumbers(run.recipe, run.width, run.seed) : null;
    const record = { count: 0, ...numbers, ...(inside ? atlasCurves(run.recipe, run.width, run.seed) : null) };
    if (looked.size > 500) looked.delete(looked.keys().next().value);
    looked.set(key, record);
    return record;
  }

  /** Train a run for one side, in that side's own worker, unless it is done already. */
  function train(side, run, { again = false } = {}) {
    const key = identity(run);
    const before = trained.get(key);
    if (before && !again && !before.stopped) return;
    trained.delete(key);
    const record = emptyRecord(run);
    record.asked = again;
    record.side = side;
    trained.set(key, record);
    for (const old of trained.keys()) if (trained.size > KEPT && old !== key) trained.delete(old);
    try {
      trainers[side] ??= createTrainer();
      trainers[side].start(run, record, changed);
    } catch (error) {
      Object.assign(record, { stopped: true, problem: `Live training is not possible here: ${error.message}` });
    }
  }

  /** Stop the runs in training whose key is `unwanted`. */
  function cancel(unwanted) {
    for (const [key, record] of trained) {
      if (record.complete || record.stopped || !unwanted(key)) continue;
      record.stopped = true;
      trainers[record.side]?.cancel();
      if (!record.asked) trained.delete(key);
    }
  }

  const map = (recipe) => (maps[recipe] ??= { name: recipe, ...atlasMap(recipe) });
  const close = () => Object.values(trainers).forEach((trainer) => trainer.close());
  return { look, train, cancel, map, close };
}

function emptyRecord(run) {
  return { count: 0, hidden: 64, epochs: [], cost: [], z2Max: [], norms: [[], [], []], alive: [], tops: new Float32Array(64 * run.epochs), surfaces: [], surfaceAt(i) { return this.surfaces[i]; } };
}
function createTrainer() {
  const worker = new Worker(URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" })));
  let id = 0; let record; let changed;
  worker.onmessage = ({ data }) => {
    if (data.id !== id) return;
    if (data.type === "epoch") {
      const i = record.count;
      record.epochs.push(data.epoch); record.cost.push(data.cost); record.z2Max.push(data.z2Max); record.alive.push(data.alive);
      data.norms.forEach((n, k) => record.norms[k].push(n));
      record.tops.set(data.top, i * 64); record.surfaces.push(data.surf); record.count += 1;
    } else {
      record.complete = true; record.milliseconds = data.milliseconds; record.sharpness = data.sharpness;
      const alive = record.alive.at(-1) / 64;
      record.finalCost = record.cost.at(-1);
      record.regime = record.finalCost === Infinity ? "diverged" : alive === 0 ? "dead" : alive < 0.5 ? "converge" : "plateau";
    }
    changed();
  };
  return {
    start(run, into, notify) { id += 1; record = into; changed = notify; worker.postMessage({ type: "train", id, run }); },
    cancel() { id += 1; worker.postMessage({ type: "cancel" }); },
    close: () => worker.terminate(),
  };
}
const differenceOf = (done, atlas) => atlas.finalCost === undefined || Math.abs(done.finalCost - atlas.finalCost) <= TOLERANCE * atlas.finalCost ? "" : `trained here to ${number(done.finalCost)}, but the atlas has ${number(atlas.finalCost)}`;
