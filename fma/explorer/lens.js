// The lens: the map of endings, to go into. One component for two hosts, as the explorer.

import { channels, mark, number, prepare, wholeNumber } from "./draw.js";
import { createField, lookAt, nearestBorder, paintField, tally } from "./lens-field.js";
import { AXES, LEGEND, LENS_DEFAULTS, LENS_ENDINGS, LENS_KEYS, NETWORKS, atTheEnd, fitWindow, wholeMap } from "./lens-state.js";
import { copyLink, h, keepKeys, painter, whenReached, write } from "./parts.js";

const PAD = { left: 58, right: 12, top: 8, bottom: 44 };
const DRAGGED = 6; // pixels that make a rectangle
const STEP = 10; // times closer, into the border

let lenses = 0; // on this page, so that ids differ

export function render({ model, el }) {
  lenses += 1;
  const id = (name) => `fma-lens${lenses}-${name}`;
  const button = (words, act, label) => h("button", { type: "button", onclick: act, "aria-label": label }, words);
  const choice = (name, label, options) =>
    h(
      "label",
      { class: "fl-choice", for: id(name) },
      h("span", {}, label),
      h("select", { id: id(name) }, ...Object.entries(options).map(([value, words]) => h("option", { value }, words))),
    );
  const whole = (name, label, min, max) =>
    h(
      "label",
      { class: "fl-choice fl-number", for: id(name) },
      h("span", {}, label),
      h("input", { type: "number", id: id(name), min, max, step: 1, inputmode: "numeric" }),
    );

  const canvas = h("canvas", {
    class: "fl-map",
    tabindex: "0",
    role: "application",
    "aria-label": "Map of endings. Arrow keys move, plus and minus zoom, Enter goes into the border, Backspace goes back.",
    "aria-describedby": id("reading"),
  });
  const box = h("div", { class: "fl-box", hidden: true, "aria-hidden": "true" });
  const reading = h("p", { class: "fx-key fl-reading", id: id("reading") });
  const status = h("p", { role: "status", class: "fl-status" });
  const problem = h("p", { role: "alert", class: "fx-problem", hidden: true });
  const legend = h("ul", { class: "fx-legend fl-legend" });
  const controls = {
    network: choice("network", "Network", NETWORKS),
    axis: choice("axis", "Up the side", Object.fromEntries(Object.entries(AXES).map(([name, { label }]) => [name, label]))),
    width: whole("width", "Width", 1, 160),
    seed: whole("seed", "Seed", 0, 2 ** 32 - 1),
    other: whole("other", "to seed", 0, 2 ** 32 - 1),
  };
  const backButton = button("Back", () => back());
  const stopButton = button("Stop", () => toggleWork());
  const copyButton = button("Copy link", () => copyLink(copyButton, model.address()));
  const borderButton = button("Into the border", () => intoBorder());
  const root = h(
    "section",
    { class: "fx fl", "aria-label": "The border under a lens" },
    h("div", { class: "fl-controls" }, ...Object.values(controls)),
    h("div", { class: "fl-frame" }, canvas, box),
    reading,
    h(
      "div",
      { class: "fx-group" },
      borderButton,
      button("+", () => zoom(0.5), "Closer"),
      button("−", () => zoom(2), "Farther"),
      backButton,
      button("Whole map", () => go(wholeMap(state.axis))),
      stopButton,
      copyButton,
    ),
    legend,
    status,
    problem,
  );
  keepKeys(root);
  el.replaceChildren(root);

  const state = {};
  const read = () => LENS_KEYS.forEach((key) => (state[key] = model.get(key)));
  read();
  const lens = createField(() => view.schedule());
  const marks = LENS_ENDINGS.map((name) => {
    const sign = h("canvas", { class: "fx-mark", "aria-hidden": "true" });
    const words = h("span", {}, name);
    const item = h("li", {}, sign, words);
    legend.append(item);
    return { name, sign, words, item };
  });
  const view = painter(root, [canvas, ...marks.map(({ sign }) => sign)], paint);

  let field = null;
  let shown = "";
  let pinned = null; // shares of the window
  let hover = null;
  let pinch = null;
  let drag = null;
  const history = [];

  // --- state -------------------------------------------------------------------------------

  /** Look at something else: the change is kept for Back. */
  function go(changes, { forget = false } = {}) {
    const before = { ...state };
    const wanted = { ...state, ...changes };
    const after = { ...wanted, ...fitWindow(wanted) };
    if (LENS_KEYS.every((key) => after[key] === before[key])) return;
    if (!forget) history.push(before);
    LENS_KEYS.forEach((key) => model.set(key, after[key]));
    model.save_changes();
    follow();
  }

  function back() {
    const before = history.pop();
    if (before) go(before, { forget: true });
  }

  /** Begin the picture of the state, if it is another. */
  function follow() {
    read();
    const words = JSON.stringify(state);
    if (words === shown) return;
    shown = words;
    pinned = hover = null;
    field = lens.open(state);
    view.schedule();
  }

  const span = () => [state.rate_high - state.rate_low, state.high - state.low];

  /** The part of the window between two points, given as shares of it. */
  const part = ([x0, y0], [x1, y1]) => {
    const [across, up] = span();
    return {
      rate_low: state.rate_low + Math.min(x0, x1) * across,
      rate_high: state.rate_low + Math.max(x0, x1) * across,
      low: state.low + Math.min(y0, y1) * up,
      high: state.low + Math.max(y0, y1) * up,
    };
  };

  /** Make the window `factor` times as wide, keeping a point of it where it is. */
  const zoom = (factor, [x, y] = pinned ?? [0.5, 0.5]) =>
    go(part([x - factor * x, y - factor * y], [x + factor * (1 - x), y + factor * (1 - y)]));
  const pan = (right, up) => go(part([right, up], [1 + right, 1 + up]));

  function intoBorder() {
    const point = nearestBorder(field, ...(pinned ?? []));
    if (!point) return;
    const half = 0.5 / STEP;
    go(part([point[0] - half, point[1] - half], [point[0] + half, point[1] + half]));
  }

  function toggleWork() {
    if (field.stopped || field.complete) {
      shown = "";
      follow();
    } else lens.stop();
  }

  for (const name of ["network", "axis"]) {
    const select = controls[name].querySelector("select");
    select.addEventListener("change", () => go({ [name]: select.value, ...(name === "axis" ? wholeMap(select.value) : {}) }));
  }
  for (const name of ["width", "seed", "other"]) {
    const input = controls[name].querySelector("input");
    input.addEventListener("input", () => {
      const good = /^\d+$/.test(input.value) && +input.value >= input.min && +input.value <= input.max;
      input.setAttribute("aria-invalid", `${!good}`);
      if (good) go({ [name]: +input.value });
    });
  }

  // --- pointer and keys ----------------------------------------------------------------------

  const inner = () => ({
    left: PAD.left,
    top: PAD.top,
    width: Math.max(1, canvas.box.width - PAD.left - PAD.right),
    height: Math.max(1, canvas.box.height - PAD.top - PAD.bottom),
  });

  /** Where an event is, as shares of the window, within it. */
  function at(event) {
    const { left, top, width, height } = inner();
    const outer = canvas.getBoundingClientRect();
    const clip = (value) => Math.min(1, Math.max(0, value));
    return [clip((event.clientX - outer.left - left) / width), clip(1 - (event.clientY - outer.top - top) / height)];
  }

  const pointers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    if (pointers.size === 2) {
      drag = null;
      box.hidden = true;
      pinch = { from: [...pointers.values()] };
    } else if (pointers.size === 1) drag = { from: at(event), start: [event.clientX, event.clientY], touch: event.pointerType === "touch" };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, at(event));
    if (pinch) view.schedule();
    else if (drag && !drag.touch) showBox(event);
    if (event.pointerType !== "touch") hover = at(event);
    view.schedule();
  });
  canvas.addEventListener("pointerup", (event) => {
    pointers.delete(event.pointerId);
    if (pinch) {
      const window = pinchWindow();
      pinch = null;
      if (window) go(window);
    } else if (drag) {
      const moved = Math.max(Math.abs(event.clientX - drag.start[0]), Math.abs(event.clientY - drag.start[1]));
      const { from, touch } = drag;
      const to = at(event);
      if (moved < DRAGGED) pinned = to;
      else if (!touch && from[0] !== to[0] && from[1] !== to[1]) go(part(from, to));
    }
    drag = null;
    box.hidden = true;
    view.schedule();
  });
  canvas.addEventListener("pointercancel", (event) => {
    pointers.delete(event.pointerId);
    drag = pinch = null;
    box.hidden = true;
    view.schedule();
  });
  canvas.addEventListener("pointerleave", () => {
    hover = null;
    view.schedule();
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return; // a pinch on a trackpad; without it the page scrolls
      event.preventDefault();
      zoom(event.deltaY < 0 ? 0.5 : 2, at(event));
    },
    { passive: false },
  );

  /** The window that brings what was under two fingers under where they are. */
  function pinchWindow() {
    const [a, b] = pinch.from;
    const [c, d] = pinch.to ?? pinch.from;
    const size = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1]);
    if (!pinch.to || size(c, d) < 0.02) return null;
    const factor = Math.min(20, Math.max(0.05, size(a, b) / size(c, d)));
    const middle = (p, q) => [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2];
    const [before, after] = [middle(a, b), middle(c, d)];
    const corner = before.map((value, i) => value - factor * after[i]);
    return part(corner, corner.map((value) => value + factor));
  }

  function showBox(event) {
    const { left, top, width, height } = inner();
    const to = at(event);
    const [x0, x1] = [drag.from[0], to[0]].sort((p, q) => p - q);
    const [y0, y1] = [1 - drag.from[1], 1 - to[1]].sort((p, q) => p - q);
    box.hidden = false;
    Object.assign(box.style, {
      left: `${left + x0 * width}px`,
      top: `${top + y0 * height}px`,
      width: `${(x1 - x0) * width}px`,
      height: `${(y1 - y0) * height}px`,
    });
  }

  const KEYS = {
    ArrowLeft: () => pan(-0.25, 0),
    ArrowRight: () => pan(0.25, 0),
    ArrowUp: () => pan(0, 0.25),
    ArrowDown: () => pan(0, -0.25),
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    Enter: intoBorder,
    Backspace: back,
    Home: () => go(wholeMap(state.axis)),
    Escape: () => !field.stopped && !field.complete && lens.stop(),
  };
  canvas.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });

  // --- the picture -----------------------------------------------------------------------------

  let image = null;
  const buffer = document.createElement("canvas");

  function paint(theme) {
    if (!field) return;
    showControls();
    if (pinch && pointers.size === 2) pinch.to = [...pointers.values()];
    const { context, width, height } = prepare(canvas, theme);
    if (width > 0) draw(context, width, height, theme);
    const shares = sharesOf(tally(field));
    for (const [code, { name, sign, words, item }] of marks.entries()) {
      item.hidden = !LEGEND[state.network].includes(name);
      const { context: small, width: w, height: hh } = prepare(sign, theme);
      if (w > 0) mark(small, name, w / 2, hh / 2, Math.min(w, hh) / 2 - 3, theme[name]);
      write(words, `${name} ${shares[code]}`);
    }
    showWords(shares);
  }

  /** How large a part ended which way, in words; nothing before anything is known. */
  function sharesOf(counts) {
    const all = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => {
      if (!all) return "";
      const percent = (100 * count) / all;
      return count && percent < 1 ? "below 1 %" : `${Math.round(percent)} %`;
    });
  }

  function draw(context, width, height, theme) {
    const finest = field.levels.at(-1);
    if (buffer.width !== finest.columns || buffer.height !== finest.rows || !image) {
      Object.assign(buffer, { width: finest.columns, height: finest.rows });
      image = buffer.getContext("2d").createImageData(finest.columns, finest.rows);
    }
    paintField(field, image, LENS_ENDINGS.map((name) => channels(theme[name])), channels(theme.idle));
    buffer.getContext("2d").putImageData(image, 0, 0);
    const area = inner();
    context.save();
    context.beginPath();
    context.rect(area.left, area.top, area.width, area.height);
    context.clip();
    context.imageSmoothingEnabled = false;
    let target = [area.left, area.top, area.width, area.height];
    const window = pinch?.to && pinchWindow();
    if (window) {
      const [across, up] = span();
      const [w, hh] = [(area.width * across) / (window.rate_high - window.rate_low), (area.height * up) / (window.high - window.low)];
      const left = area.left - (w * (window.rate_low - state.rate_low)) / across;
      const top = area.top + area.height - hh + (hh * (window.low - state.low)) / up;
      target = [left, top, w, hh];
    }
    context.drawImage(buffer, ...target);
    context.restore();
    context.strokeStyle = theme.axis;
    context.lineWidth = 1;
    context.strokeRect(area.left - 0.5, area.top - 0.5, area.width + 1, area.height + 1);
    drawAxes(context, area, width, height, theme);
    if (pinned) drawPin(context, area, theme);
  }

  function drawPin(context, area, theme) {
    const [x, y] = [area.left + pinned[0] * area.width, area.top + (1 - pinned[1]) * area.height];
    for (const [colour, radius] of [[theme.paper, 7], [theme.ink, 5]]) {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.stroke();
    }
  }

  function drawAxes(context, area, width, height, theme) {
    const narrow = area.width < 340;
    context.fillStyle = theme.muted;
    context.strokeStyle = theme.axis;
    const bottom = area.top + area.height;
    const across = ticks(state.rate_low, state.rate_high, narrow ? 3 : 5);
    context.textAlign = "center";
    for (const { share: x, words } of across.list) {
      const to = area.left + x * area.width;
      context.fillRect(Math.round(to), bottom + 1, 1, 4);
      const half = context.measureText(words).width / 2;
      context.fillText(words, Math.min(Math.max(to, area.left + half - 20), width - half), bottom + 18);
    }
    context.fillText(`learning rate${across.unit}`, area.left + area.width / 2, height - 6);
    const label = state.axis === "way" ? `way from seed ${state.seed} to ${state.other}` : AXES[state.axis].label;
    const up = ticks(state.low, state.high, 5, state.axis === "width");
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const { share: y, words } of up.list) {
      const to = bottom - y * area.height;
      context.fillRect(area.left - 5, Math.round(to), 4, 1);
      context.fillText(words, area.left - 8, to);
    }
    context.textBaseline = "alphabetic";
    context.textAlign = "center";
    context.save();
    context.translate(11, area.top + area.height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(`${label}${up.unit}`, 0, 0);
    context.restore();
  }

  // --- words -----------------------------------------------------------------------------------

  function showControls() {
    for (const name of ["network", "axis"]) controls[name].querySelector("select").value = state[name];
    for (const name of ["width", "seed", "other"]) {
      const input = controls[name].querySelector("input");
      if (document.activeElement !== input) input.value = state[name];
    }
    controls.width.hidden = state.axis === "width";
    controls.other.hidden = state.axis !== "way";
    backButton.disabled = history.length === 0;
    borderButton.disabled = !nearestBorder(field);
    copyButton.hidden = !model.address;
    const words = field.stopped ? "Go on" : "Stop";
    write(stopButton, words);
    stopButton.disabled = field.complete && !field.stopped;
    const trouble = field.problem ? `It could not be trained here: ${field.problem}.` : model.get("problem") ?? "";
    write(problem, trouble);
    problem.hidden = !trouble;
  }

  let said = "";
  function showWords(shares) {
    const place = hover ?? pinned;
    const found = place && lookAt(field, ...place);
    const across = number((LENS_DEFAULTS.rate_high - LENS_DEFAULTS.rate_low) / span()[0]);
    const end = atTheEnd(state) ? " Here float64 ends: the neighbour of each column is its next number." : "";
    write(
      reading,
      found
        ? `Learning rate ${found.rate}, ${nameOf(found.value)}: ${LENS_ENDINGS[found.code]}, final cost ${number(found.cost)}.`
        : `Magnified ${across} times, middle ${middle()}.${end} Drag a rectangle, pinch, or go into the border.`,
    );
    const stage = field.complete ? "done" : field.stopped ? "stopped" : field.first ? "first" : "";
    const key = `${shown}/${stage}`;
    if (!stage || key === said) return;
    said = key;
    const where = `Learning rate ${short(state.rate_low, state.rate_high)}, ${AXES[state.axis].label} ${short(state.low, state.high)}`;
    const told = LEGEND[state.network].map((name) => `${shares[LENS_ENDINGS.indexOf(name)]} ${name}`).join(", ");
    const work = { done: "", stopped: " so far, stopped", first: " so far" }[stage];
    write(
      status,
      `${where}: ${told}. ${wholeNumber(field.trained)} networks trained in ${(field.took / 1000).toFixed(1)} s${work}, on ${lens.cores} ${lens.cores === 1 ? "core" : "cores"}.`,
    );
    root.dataset.first = field.first.toFixed(0);
  }

  /** The middle of the window, in as few digits as tell its columns apart. */
  const middle = () => {
    const [across, up] = span();
    const [rate, value] = [state.rate_low + across / 2, state.low + up / 2];
    return `${+rate.toPrecision(digitsOf(rate, across))} and ${+value.toPrecision(digitsOf(value, up))}`;
  };

  const nameOf = (value) => {
    const axis = state.axis === "width" ? Math.floor(value + 0.5) : value;
    return `${state.axis === "way" ? "way" : AXES[state.axis].label} ${axis}`;
  };

  // --- what happens around -----------------------------------------------------------------------

  const changed = () => queueMicrotask(follow);
  for (const key of LENS_KEYS) model.on(`change:${key}`, changed);
  model.on("change:problem", view.schedule);
  // It trains while it is on the screen, once it has come to the middle of it or is reached for.
  let seen = false;
  let reached = false;
  const pause = () => lens.pause(!seen || !reached);
  const sight = new IntersectionObserver((entries) => {
    seen = entries.at(-1).isIntersecting;
    pause();
  }, { rootMargin: "300px" });
  const middleOfScreen = new IntersectionObserver((entries) => entries.at(-1).isIntersecting && reach(), { rootMargin: "-20% 0px" });
  const reach = () => {
    reached = true;
    middleOfScreen.disconnect();
    pause();
  };
  pause();
  follow();
  sight.observe(root);
  middleOfScreen.observe(root);
  whenReached(root, reach);
  return () => {
    sight.disconnect();
    middleOfScreen.disconnect();
    for (const key of LENS_KEYS) model.off(`change:${key}`, changed);
    model.off("change:problem", view.schedule);
    view.close();
    lens.close();
  };
}

/** How many digits of a value tell a thousandth of a span. */
const digitsOf = (value, span) => Math.min(17, Math.max(2, Math.ceil(Math.log10(Math.abs(value) / span || 1)) + 3));

/** The ends of a range, in so many digits. */
function short(low, high) {
  const digits = digitsOf(Math.max(Math.abs(low), Math.abs(high)), high - low);
  return `${+low.toPrecision(digits)} to ${+high.toPrecision(digits)}`;
}

/**
 * Ticks of an axis, { list: [{ share, words }], unit }. Where the window is narrow they count from its
 * middle, in the unit that `unit` names.
 */
function ticks(low, high, most, whole = false) {
  const span = high - low;
  const narrow = span < 1e-2 * Math.max(Math.abs(low), Math.abs(high));
  const origin = narrow ? low + span / 2 : 0;
  const power = Math.floor(Math.log10(span));
  const unit = 10 ** power;
  let step = unit * ([0.2, 0.25, 0.5, 1, 2, 5].find((m) => span / (m * unit) <= most) ?? 10);
  if (whole) step = Math.max(1, Math.round(step));
  const list = [];
  for (let k = Math.ceil((low - origin) / step - 1e-9); k * step <= high - origin + 1e-9 * step; k += 1) {
    const value = k * step;
    list.push({ share: (value - (low - origin)) / span, words: tickWords(narrow ? value / unit : value, narrow) });
  }
  return { list, unit: narrow ? `, × 1e−${-power}` : "" };
}

function tickWords(value, signed) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const exponent = !signed && (size < 1e-2 || size >= 1e4);
  const words = exponent ? (+size.toPrecision(3)).toExponential().replace("-", "−") : `${+size.toPrecision(3)}`;
  return `${value < 0 ? "−" : signed ? "+" : ""}${words}`;
}
