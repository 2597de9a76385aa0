// What is known of each run: from the atlas at once, from training in this page soon after.
//
// look(run) gives { key, record, detail, progress, live, difference, problem }:
//   record      the numbers and curves to show, with `count` entries so far; `rounded` if its costs
//               are the atlas's, which keeps three digits
//   detail      the trained record, which also has `tops` (count × hidden) and surfaceAt(i), or null
//   progress    { epoch } while it is being trained
//   live        { milliseconds } once it has been trained here
//   difference  a sentence if atlas and training disagree by more than TOLERANCE
//   problem     a sentence if it could not be trained

/* global WORKER_SOURCE: bundle.py puts the worker's source there */

import { atlasCurves, atlasMap, atlasNumbers } from "./atlas.js";
import { number } from "./draw.js";
import { RECIPES, SEEDS, WIDTHS, identity } from "./state.js";

const KEPT = 40; // trained runs that are remembered
const TOLERANCE = 1e-3; // of a cost, relative: twice what rounding in the atlas can make

const upTo = ({ low, high }) => Array.from({ length: high - low + 1 }, (_, i) => low + i);
const UNKNOWN = { widths: upTo(WIDTHS), seeds: upTo(SEEDS), regimeAt: () => -1, unknown: true };

/** Keep the runs of one explorer; `changed` is called whenever there is more to show. */
export function createRuns(changed) {
  const trained = new Map();
  const looked = new Map();
  const trainers = {};
  const maps = {};
  const borders = {};

  function look(run) {
    const key = identity(run);
    const atlas = fromAtlas(key, run);
    const done = trained.get(key);
    if (!done) return { key, record: atlas, detail: null, progress: null, live: null };
    const { complete, stopped, problem } = done;
    const shown = complete || done.asked || !atlas.count ? done : atlas;
    if (!complete && atlas.regime) {
      Object.assign(done, { regime: atlas.regime, lastCost: atlas.lastCost, rounded: true });
    }
    done.sharpness ??= atlas.sharpness;
    return {
      key,
      record: problem ? atlas : shown,
      detail: done.count > 0 ? done : null,
      progress: complete || stopped ? null : { epoch: done.count && done.epochs[done.count - 1] },
      live: complete ? { milliseconds: Math.round(done.milliseconds) } : null,
      difference: complete ? differenceOf(done, atlas) : "",
      problem,
    };
  }

  /** What the atlas has of a run: it knows each recipe at its own step and slope. */
  function fromAtlas(key, run) {
    if (looked.has(key)) return looked.get(key);
    const { recipe, width, seed } = run;
    const inside = !run.graft && run.learningRate === RECIPES[recipe].learningRate && run.slope === 0.01;
    const record = { count: 0, rounded: true };
    if (inside) Object.assign(record, atlasNumbers(recipe, width, seed), atlasCurves(recipe, width, seed));
    if (looked.size > 1000) looked.clear();
    looked.set(key, record);
    return record;
  }

  /** Train a run in the worker of its side; a run that was trained before only if asked `again`. */
  function train(side, run, { again = false } = {}) {
    const key = identity(run);
    const before = trained.get(key);
    if (before && !again && !before.stopped) return;
    trained.delete(key);
    const record = { ...emptyRecord(run), side, asked: again };
    trained.set(key, record);
    for (const old of trained.keys()) if (trained.size > KEPT && old !== key) trained.delete(old);
    try {
      trainers[side] ??= createTrainer(changed);
      trainers[side].start(run, record);
    } catch (error) {
      fail(record, error.message);
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

  /** The map of regimes of a recipe. */
  function map(recipe) {
    if (!maps[recipe]) {
      const known = atlasMap(recipe);
      maps[recipe] = { recipe, ...(known.widths.length ? known : UNKNOWN) };
    }
    return maps[recipe];
  }

  /**
   * The step × sharpness at which plateaus end: the value that parts the atlas's plateaus from its
   * other runs with the fewest mistakes. Null where the atlas has hardly any of either.
   */
  function border(recipe) {
    const { widths, seeds, unknown } = map(recipe);
    if (unknown) return null;
    if (!(recipe in borders)) {
      const cells = widths.flatMap((width) => seeds.map((seed) => atlasNumbers(recipe, width, seed)));
      borders[recipe] = parting(cells.map(({ sharpness, regime }) => [sharpness, regime === "plateau"]));
    }
    return borders[recipe];
  }

  const close = () => Object.values(trainers).forEach((trainer) => trainer.close());
  return { look, train, cancel, map, border, close };
}

/** Of [value, whether it belongs below] the value that parts them with the fewest mistakes. */
function parting(cells) {
  const below = cells.filter(([, isBelow]) => isBelow).length;
  if (Math.min(below, cells.length - below) < cells.length / 100) return null;
  cells.sort(([one], [other]) => one - other);
  let [right, most, at] = [cells.length - below, 0, null];
  for (let i = 0; i + 1 < cells.length; i += 1) {
    right += cells[i][1] ? 1 : -1;
    if (right > most) [most, at] = [right, (cells[i][0] + cells[i + 1][0]) / 2];
  }
  return at;
}

function differenceOf({ lastCost }, atlas) {
  if (atlas.lastCost === undefined || atlas.lastCost === lastCost) return "";
  if (Math.abs(lastCost - atlas.lastCost) <= TOLERANCE * atlas.lastCost) return "";
  return `trained here it ends at ${number(lastCost)}, the atlas says ${number(atlas.lastCost)}.`;
}

function fail(record, problem) {
  Object.assign(record, { stopped: true, problem: `It could not be trained here: ${problem}.` });
}

/** A record of a training that has not begun: room for what the worker will send. */
function emptyRecord({ epochs }) {
  const room = Math.min(epochs, 1000) + 1;
  const curve = () => new Float64Array(room);
  return {
    count: 0,
    room,
    epochs: new Uint32Array(room),
    cost: curve(),
    z2Max: curve(),
    alive: new Uint8Array(room),
    norms: [curve(), curve(), curve()],
    surfaceAt(i) {
      return this.surfaces.subarray(i * this.points, (i + 1) * this.points);
    },
  };
}

/** Add a message's records at its place. */
function append(record, { from, count, epochs, cost, z2Max, alive, norms, tops, surfaces }) {
  if (!record.tops) {
    record.hidden = tops.length / count;
    record.points = surfaces.length / count;
    record.tops = new Float32Array(record.room * record.hidden);
    record.surfaces = new Float32Array(record.room * record.points);
  }
  const { hidden, points } = record;
  record.epochs.set(epochs, from);
  record.cost.set(cost, from);
  record.z2Max.set(z2Max, from);
  record.alive.set(alive, from);
  norms.forEach((values, layer) => record.norms[layer].set(values, from));
  record.tops.set(tops, from * hidden);
  record.surfaces.set(surfaces, from * points);
  record.count = from + count;
}

let workerAddress;

/** A worker that trains one run at a time into a record; see worker.js for what is said. */
function createTrainer(changed) {
  workerAddress ??= URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
  const worker = new Worker(workerAddress);
  let id = 0;
  let record = null;
  worker.onmessage = ({ data }) => {
    if (data.id !== id) return;
    if (data.type === "records") {
      if (data.count) append(record, data);
    } else if (data.type === "failed") {
      fail(record, data.problem);
    } else {
      const { type, ...known } = data;
      Object.assign(record, known, { complete: true, rounded: false });
    }
    changed();
  };
  worker.onerror = (event) => {
    if (record) fail(record, event.message);
    changed();
  };
  return {
    start(run, into) {
      id += 1;
      record = into;
      worker.postMessage({ type: "train", id, run });
    },
    cancel() {
      id += 1;
      worker.postMessage({ type: "cancel" });
    },
    close: () => worker.terminate(),
  };
}
