// The pictures. Each function draws one canvas from a list of runs as they are shown:
//
//   { name: "A" | "B", record, colour, dashed }
//
// where a record is what is known of one training: { count, epochs, cost, z2Max, norms: [dW1, dW2,
// dW3], alive, tops, surface, ... } with `count` entries so far; see runs.js.

import { channels, epochTicks, linear, mark, mix, number, packed, prepare, verticalAxis, wholeNumber } from "./draw.js";

const PAD = { left: 46, right: 34, top: 10, bottom: 24 };

/** Where the epochs lie across a chart of this width. */
export const epochScale = (width, last, pad = PAD) =>
  linear(0, Math.max(1, last), pad.left, width - pad.right);

/**
 * Curves over the epochs. `series` is a list of { name, epochs, y, count, colour, dashed }; `at` is
 * the epoch that the reader looks at.
 */
export function drawCurves(canvas, { series, kind, last, at, theme, settled = 0, compact = false }) {
  const { context, width, height } = prepare(canvas, theme);
  const x = epochScale(width, last);
  const axis = verticalAxis(kind, series, settled);
  const y = axis.scale(height - PAD.bottom, PAD.top);
  drawGrid(context, { x, y, ticks: axis.ticks, last, width, height, theme, compact });
  context.save();
  context.beginPath();
  context.rect(PAD.left - 2, PAD.top - 4, width - PAD.left - PAD.right + 6, height - PAD.top - PAD.bottom + 8);
  context.clip();
  for (const line of series) drawLine(context, line, x, y, height);
  context.restore();
  drawCursor(context, x(at), PAD.top - 4, height - PAD.bottom, theme);
  const labels = [];
  for (const line of series) {
    const i = indexAt(line, at);
    if (i < 0) continue;
    const end = line.count - 1;
    labels.push({ text: line.name, x: x(line.epochs[end]) + 7, y: clampY(y(line.y[end]), height), line });
    drawPoint(context, x(line.epochs[i]), clampY(y(line.y[i]), height), line, theme);
  }
  drawLabels(context, labels);
}

/** The last recorded index at or before an epoch, −1 if there is none. */
export function indexAt({ epochs, count }, epoch) {
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (epochs[middle] <= epoch) low = middle;
    else high = middle - 1;
  }
  return high;
}

function clampY(value, height) {
  const [top, bottom] = [PAD.top - 2, height - PAD.bottom + 2];
  return Number.isFinite(value) ? Math.min(bottom, Math.max(top, value)) : top;
}

function drawGrid(context, { x, y, ticks, last, width, height, theme, compact }) {
  context.lineWidth = 1;
  context.strokeStyle = theme.grid;
  context.fillStyle = theme.muted;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const { value, text } of ticks) {
    const at = Math.round(y(value)) + 0.5;
    context.beginPath();
    context.moveTo(PAD.left, at);
    context.lineTo(width - PAD.right, at);
    context.stroke();
    context.fillText(text, PAD.left - 6, at);
  }
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  for (const epoch of epochTicks(last, width - PAD.left - PAD.right)) {
    context.fillText(epoch === 0 && !compact ? "epoch 0" : wholeNumber(epoch), x(epoch), height - 6);
  }
}

function drawLine(context, { epochs, y: values, count, colour, dashed }, x, y, height) {
  context.beginPath();
  let pen = false;
  for (let i = 0; i < count; i += 1) {
    const at = y(values[i]);
    if (!Number.isFinite(at)) {
      if (values[i] === Infinity && pen) context.lineTo(x(epochs[i]), -height);
      pen = false;
      continue;
    }
    if (pen) context.lineTo(x(epochs[i]), at);
    else context.moveTo(x(epochs[i]), at);
    pen = true;
  }
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.setLineDash(dashed ? [6, 4] : []);
  context.stroke();
  context.setLineDash([]);
}

function drawCursor(context, x, top, bottom, theme) {
  context.strokeStyle = theme.axis;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, top);
  context.lineTo(Math.round(x) + 0.5, bottom);
  context.stroke();
}

function drawPoint(context, x, y, { colour, dashed }, theme) {
  context.beginPath();
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.fillStyle = dashed ? theme.paper : colour;
  context.fill();
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.stroke();
}

function drawLabels(context, labels) {
  const [first, second] = [...labels].sort((p, q) => p.y - q.y);
  if (second && second.y - first.y < 15 && Math.abs(first.x - second.x) < 20) {
    const middle = (first.y + second.y) / 2;
    [first.y, second.y] = [middle - 7.5, middle + 7.5];
  }
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.font = context.font.replace("13px", "bold 14px");
  for (const { text, x, y, line } of labels) {
    context.fillStyle = line.colour;
    context.fillText(text, x, y);
  }
  context.font = context.font.replace("bold 14px", "13px");
}

/**
 * Layer 2 over the epochs: one row for each neuron, its largest pre-activation as a shade. A neuron
 * that no training row activates is pale, whatever its shade: what is dark is alive. Rows are in
 * the order of the last epoch, so that the winners are on top; runs share the scale `top`.
 */
export function drawNeurons(canvas, { run, last, at, top, theme, pixels }) {
  const { context, width, height } = prepare(canvas, theme);
  const pad = { left: 46, right: 12 };
  const x = epochScale(width, last, pad);
  const { record } = run;
  if (!record.tops) return;
  const { count, hidden, epochs, tops } = record;
  const image = pixels(count, hidden);
  const cells = new Uint32Array(image.data.buffer);
  const shades = neuronShades(theme);
  const order = neuronOrder(record);
  for (let row = 0; row < hidden; row += 1) {
    for (let i = 0, cell = row * count; i < count; i += 1, cell += 1) {
      cells[cell] = shades[shadeOf(tops[i * hidden + order[row]], top)];
    }
  }
  const bitmap = image.paint();
  const [left, right] = [x(0), x(epochs[count - 1] + (epochs[1] - epochs[0] || 1) * 0.5)];
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, 0, 0, count, hidden, left, 2, right - left, height - 26);
  context.fillStyle = theme.muted;
  context.textAlign = "center";
  for (const epoch of epochTicks(last, width - pad.left - pad.right)) {
    context.fillText(epoch === 0 ? "epoch 0" : wholeNumber(epoch), x(epoch), height - 6);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  const rowHeight = (height - 26) / hidden;
  context.fillText(`#${order[0] + 1}`, pad.left - 6, 8);
  context.fillText(`#${order[hidden - 1] + 1}`, pad.left - 6, 2 + rowHeight * (hidden - 0.5) - 4);
  context.textBaseline = "alphabetic";
  drawCursor(context, x(at), 0, height - 24, theme);
}

/** The neurons of layer 2, the one with the largest pre-activation at the last epoch first. */
export function neuronOrder({ count, hidden, tops }) {
  const from = (count - 1) * hidden;
  return Array.from({ length: hidden }, (_, j) => j).sort((i, j) => tops[from + j] - tops[from + i]);
}

const HALF = 24; // shades on either side of zero

function shadeOf(value, top) {
  const size = Math.min(1, Math.log1p(Math.abs(value)) / Math.log1p(top));
  return value > 0 ? HALF + Math.floor(size * (HALF - 1)) : HALF - 1 - Math.floor(size * (HALF - 1));
}

function neuronShades({ paper, ink, accent, idle }) {
  const [light, dark, full, pale] = [paper, ink, accent, idle].map(channels);
  const shades = new Uint32Array(2 * HALF);
  for (let i = 0; i < HALF; i += 1) {
    const t = i / (HALF - 1);
    const alive = t < 0.7 ? mix(mix(light, full, 0.4), full, t / 0.7) : mix(full, dark, t - 0.7);
    shades[HALF + i] = packed(alive);
    shades[HALF - 1 - i] = packed(mix(pale, light, 0.15 + 0.45 * t));
  }
  return shades;
}

const LEVELS = [10, 20, 30, 50, 70];

/**
 * What the network answers over the square of inputs: its contours (heavy) against those of m·a
 * (thin), on the field of its error, prediction − m·a.
 */
export function drawSurface(canvas, { run, field, theme, pixels }) {
  const { context, width, height } = prepare(canvas, theme);
  const side = Math.min(width - 56, height - 30);
  const [left, top] = [24, 4];
  const x = linear(1, 10, left, left + side);
  const y = linear(1, 10, top + side, top);
  if (field) {
    const size = Math.sqrt(field.length);
    const image = pixels(size, size);
    const cells = new Uint32Array(image.data.buffer);
    const [over, under, paper] = [theme.over, theme.under, theme.paper].map(channels);
    for (let row = 0; row < size; row += 1) {
      for (let column = 0; column < size; column += 1) {
        const error = field[row * size + column] - truth(row, column, size);
        const share = 0.75 * Math.sqrt(Math.min(1, Math.abs(error) / 50));
        const cell = (size - 1 - row) * size + column;
        cells[cell] = packed(mix(paper, error > 0 ? over : under, Number.isNaN(share) ? 0 : share));
      }
    }
    context.imageSmoothingEnabled = true;
    context.drawImage(image.paint(), 0, 0, size, size, left, top, side, side);
  }
  const size = field ? Math.sqrt(field.length) : 32;
  const exact = Float32Array.from({ length: size * size }, (_, i) => truth(Math.floor(i / size), i % size, size));
  context.lineWidth = 1;
  context.strokeStyle = theme.muted;
  for (const level of LEVELS) contour(context, exact, size, level, x, y);
  context.fillStyle = theme.muted;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const level of LEVELS) {
    if (side > 150 || level !== 20) context.fillText(level, left + side + 3, Math.min(top + side - 5, y(level / 10)));
  }
  if (field) {
    context.lineWidth = 2;
    context.strokeStyle = theme.ink;
    context.setLineDash(run.dashed ? [6, 4] : []);
    for (const level of LEVELS) contour(context, field, size, level, x, y);
    context.setLineDash([]);
  }
  context.strokeStyle = theme.axis;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, top + 0.5, side - 1, side - 1);
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (const tick of [1, 4, 7, 10]) context.fillText(tick === 10 ? "m" : tick, x(tick), top + side + 16);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of [1, 4, 7, 10]) context.fillText(tick === 10 ? "a" : tick, left - 5, y(tick) + (tick === 10 ? 6 : 0));
  context.textBaseline = "alphabetic";
}

/** m·a at a point of the grid, whose rows are a and columns m, both from 1 to 10. */
const truth = (row, column, size) =>
  (1 + (9 * row) / (size - 1)) * (1 + (9 * column) / (size - 1));

/** Root of the mean squared error over the grid. */
export function surfaceError(field) {
  const size = Math.sqrt(field.length);
  let sum = 0;
  for (let i = 0; i < field.length; i += 1) {
    sum += (field[i] - truth(Math.floor(i / size), i % size, size)) ** 2;
  }
  return Math.sqrt(sum / field.length);
}

/** Draw one level of a field by marching squares. */
function contour(context, field, size, level, x, y) {
  const px = (column) => x(1 + (9 * column) / (size - 1));
  const py = (row) => y(1 + (9 * row) / (size - 1));
  context.beginPath();
  for (let row = 0; row < size - 1; row += 1) {
    for (let column = 0; column < size - 1; column += 1) {
      const i = row * size + column;
      const corners = [field[i], field[i + 1], field[i + size + 1], field[i + size]];
      const inside = corners.map((value) => value > level);
      if (inside[0] === inside[1] && inside[1] === inside[2] && inside[2] === inside[3]) continue;
      const crossings = [];
      for (let edge = 0; edge < 4; edge += 1) {
        const next = (edge + 1) % 4;
        if (inside[edge] === inside[next]) continue;
        const t = (level - corners[edge]) / (corners[next] - corners[edge]);
        const [c0, r0] = CORNERS[edge];
        const [c1, r1] = CORNERS[next];
        crossings.push([px(column + c0 + (c1 - c0) * t), py(row + r0 + (r1 - r0) * t)]);
      }
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        context.moveTo(...crossings[k]);
        context.lineTo(...crossings[k + 1]);
      }
    }
  }
  context.stroke();
}

const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]];

/** Where a map of `widths` × `seeds` lies on its canvas. */
export function mapScales(width, height, { widths, seeds }) {
  const [left, right, top, bottom] = [34, 14, 6, 24];
  return {
    x: linear(widths[0] - 0.5, widths.at(-1) + 0.5, left, width - right),
    y: linear(seeds[0] - 0.5, seeds.at(-1) + 0.5, height - bottom, top),
  };
}

/**
 * The map of regimes: width across, seed upwards, a cell per run; colour names the regime, and so
 * does the pattern of the cell. `regimeAt(width, seed)` is an index into REGIME_NAMES or −1.
 * The picture is kept in `cache` until map, size or theme change; the two runs are drawn on top.
 */
export function drawMap(canvas, { map, runs, theme, cache, colours }) {
  const { context, width, height } = prepare(canvas, theme);
  const { x, y } = mapScales(width, height, map);
  const key = [map.recipe, width, height, theme.paper, canvas.box.ratio].join();
  if (cache.key !== key) {
    cache.key = key;
    cache.bitmap = mapBitmap(map, canvas.box.ratio * (x(2) - x(1)), canvas.box.ratio * (y(1) - y(2)), theme, colours);
  }
  const { widths, seeds } = map;
  const [left, right] = [x(widths[0] - 0.5), x(widths.at(-1) + 0.5)];
  const [top, bottom] = [y(seeds.at(-1) + 0.5), y(seeds[0] - 0.5)];
  context.imageSmoothingEnabled = false;
  context.drawImage(cache.bitmap, left, top, right - left, bottom - top);
  context.fillStyle = theme.muted;
  context.textAlign = "center";
  for (const tick of [1, 32, 64, 96, 128, 160]) {
    context.fillText(tick === 1 ? "width 1" : tick, Math.max(x(tick), tick === 1 ? left + 16 : 0), height - 6);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  const every = [5, 10, 25].find((step) => seeds.length <= 5 * step) ?? 50;
  for (const tick of seeds.filter((seed) => seed === 1 || seed % every === 0)) context.fillText(tick, left - 5, y(tick));
  context.textBaseline = "alphabetic";
  context.strokeStyle = theme.axis;
  context.lineWidth = 1;
  context.strokeRect(left, top, right - left, bottom - top);
  const placed = runs.filter(({ run }) => run.seed <= seeds.at(-1) && run.seed >= seeds[0]);
  for (const { name, run, dashed } of placed) {
    const [cx, cy] = [x(run.width), y(run.seed)];
    context.lineWidth = 4;
    context.strokeStyle = theme.paper;
    circle(context, cx, cy, 7, dashed);
    context.lineWidth = 2;
    context.strokeStyle = theme.ink;
    circle(context, cx, cy, 7, dashed);
    const other = placed.find((p) => p.name !== name)?.run;
    const before = other ? run.width < other.width || (run.width === other.width && name === "A") : cx > width - 40;
    const beside = cx + (before ? -16 : 16);
    if (beside > left + 6 && beside < right - 6) haloed(context, name, beside, cy, theme);
    else haloed(context, name, cx, cy < top + 24 ? cy + 17 : cy - 17, theme);
  }
}

function circle(context, x, y, radius, dashed) {
  context.setLineDash(dashed ? [3.5, 2.5] : []);
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
  context.setLineDash([]);
}

function haloed(context, text, x, y, theme) {
  context.font = context.font.replace("13px", "bold 14px");
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeStyle = theme.paper;
  context.strokeText(text, x, y);
  context.fillStyle = theme.ink;
  context.fillText(text, x, y);
  context.textBaseline = "alphabetic";
  context.font = context.font.replace("bold 14px", "13px");
}

function mapBitmap({ widths, seeds, regimeAt }, cellWidth, cellHeight, theme, colours) {
  const [w, h] = [Math.max(2, Math.round(cellWidth)), Math.max(2, Math.round(cellHeight))];
  const bitmap = document.createElement("canvas");
  Object.assign(bitmap, { width: w * widths.length, height: h * seeds.length });
  const context = bitmap.getContext("2d");
  const image = context.createImageData(bitmap.width, bitmap.height);
  const cells = new Uint32Array(image.data.buffer);
  const paper = channels(theme.paper);
  const tones = colours.map((colour) => [packed(channels(colour)), packed(mix(channels(colour), paper, 0.45))]);
  for (let s = 0; s < seeds.length; s += 1) {
    for (let n = 0; n < widths.length; n += 1) {
      const regime = regimeAt(widths[n], seeds[s]);
      if (regime < 0) continue;
      for (let i = 0; i < h; i += 1) {
        const start = ((seeds.length - 1 - s) * h + i) * bitmap.width + n * w;
        for (let j = 0; j < w; j += 1) cells[start + j] = tones[regime][PATTERNS[regime](i, j, w, h)];
      }
    }
  }
  context.putImageData(image, 0, 0);
  return bitmap;
}

// Within a cell: plateau is plain, dead has a stroke across, converge a dot, diverged a frame,
// learning a bar.
const PATTERNS = [
  () => 0,
  (i, j, w, h) => +(Math.floor((i * w) / h) === j),
  (i, j, w, h) => +(Math.abs(2 * i + 1 - h) <= h / 3 && Math.abs(2 * j + 1 - w) <= w / 3),
  (i, j) => +(i === 0 || j === 0),
  (i, j, w) => +(Math.abs(2 * j + 1 - w) <= w / 3),
];

/**
 * How far each run starts from the stability limit: the step times the sharpness, on a line from 0
 * to 8, with the classic limit 2 marked.
 */
export function drawGauge(canvas, { runs, limits, theme }) {
  const { context, width, height } = prepare(canvas, theme);
  const x = linear(0, 8, 12, width - 16);
  const base = height - 24;
  context.strokeStyle = theme.axis;
  context.beginPath();
  context.moveTo(x(0), base + 0.5);
  context.lineTo(x(8), base + 0.5);
  context.stroke();
  context.fillStyle = theme.muted;
  context.textAlign = "center";
  for (let tick = 0; tick <= 8; tick += 2) {
    context.beginPath();
    context.moveTo(Math.round(x(tick)) + 0.5, base);
    context.lineTo(Math.round(x(tick)) + 0.5, base + 4);
    context.stroke();
    context.fillText(tick, x(tick), height - 6);
  }
  for (const [row, { value, text }] of limits.entries()) {
    context.setLineDash([2, 3]);
    context.strokeStyle = theme.muted;
    context.beginPath();
    context.moveTo(Math.round(x(value)) + 0.5, 4 + 16 * row);
    context.lineTo(Math.round(x(value)) + 0.5, base);
    context.stroke();
    context.setLineDash([]);
    const fits = x(value) + 4 + context.measureText(text).width < width;
    context.textAlign = fits ? "left" : "right";
    context.fillText(text, x(value) + (fits ? 4 : -4), 14 + 16 * row);
  }
  const known = runs.filter(({ record }) => record.sharpness > 0);
  const apart = known.length < 2 || Math.abs(x(known[0].record.sharpness) - x(known[1].record.sharpness)) > 16;
  for (const { name, record, colour, dashed } of known) {
    const at = x(Math.min(8, record.sharpness));
    const lift = base - (apart || name === "B" ? 8 : 26);
    drawPoint(context, at, lift, { colour, dashed }, theme);
    context.fillStyle = colour;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.font = context.font.replace("13px", "bold 14px");
    context.fillText(name, at + 8, lift);
    context.font = context.font.replace("bold 14px", "13px");
    context.textBaseline = "alphabetic";
  }
}

/** Draw a regime's sign alone, for labels in the page. */
export function drawMark(canvas, { regime, colour, theme }) {
  const { context, width, height } = prepare(canvas, theme);
  if (regime) mark(context, regime, width / 2, height / 2, Math.min(width, height) / 2 - 3, colour);
}

/** A reading in words of a run at an epoch, for those who cannot see the curve. */
export function reading({ name, record }, pick, at) {
  const i = indexAt(record, at);
  return `${name} ${i < 0 ? "not yet trained" : number(pick(record)[i])}`;
}
