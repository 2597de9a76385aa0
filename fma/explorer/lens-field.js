// The picture of a window: which networks it needs, coarse first, and how they ended. Workers, as many
// as the machine has cores, train them; what is asked for a window that was left is not waited for.

/* global WORKER_SOURCE: bundle.py puts the worker's source there */

import { packed } from "./draw.js";
import { startWorker } from "./parts.js";
import { centre } from "./lens-state.js";

const COARSE = { small: [16, 12], full: [12, 9] }; // columns and rows of the first picture
const LEVELS = { small: 5, full: 4 }; // each has twice the columns and rows of the one before
const SLICE = 50; // milliseconds of work that a worker is given at a time
const MOST_WORKERS = 16;
export const UNKNOWN = 255;

const RUN_KEYS = ["network", "axis", "width", "seed", "other"];
const WINDOW_KEYS = ["rate_low", "rate_high", "low", "high"];
const pick = (state, keys) => Object.fromEntries(keys.map((key) => [key, state[key]]));

/** Columns and rows of a level; there are no more rows than widths. */
function sizeOf(state, level) {
  const [columns, rows] = COARSE[state.network].map((n) => n * 2 ** level);
  return [columns, state.axis === "width" ? Math.min(rows, Math.round(state.high - state.low)) : rows];
}

/** A picture of one window; `changed` is called when it knows more. */
export function createField(changed) {
  const cores = Math.min(MOST_WORKERS, Math.max(1, navigator.hardwareConcurrency || 2));
  const crew = [];
  let id = 0;
  let speed = 0.2; // networks in a millisecond and worker, as seen
  let field = null;
  let paused = false;

  function open(state) {
    id += 1;
    const levels = Array.from({ length: LEVELS[state.network] }, (_, level) => {
      const [columns, rows] = sizeOf(state, level);
      const size = columns * rows;
      return { columns, rows, codes: new Uint8Array(size).fill(UNKNOWN), costs: new Float64Array(size), known: 0 };
    });
    const picture = pick(state, RUN_KEYS);
    field = { state: pick(state, WINDOW_KEYS), picture, levels, trained: 0, began: performance.now(), took: 0, first: 0 };
    field.plan = plan(field);
    field.stage = null;
    field.complete = false;
    field.problem = "";
    feedAll();
    return field;
  }

  /** Give every worker work; they are hired when there is some for the first time. */
  function feedAll() {
    if (paused) return;
    for (let i = crew.length; i < cores; i += 1) crew.push(hire());
    for (const member of crew) feed(member);
  }

  function hire() {
    const { worker, close } = startWorker(WORKER_SOURCE);
    const member = { worker, close, waiting: [] };
    worker.onmessage = ({ data }) => hear(member, data);
    worker.onerror = (event) => hear(member, { id, problem: event.message });
    return member;
  }

  /** Give a worker two slices, so that it never waits. */
  function feed(member) {
    while (member.waiting.length < 2 && !field.stopped && !paused) {
      const work = next(field, Math.max(1, Math.round(speed * SLICE)));
      if (!work) return;
      member.waiting.push({ id, ...work });
      const { level, places } = work;
      const { columns, rows } = field.levels[level];
      const { rate_low, rate_high, low, high } = field.state;
      const rates = Float64Array.from(places, (place) => centre(rate_low, rate_high, place % columns, columns));
      const values = Float64Array.from(places, (place) => centre(low, high, Math.floor(place / columns), rows));
      member.worker.postMessage({ id, picture: field.picture, rates, values });
    }
  }

  function hear(member, { id: from, codes, costs, milliseconds, problem }) {
    const asked = member.waiting.shift();
    if (problem) {
      if (from === id) Object.assign(field, { problem, stopped: true });
      changed();
      return;
    }
    if (milliseconds > 0) speed = 0.5 * speed + 0.5 * (codes.length / milliseconds);
    if (from === id) {
      const level = field.levels[asked.level];
      asked.places.forEach((place, i) => {
        level.codes[place] = codes[i];
        level.costs[place] = costs[i];
      });
      level.known += codes.length;
      field.trained += codes.length;
      field.took = performance.now() - field.began;
      if (!field.first && field.levels[0].known === field.levels[0].codes.length) field.first = field.took;
      changed();
    }
    for (const each of crew) feed(each);
    if (from === id && !field.complete && crew.every(({ waiting }) => !waiting.some((work) => work.id === id))) {
      field.complete = !next(field, 0);
      changed();
    }
  }

  const stop = () => {
    id += 1;
    field.stopped = true;
    changed();
  };
  /** Let the cores rest while nobody sees the picture. */
  const pause = (wanted) => {
    paused = wanted;
    if (field) feedAll();
  };
  const close = () => crew.forEach((member) => member.close());
  return { open, stop, pause, close, cores };
}

/** The order: three levels whole, then the border on the finer ones, then the rest of the finest. */
function* plan(field) {
  const { levels } = field;
  const last = levels.length - 1;
  for (const [level, { codes }] of levels.entries()) {
    const all = Array.from(codes.keys());
    if (level < 3) yield { level, places: all };
    else yield { level, places: all.filter((place) => onBorder(field, level, place)) };
  }
  yield { level: last, places: Array.from(levels[last].codes.keys()).filter((i) => levels[last].codes[i] === UNKNOWN) };
}

/** The next places to train; a level is begun when the one before is known, because it tells where. */
function next(field, most) {
  for (;;) {
    if (!field.stage || field.stage.at === field.stage.places.length) {
      if (field.stage && field.levels.slice(0, field.stage.level + 1).some((level) => level.asked > level.known)) return null;
      const { value, done } = field.plan.next();
      if (done) return null;
      field.stage = { ...value, at: 0 };
      continue;
    }
    if (most === 0) return field.stage;
    const { level, places, at } = field.stage;
    const slice = places.slice(at, at + most);
    field.stage.at += slice.length;
    field.levels[level].asked = (field.levels[level].asked ?? 0) + slice.length;
    return { level, places: slice };
  }
}

/** Whether a place of a level lies in or beside a place of the level before that has another ending. */
function onBorder({ levels }, level, place) {
  const { columns, rows } = levels[level];
  const above = levels[level - 1];
  const x = Math.floor(((place % columns) * above.columns) / columns);
  const y = Math.floor((Math.floor(place / columns) * above.rows) / rows);
  const own = above.codes[y * above.columns + x];
  if (own === UNKNOWN) return false;
  for (let dy = -1; dy <= 1; dy += 1) {
    for (let dx = -1; dx <= 1; dx += 1) {
      const [u, v] = [x + dx, y + dy];
      if (u < 0 || v < 0 || u >= above.columns || v >= above.rows) continue;
      const other = above.codes[v * above.columns + u];
      if (other !== UNKNOWN && other !== own) return true;
    }
  }
  return false;
}

/** What is known at a point, given as shares of the window: { code, cost, rate, value } or null. */
export function lookAt({ levels, state }, x, y) {
  for (const { columns, rows, codes, costs } of [...levels].reverse()) {
    const [i, j] = [Math.min(columns - 1, Math.floor(x * columns)), Math.min(rows - 1, Math.floor(y * rows))];
    const place = j * columns + i;
    if (codes[place] === UNKNOWN) continue;
    const rate = centre(state.rate_low, state.rate_high, i, columns);
    return { code: codes[place], cost: costs[place], rate, value: centre(state.low, state.high, j, rows) };
  }
  return null;
}

/** How many networks of the finest complete level ended which way. */
export function tally({ levels }) {
  const counts = [0, 0, 0, 0];
  const level = [...levels].reverse().find(({ known, codes }) => known === codes.length) ?? levels[0];
  for (const code of level.codes) if (code !== UNKNOWN) counts[code] += 1;
  return counts;
}

/** The border's point nearest to the middle, as shares of the window; null if there is none. */
export function nearestBorder(field, x = 0.5, y = 0.5) {
  let best = null;
  for (const { columns, rows, codes } of begun(field)) {
    let least = Infinity;
    codes.forEach((code, place) => {
      if (code === UNKNOWN) return;
      const [i, j] = [place % columns, Math.floor(place / columns)];
      for (const [di, dj] of [[1, 0], [0, 1]]) {
        if (i + di >= columns || j + dj >= rows) continue;
        const other = codes[place + di + dj * columns];
        if (other === UNKNOWN || other === code) continue;
        const point = [(i + 0.5 + di / 2) / columns, (j + 0.5 + dj / 2) / rows];
        const distance = (point[0] - x) ** 2 + (point[1] - y) ** 2;
        if (distance < least) [least, best] = [distance, point];
      }
    });
  }
  return best;
}

/** The levels of which something is known. */
const begun = ({ levels }) => levels.filter(({ known }) => known > 0);

/** Paint the picture into an image of the finest level's size, top row first; colours by code. */
export function paintField(field, image, colours, blank) {
  const { columns: width, rows: height } = field.levels.at(-1);
  const pixels = new Uint32Array(image.data.buffer).fill(packed(blank));
  const tones = colours.map(packed);
  for (const { columns, rows, codes } of begun(field)) {
    for (let j = 0; j < height; j += 1) {
      const from = Math.floor((j * rows) / height) * columns;
      const to = (height - 1 - j) * width;
      for (let i = 0; i < width; i += 1) {
        const code = codes[from + Math.floor((i * columns) / width)];
        if (code !== UNKNOWN) pixels[to + i] = tones[code];
      }
    }
  }
}
