// What is known before anything is trained: see atlas.py, which made the numbers.
//
// A run has the name of its regime, by the rule of fma.regime; but one that costs less than the best
// plane is "learning", however many of its neurons are on: it is no plateau.

import { ATLAS } from "./atlas-data.js";
import { REGIME_NAMES } from "./draw.js";

const opened = {};

function bytes(text) {
  const characters = atob(text);
  const values = new Uint8Array(characters.length);
  for (let i = 0; i < values.length; i += 1) values[i] = characters.charCodeAt(i);
  return values;
}

/** Undo atlas.py's differences and byte planes; `last` is the length of the last axis. */
function steps(text, last) {
  const planes = bytes(text);
  const length = planes.length / 2;
  const values = new Uint16Array(length);
  for (let i = 0; i < length; i += 1) {
    const difference = planes[i] | (planes[length + i] << 8);
    values[i] = i % last ? values[i - 1] + difference : difference;
  }
  return values;
}

const restore = (step) => (step === 65535 ? Infinity : Math.exp(ATLAS.least + ATLAS.step * step));

const OPEN = {
  regime: ({ regime }) => bytes(regime),
  lastCost: ({ lastCost }) => steps(lastCost, ATLAS.widths),
  sharpness: ({ sharpness }) => steps(sharpness, ATLAS.widths),
  cost: ({ cost, epochs }) => steps(cost, epochs),
};

/** What the atlas holds of a recipe; each part is read when it is first asked for. */
function open(recipe) {
  if (!(recipe in opened) && recipe in ATLAS.recipes) {
    const packed = ATLAS.recipes[recipe];
    const { seeds, curves, epochs } = packed;
    opened[recipe] = { seeds, curves, epochs };
    for (const [name, read] of Object.entries(OPEN)) {
      let part;
      Object.defineProperty(opened[recipe], name, { get: () => (part ??= read(packed)) });
    }
  }
  return opened[recipe];
}

const cellOf = (width, seed) => (seed - 1) * ATLAS.widths + width - 1;

/** The place in REGIME_NAMES of the name of a run. */
const nameAt = ({ regime, lastCost }, cell) =>
  restore(lastCost[cell]) < ATLAS.plane ? REGIME_NAMES.indexOf("learning") : regime[cell];

/** { regime, lastCost, sharpness } of a run at its recipe's own step and slope, or null. */
export function atlasNumbers(recipe, width, seed) {
  const atlas = open(recipe);
  if (!atlas || width > ATLAS.widths || seed < 1 || seed > atlas.seeds) return null;
  const cell = cellOf(width, seed);
  return {
    regime: REGIME_NAMES[nameAt(atlas, cell)],
    lastCost: restore(atlas.lastCost[cell]),
    sharpness: restore(atlas.sharpness[cell]), // learning rate × sharpness at the start
  };
}

/** { count, epochs, cost } of a run, or null where the atlas holds no curve. */
export function atlasCurves(recipe, width, seed) {
  const atlas = open(recipe);
  if (!atlas || width > ATLAS.widths || seed < 1 || seed > atlas.curves) return null;
  const start = cellOf(width, seed) * atlas.epochs;
  const cost = Array.from(atlas.cost.subarray(start, start + atlas.epochs), restore);
  const last = cost.indexOf(Infinity);
  const count = last < 0 ? atlas.epochs : last + 1;
  return { count, epochs: Array.from({ length: count }, (_, i) => i), cost: cost.slice(0, count) };
}

/** The regimes over width and seed, for the map. */
export function atlasMap(recipe) {
  const atlas = open(recipe);
  const upTo = (last) => Array.from({ length: last }, (_, i) => i + 1);
  return {
    widths: upTo(atlas ? ATLAS.widths : 0),
    seeds: upTo(atlas ? atlas.seeds : 0),
    regimeAt: (width, seed) => nameAt(atlas, cellOf(width, seed)),
  };
}
