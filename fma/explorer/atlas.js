// What is known before anything is trained: see atlas.py, which made the numbers.
//
// A run has the name of its regime, by the rule of fma.regime; but one that costs less than the best
// plane is "learning", however many of its neurons are on: it is no plateau.

import { ATLAS } from "./atlas-data.js";
import { REGIME_NAMES } from "./draw.js";

const opened = {};

/** The rows of `last` numbers that atlas.py packed into a text; each is unpacked when it is asked for. */
function rowsOf(text, last) {
  const planes = atob(text);
  const length = planes.length / 2;
  const rows = [];
  const unpack = (start) => {
    const values = new Uint16Array(last);
    for (let i = 0; i < last; i += 1) {
      const difference = planes.charCodeAt(start + i) | (planes.charCodeAt(length + start + i) << 8);
      values[i] = i ? values[i - 1] + difference : difference;
    }
    return values;
  };
  return (row) => (rows[row] ??= unpack(row * last));
}

const restore = (step) => (step === 65535 ? Infinity : Math.exp(ATLAS.least + ATLAS.step * step));

/** What the atlas holds of a recipe: numbers by seed and width, costs by run and epoch. */
function open(recipe) {
  if (!(recipe in opened) && recipe in ATLAS.recipes) {
    const { seeds, curves, epochs, regime, lastCost, sharpness, cost } = ATLAS.recipes[recipe];
    opened[recipe] = {
      seeds,
      curves,
      epochs,
      regime: atob(regime),
      lastCost: rowsOf(lastCost, ATLAS.widths),
      sharpness: rowsOf(sharpness, ATLAS.widths),
      cost: rowsOf(cost, epochs),
    };
  }
  return opened[recipe];
}

const cellOf = (width, seed) => (seed - 1) * ATLAS.widths + width - 1;

const numberAt = (rows, width, seed) => restore(rows(seed - 1)[width - 1]);

/** The place in REGIME_NAMES of the name of a run. */
const nameAt = ({ regime, lastCost }, width, seed) =>
  numberAt(lastCost, width, seed) < ATLAS.plane ? REGIME_NAMES.indexOf("learning") : regime.charCodeAt(cellOf(width, seed));

/** { regime, lastCost, sharpness } of a run at its recipe's own step and slope, or null. */
export function atlasNumbers(recipe, width, seed) {
  const atlas = open(recipe);
  if (!atlas || width > ATLAS.widths || seed < 1 || seed > atlas.seeds) return null;
  return {
    regime: REGIME_NAMES[nameAt(atlas, width, seed)],
    lastCost: numberAt(atlas.lastCost, width, seed),
    sharpness: numberAt(atlas.sharpness, width, seed), // learning rate × sharpness at the start
  };
}

/** { count, epochs, cost } of a run, or null where the atlas holds no curve. */
export function atlasCurves(recipe, width, seed) {
  const atlas = open(recipe);
  if (!atlas || width > ATLAS.widths || seed < 1 || seed > atlas.curves) return null;
  const cost = Array.from(atlas.cost(cellOf(width, seed)), restore);
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
    regimeAt: (width, seed) => nameAt(atlas, width, seed),
  };
}
