// A guess first: the curve of B is shown up to an epoch, and the reader says how it goes on.

import { wholeNumber } from "./draw.js";
import { indexAt } from "./views.js";

/** What a reader may say, by the name of what happens. */
export const GUESSES = { stays: "It stays", climbs: "It climbs", falls: "It falls" };

const STILL = 0.05; // a cost that differs by no more, relative, has stood still
const MOVED = 2; // a cost that ends at less than a half, or more than double, has fallen or climbed

/** What is shown of a run before the guess: its record up to an epoch, without its ending. */
export const until = (record, epoch) => ({
  ...record, count: indexAt(record, epoch) + 1, regime: undefined, ending: undefined, lastCost: undefined, finalCost: undefined,
});

/** The question about a run of which the record up to `epoch` is shown. */
export function question({ width }, record, epoch) {
  const end = indexAt(record, epoch);
  let start = end;
  while (start > 0 && Math.abs(record.cost[start - 1] / record.cost[end] - 1) <= STILL) start -= 1;
  const still = record.epochs[end] - record.epochs[start];
  return still < 10
    ? `How does width ${width} go on?`
    : `Width ${width} has stood still for ${still} epochs. What next?`;
}

/** What a run did after an epoch: a key of GUESSES. */
export function outcome(record, epoch) {
  const ratio = record.cost[record.count - 1] / record.cost[indexAt(record, epoch)];
  if (ratio < 1 / MOVED) return "falls";
  return ratio > MOVED ? "climbs" : "stays";
}

/** The answer in one sentence; `chosen` is a key of GUESSES, or null if the reader did not say. */
export function answer({ width }, record, epoch, chosen) {
  const truth = outcome(record, epoch);
  const from = wholeNumber(record.cost[indexAt(record, epoch)]);
  const cost = record.cost[record.count - 1];
  const to = Number.isFinite(cost) ? wholeNumber(cost) : "beyond all numbers";
  const told = `width ${width} ${truth}, from a cost of ${from} at epoch ${epoch} to ${to} in the end.`;
  if (chosen === null) return `${told[0].toUpperCase()}${told.slice(1)}`;
  return `${chosen === truth ? "Right" : "No"}: ${told}`;
}
