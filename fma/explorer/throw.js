// The throw: the first twelve updates of the small map, and what the full network does beside it. One
// component for two hosts, as the explorer.

import { channels, linear, mix, number, prepare, rateText } from "./draw.js";
import { copyLink, h, keepKeys, painter, startWorker, write } from "./parts.js";
import { BEST, LIMITS, SHOWN, curvature, path, startAt, stays } from "./throw-map.js";
import { THROW_KEYS } from "./throw-state.js";

/* global WORKER_SOURCE: bundle.py puts the worker's source there */

const PAD = { left: 44, right: 14, top: 10, bottom: 40 };
const GRID = [90, 70]; // columns and rows of the basins
const DRAWN = 8; // pixels along the picture after which a finger draws the start with it
const TRAINED_AFTER = 120; // ms without a change before the network is trained

let throws = 0; // on this page, so that ids differ

export function render({ model, el }) {
  throws += 1;
  const id = (name) => `fma-throw${throws}-${name}`;
  const slider = (name, label) => {
    const [min, max] = LIMITS[name];
    const output = h("output", { for: id(name), "aria-hidden": "true" });
    const input = h("input", { type: "range", id: id(name), min, max, step: 0.01 });
    return { input, output, box: h("div", { class: "fx-control" }, h("label", { for: id(name) }, label), output, input) };
  };
  const controls = { step: slider("step", "Step size η λ₀"), size: slider("size", "Size of layer 1") };
  const seed = h("input", { type: "number", id: id("seed"), min: 0, max: 2 ** 32 - 1, step: 1, inputmode: "numeric" });
  const chart = (name, title, properties) => {
    const canvas = h("canvas", properties);
    const reading = h("span", { class: "fx-reading" });
    const figure = h("figure", { class: `fx-view ft-${name}` }, h("figcaption", {}, h("b", {}, title), reading), canvas);
    return { canvas, reading, figure };
  };
  const basins = chart("basins", "Where it starts", {
    tabindex: "0",
    role: "application",
    "aria-label": "Basins of the small map over step size and size of layer 1. Drag the starting point, or move it with the arrow keys.",
  });
  const plane = chart("plane", "Twelve updates", { role: "img", "aria-label": "Path of the small map" });
  const curve = chart("curve", "Output weight", { role: "img", "aria-label": "Output weight after each update" });
  const status = h("p", { role: "status", class: "fl-status" });
  const problem = h("p", { role: "alert", class: "fx-problem", hidden: true });
  const copyButton = h("button", { type: "button", onclick: () => copyLink(copyButton, model.address()) }, "Copy link");
  const root = h(
    "section",
    { class: "fx ft", "aria-label": "The throw" },
    h(
      "div",
      { class: "ft-controls" },
      controls.step.box,
      controls.size.box,
      h("label", { class: "fl-choice fl-number", for: id("seed") }, h("span", {}, "Network’s seed"), seed),
    ),
    h("div", { class: "ft-views" }, basins.figure, plane.figure, curve.figure),
    h(
      "p",
      { class: "fx-key" },
      h("span", { class: "ft-stays" }, "Stays on the plateau"),
      ", ",
      h("span", { class: "ft-lost" }, "lost"),
      ". Filled, solid: the small map. Open, dashed: the network of 64 and 64 neurons, trained in this page.",
    ),
    status,
    h("div", { class: "fx-group" }, copyButton),
    problem,
  );
  keepKeys(root);
  el.replaceChildren(root);

  const state = {};
  const view = painter(root, [basins.canvas, plane.canvas, curve.canvas], paint);
  const { worker, close } = startWorker(WORKER_SOURCE);
  const trained = new Map();
  const keyOf = () => THROW_KEYS.map((name) => state[name]).join("/");
  let asked = "";
  let timer = 0;
  let order = 0;

  // --- state -------------------------------------------------------------------------------

  function change(changes) {
    for (const [name, value] of Object.entries(changes)) {
      const [low, high] = LIMITS[name] ?? [0, 2 ** 32 - 1];
      const kept = Math.min(high, Math.max(low, value));
      model.set(name, name === "seed" ? kept : +kept.toFixed(3));
    }
    model.save_changes();
    view.schedule();
  }

  for (const name of ["step", "size"]) {
    controls[name].input.addEventListener("input", () => change({ [name]: +controls[name].input.value }));
  }
  seed.addEventListener("input", () => {
    const good = /^\d+$/.test(seed.value) && +seed.value < 2 ** 32;
    seed.setAttribute("aria-invalid", `${!good}`);
    if (good) change({ seed: +seed.value });
  });

  worker.onmessage = ({ data }) => {
    const { id: number_, ...found } = data;
    if (trained.size > 200) trained.clear();
    trained.set(waiting.get(number_), found);
    waiting.delete(number_);
    view.schedule();
  };
  worker.onerror = (event) => {
    trained.set(asked, { problem: event.message });
    view.schedule();
  };
  const waiting = new Map();

  /** Train the network of the state once the state rests. */
  function trainSoon() {
    const key = keyOf();
    if (key === asked) return;
    asked = key;
    clearTimeout(timer);
    if (trained.has(key)) return;
    timer = setTimeout(() => {
      order += 1;
      waiting.set(order, key);
      worker.postMessage({ id: order, ...state });
    }, TRAINED_AFTER);
  }

  // --- a frame -------------------------------------------------------------------------------

  function paint(theme) {
    for (const name of THROW_KEYS) state[name] = model.get(name);
    for (const name of ["step", "size"]) {
      const { input, output } = controls[name];
      if (+input.value !== state[name]) input.value = state[name];
      input.style.setProperty("--fx-filled", `${(100 * (state[name] - input.min)) / (input.max - input.min)}%`);
      write(output, state[name].toFixed(2));
      input.setAttribute("aria-valuetext", state[name].toFixed(2));
    }
    if (document.activeElement !== seed) seed.value = state.seed;
    const points = path(state.size, state.step);
    const kept = stays(state.size, state.step);
    const network = trained.get(keyOf());
    const colour = kept ? theme.plateau : theme.dead;
    drawBasins(theme, colour);
    drawPlane(theme, points, colour);
    drawCurve(theme, points, network, colour);
    say(points, kept, network);
    trainSoon();
  }

  function frameOf(canvas, theme, across, up, labels) {
    const { context, width, height } = prepare(canvas, theme);
    const x = linear(...across, PAD.left, width - PAD.right);
    const y = linear(...up, height - PAD.bottom, PAD.top);
    return { context, x, y, width, height, across, up, labels };
  }

  function axes({ context, x, y, width, height, across, up, labels }, theme) {
    context.fillStyle = theme.muted;
    context.textAlign = "center";
    for (const value of whole(across, 6)) context.fillText(written(value), x(value), height - PAD.bottom + 16);
    context.fillText(labels[0], (PAD.left + width - PAD.right) / 2, height - 6);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of whole(up, 6)) context.fillText(written(value), PAD.left - 6, y(value));
    context.textBaseline = "alphabetic";
    context.textAlign = "center";
    context.save();
    context.translate(12, (PAD.top + height - PAD.bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(labels[1], 0, 0);
    context.restore();
    context.strokeStyle = theme.axis;
    context.lineWidth = 1;
    context.strokeRect(PAD.left - 0.5, PAD.top - 0.5, width - PAD.left - PAD.right + 1, height - PAD.top - PAD.bottom + 1);
  }

  const pale = (theme, name) => `rgb(${mix(channels(theme.paper), channels(theme[name]), 0.28).join()})`;

  let kept = null;
  function basinsOf() {
    kept ??= Array.from({ length: GRID[1] }, (_, j) => {
      const size = LIMITS.size[0] + ((LIMITS.size[1] - LIMITS.size[0]) * (j + 0.5)) / GRID[1];
      const sharpness = curvature(startAt(size));
      return Array.from({ length: GRID[0] }, (__, i) =>
        stays(size, LIMITS.step[0] + ((LIMITS.step[1] - LIMITS.step[0]) * (i + 0.5)) / GRID[0], sharpness),
      );
    });
    return kept;
  }

  let frame = null;
  function drawBasins(theme, colour) {
    frame = frameOf(basins.canvas, theme, LIMITS.step, LIMITS.size, ["step size η λ₀", "size of layer 1"]);
    const { context, x, y, width, height } = frame;
    if (width === 0) return;
    const [w, hh] = [(width - PAD.left - PAD.right) / GRID[0], (height - PAD.top - PAD.bottom) / GRID[1]];
    const top = (j) => Math.round(height - PAD.bottom - j * hh);
    for (const [j, row] of basinsOf().entries()) {
      for (let i = 0; i < row.length; ) {
        let end = i;
        while (end < row.length && row[end] === row[i]) end += 1;
        context.fillStyle = pale(theme, row[i] ? "plateau" : "dead");
        context.fillRect(PAD.left + i * w, top(j + 1), (end - i) * w, top(j) - top(j + 1));
        i = end;
      }
    }
    axes(frame, theme);
    dot(context, x(state.step), y(state.size), 7, colour, theme);
    write(basins.reading, `η λ₀ ${state.step.toFixed(2)}, size ${state.size.toFixed(2)}`);
  }

  function drawPlane(theme, points, colour) {
    const flat = points.map(([r, w, sigma]) => [Math.min(w, sigma), r]).map((p) => p.map((v) => Math.min(99, Math.max(-99, v))));
    const least = (i, bound) => Math.min(bound, ...flat.map((p) => p[i])) - 0.3;
    const most = (i, bound) => Math.max(bound, ...flat.map((p) => p[i])) + 0.3;
    const made = frameOf(plane.canvas, theme, [least(0, 0), most(0, 4)], [least(1, -2.4), most(1, 2.4)], ["smaller of middle and first layer", "output weight"]);
    const { context, x, y, width, height } = made;
    if (width === 0) return;
    context.save();
    context.beginPath();
    context.rect(PAD.left, PAD.top, width - PAD.left - PAD.right, height - PAD.top - PAD.bottom);
    context.clip();
    context.fillStyle = pale(theme, "plateau");
    context.fillRect(0, 0, width, height);
    context.fillStyle = pale(theme, "dead");
    context.beginPath();
    for (const [u, v] of [[-200, 200], [0, 0], [200, -200], [200, -400], [-400, -400], [-400, 200]]) context.lineTo(x(u), y(v));
    context.fill();
    context.beginPath();
    for (const [u, v] of flat) context.lineTo(x(u), y(v));
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    context.stroke();
    flat.forEach(([u, v], k) => dot(context, x(u), y(v), k === 0 ? 6 : 4, colour, theme));
    context.fillStyle = theme.ink;
    context.textAlign = "left";
    flat.slice(0, 5).forEach(([u, v], k) => context.fillText(`${k}`, x(u) + 8, y(v) - 5));
    context.restore();
    axes(made, theme);
    const words = points.slice(0, 5).map(([r, w, sigma], k) => `${k}: ${number(r)} and ${number(Math.min(w, sigma))}`);
    plane.canvas.setAttribute("aria-label", `Path of the small map, output weight and smaller inner layer after each update: ${words.join(", ")}`);
  }

  function drawCurve(theme, points, network, colour) {
    const lines = [{ values: points.map(([r]) => r), dashed: false, colour }];
    if (network?.sums) lines.push({ values: network.sums, dashed: true, colour: theme[network.regime] });
    const clip = (value) => (Number.isFinite(value) ? Math.min(99, Math.max(-99, value)) : 99);
    const all = lines.flatMap(({ values }) => values.map(clip));
    const made = frameOf(curve.canvas, theme, [0, SHOWN], [Math.min(-2.4, ...all) - 0.2, Math.max(2.4, ...all) + 0.2], ["updates", "output weight"]);
    const { context, x, y, width } = made;
    if (width === 0) return;
    context.strokeStyle = theme.grid;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(PAD.left, y(0));
    context.lineTo(width - PAD.right, y(0));
    context.stroke();
    for (const { values, dashed, colour: own } of lines) {
      context.beginPath();
      values.forEach((value, k) => context.lineTo(x(k), y(clip(value))));
      context.strokeStyle = own;
      context.lineWidth = 2;
      context.setLineDash(dashed ? [6, 4] : []);
      context.stroke();
      context.setLineDash([]);
      values.forEach((value, k) => dot(context, x(k), y(clip(value)), 3.5, own, theme, dashed));
    }
    axes(made, theme);
    const words = lines.map(({ values, dashed }) => `${dashed ? "network" : "map"} ${number(values[SHOWN] ?? values.at(-1))}`).join(", ");
    write(curve.reading, `after ${SHOWN}: ${words}`);
    curve.canvas.setAttribute("aria-label", `Output weight after ${SHOWN} updates: ${words}`);
  }

  function dot(context, x, y, radius, colour, theme, open = false) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = open ? theme.paper : colour;
    context.fill();
    context.strokeStyle = open ? colour : theme.paper;
    context.lineWidth = open ? 1.5 : 1;
    context.stroke();
  }

  let spoken = 0;
  function say(points, keptOn, network) {
    const [r, w, sigma] = points[SHOWN];
    const answer = number(r * w * sigma);
    const map = `Small map at η λ₀ ${state.step.toFixed(2)}, size ${state.size.toFixed(2)}: ${keptOn ? "it stays on the plateau" : "it is lost"}, slope ${answer} after ${SHOWN} updates (best ${number(BEST)}).`;
    const beside = network?.regime
      ? ` The network, learning rate ${rateText(+network.rate.toPrecision(3))}: ${network.regime}, final cost ${number(network.finalCost)}.`
      : network?.problem
        ? ""
        : " The network is being trained.";
    clearTimeout(spoken);
    if (network || !status.textContent) write(status, map + beside);
    else spoken = setTimeout(() => write(status, map + beside), 350);
    const trouble = network?.problem ? `It could not be trained here: ${network.problem}.` : model.get("problem") ?? "";
    write(problem, trouble);
    problem.hidden = !trouble;
    copyButton.hidden = !model.address;
    root.dataset.path = points.flat().join();
    root.dataset.sharpness = curvature(startAt(state.size));
    root.dataset.sums = network?.sums?.join() ?? "";
  }

  // --- dragging --------------------------------------------------------------------------------

  const { canvas } = basins;
  const moveTo = (event) => {
    const outer = canvas.getBoundingClientRect();
    change({ step: frame.x.invert(event.clientX - outer.left), size: frame.y.invert(event.clientY - outer.top) });
  };
  let touched = null; // where a finger came down, until it is known to draw: up or down it scrolls the page
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    touched = event.pointerType === "touch" ? [event.clientX, event.clientY] : null;
    if (!touched) moveTo(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    if (touched) {
      const [across, up] = [Math.abs(event.clientX - touched[0]), Math.abs(event.clientY - touched[1])];
      if (across < DRAWN || across < up) return;
      touched = null;
    }
    moveTo(event);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (touched) moveTo(event);
    touched = null;
  });
  canvas.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? 0.1 : 0.01;
    const move = { ArrowLeft: ["step", -by], ArrowRight: ["step", by], ArrowUp: ["size", by], ArrowDown: ["size", -by] }[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    change({ [move[0]]: state[move[0]] + move[1] });
  });

  // --- what happens around -----------------------------------------------------------------------

  for (const key of [...THROW_KEYS, "problem"]) model.on(`change:${key}`, view.schedule);
  return () => {
    for (const key of [...THROW_KEYS, "problem"]) model.off(`change:${key}`, view.schedule);
    clearTimeout(timer);
    clearTimeout(spoken);
    view.close();
    close();
  };
}

/** Whole numbers within a range, at most so many. */
function whole([low, high], most) {
  const step = Math.max(1, Math.ceil((high - low) / most));
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, k) => first + k * step);
}

const written = (value) => `${value}`.replace("-", "−");
