// The explorer: one component for two hosts, Jupyter (as an anywidget) and the static book (mount.js).
// It reads and writes its whole state through `model`, the contract of anywidget: get, set,
// save_changes, on, off. A host may add `address()`, the link to what is shown, and `drawn()`, which
// is called once the first picture is there.

import { REGIME_NAMES, measured, number, rateText, readTheme, whenIdle, wholeNumber } from "./draw.js";
import { GUESSES, answer, question, until } from "./guess.js";
import { buildPage } from "./page.js";
import { copyLink, h, watchTheme, write } from "./parts.js";
import { createRuns } from "./runs.js";
import { LARGEST_SEED, RATES, RECIPES, SEEDS, STATE_KEYS, WIDTHS, drive, driven, runOf, tidyRate } from "./state.js";
import {
  drawCurves, drawGauge, drawMap, drawMark, drawNeurons, drawSurface, epochScale, indexAt, mapScales, neuronOrder,
  reading, surfaceError,
} from "./views.js";

const SIDES = ["a", "b"];
const BLOCKS = ["W1", "W2", "W3"];
const CURVES = {
  cost: (record) => record.cost,
  z2: (record) => record.z2Max,
  dw1: (record) => record.norms?.[0],
  dw2: (record) => record.norms?.[1],
  dw3: (record) => record.norms?.[2],
};
const DIVERGING = 1e4; // pre-activations beyond this do not stretch the scale of the others
const SPOKEN_AFTER = 350; // ms without a change before a drag is announced
const AUTOMATIC = 1000; // epochs up to which a run is trained unasked
const TRAINED_AFTER = 120; // ms without a change before a run is trained
const BUDGET = 12; // ms of a frame for drawing: the curve always, the other views as far as it goes
const REVEALED_IN = 1500; // ms in which a curve that was guessed is drawn on

export function render({ model, el }) {
  const parts = buildPage();
  el.replaceChildren(parts.root);
  const ui = {
    state: {}, hover: null, pointing: null, theme: null, map: null, mapCache: {}, pixels: {}, drawn: new Map(),
    begun: false, // whether the curve has been drawn
    awake: false, // whether the browser has had time, or the reader has come: then runs are trained
    guess: null, // { key, epoch, chosen, since }: what was asked, and once it is answered, when
  };
  const cleanups = [];
  const runs = createRuns(schedule);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // --- state -------------------------------------------------------------------------------

  function readState() {
    for (const key of STATE_KEYS) ui.state[key] = model.get(key);
  }

  function change(changes) {
    let changed = false;
    for (const [key, value] of Object.entries(changes)) {
      if (model.get(key) === value) continue;
      model.set(key, value);
      changed = true;
    }
    if (!changed) return;
    model.save_changes();
    schedule();
  }

  const control = (name, value) => change(drive(ui.state, name, value));

  // --- a frame -----------------------------------------------------------------------------

  let frame = 0;
  let again = false;
  let closed = false;

  /** Paint once the present event has been dealt with, and at most once more before the next frame. */
  function schedule() {
    if (frame) {
      again = true;
      return;
    }
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (again) paint();
    });
    queueMicrotask(paint);
  }

  function paint() {
    if (closed) return;
    again = false;
    ui.deadline = performance.now() + BUDGET;
    ui.unfinished = false;
    readState();
    if (!ui.theme?.paper) ui.theme = readTheme(parts.root); // it has none until it is on the page
    const { state, theme } = ui;
    const known = SIDES.map((side) => {
      const run = runOf(state, side);
      return { name: side.toUpperCase(), side, run, dashed: side === "b", ...runs.look(run) };
    });
    followGuess(known[1]);
    const shown = known.map((one) => {
      const record = one.side === "b" ? asGuessed(one) : one.record;
      return { ...one, record, colour: record.regime ? theme[record.regime] : theme.muted };
    });
    const last = Math.max(...shown.map(({ run }) => run.epochs)) - 1;
    const at = Math.min(last, ui.hover ?? state.epoch ?? last);
    ui.shown = shown;
    ui.last = last;
    ui.at = at;
    showMode();
    showControls(shown, at);
    showCards(shown);
    showCurves(shown, at, last);
    showGuess(known[1]);
    if (state.mode === "full") {
      showNeurons(shown, at, last);
      showSurfaces(shown, at);
      showMap(shown);
      showGauge(shown);
      showTable(shown, at);
    }
    showActions(shown);
    announce(shown);
    trainSoon(shown);
    if (ui.unfinished) schedule();
    if (ui.begun || parts.cost.box.width === 0) return;
    ui.begun = true;
    model.drawn?.();
  }

  /** Run `draw` only if what it depends on has changed since the last time. */
  function redraw(name, dependencies, draw) {
    const canvas = parts[name];
    const all = [...dependencies, ui.theme, canvas.box.width, canvas.box.height, canvas.box.ratio];
    const before = ui.drawn.get(name);
    if (before?.length === all.length && before.every((value, i) => Object.is(value, all[i]))) return false;
    if (name !== "cost" && performance.now() > ui.deadline) {
      ui.unfinished = true; // in the next frame
      return false;
    }
    ui.drawn.set(name, all);
    if (canvas.box.width > 0) draw(canvas);
    return true;
  }

  // --- simple or full ----------------------------------------------------------------------

  function showMode() {
    const full = ui.state.mode === "full";
    attribute(parts.root, "data-mode", ui.state.mode);
    attribute(parts.more, "aria-expanded", `${full}`);
    text("more", full ? "Less" : "More");
    parts.settings.hidden = !full;
    parts.views.hidden = !full;
  }

  parts.more.addEventListener("click", () => change({ mode: ui.state.mode === "full" ? "simple" : "full" }));

  // --- a guess first -----------------------------------------------------------------------

  /** Begin a guess that the state asks for; end it without an answer if something else was moved. */
  function followGuess({ key, record }) {
    const { guess: epoch, mode } = ui.state;
    const open = ui.guess && ui.guess.since === null;
    if (open && (ui.guess.key !== key || mode === "full" || epoch === null)) endGuess(null);
    else if (epoch !== null && !open && mode !== "full" && record.count > epoch) {
      ui.guess = { key, epoch, chosen: null, since: null };
    } else if (epoch !== null && mode === "full") endGuess(null);
  }

  function endGuess(chosen) {
    if (model.defaults) model.defaults.guess = null; // neither Back nor the start asks it again
    if (ui.guess) Object.assign(ui.guess, { chosen, since: performance.now() });
    change({ guess: null });
    ui.state.guess = null;
  }

  /** B's record as far as it may be seen. */
  function asGuessed({ key, record }) {
    const { guess } = ui;
    if (ui.state.guess !== null) return until(record, ui.state.guess);
    if (!guess?.chosen || guess.key !== key || calm.matches) return record;
    const share = (performance.now() - guess.since) / REVEALED_IN;
    if (share >= 1) return record;
    schedule();
    const last = record.epochs[record.count - 1] ?? 0;
    return { ...record, count: until(record, guess.epoch + share * (last - guess.epoch)).count };
  }

  function showGuess({ key, run, record }) {
    const { guess } = ui;
    parts.guess.hidden = !guess;
    if (!guess) return;
    if (guess.key === key && record.count > guess.epoch) {
      guess.words = guess.since === null ? question(run, record, guess.epoch) : answer(run, record, guess.epoch, guess.chosen);
    }
    text("question", guess.words);
    parts.guess.classList.toggle("fx-past", guess.key !== key); // its room stays, so that no slider moves away
    parts.guesses.hidden = guess.since !== null;
  }

  for (const name of Object.keys(GUESSES)) {
    parts[name].addEventListener("click", () => {
      endGuess(name);
      paint();
      parts.question.focus({ preventScroll: true });
    });
  }

  // --- controls ----------------------------------------------------------------------------

  function showControls(shown, at) {
    const { state } = ui;
    const first = shown.find(({ side }) => driven(state).includes(side)).run;
    const both = state.controls === "both";
    for (const name of [...SIDES, "both"]) parts[`controls_${name}`].checked = state.controls === name;
    for (const side of SIDES) parts[`card_${side}`].classList.toggle("fx-driven", driven(state).includes(side));
    const pair = (pick) => (both ? shown.map(({ run }) => pick(run)).join(" and ") : pick(first));
    setRange("width", first.width, pair((run) => `${run.width}`));
    setRange("seed", Math.min(SEEDS.high, Math.max(SEEDS.low, first.seed)), pair((run) => `${run.seed}`));
    setRange("learning_rate", Math.log10(first.learningRate).toFixed(2), pair((run) => rateText(run.learningRate)));
    setRange("slope", first.slope, pair((run) => `${run.slope}`));
    if (document.activeElement !== parts.typed_seed) setValue(parts.typed_seed, first.seed);
    setValue(parts.recipe, first.recipe);
    const { epoch } = parts;
    if (+epoch.max !== ui.last) epoch.max = ui.last;
    setValue(epoch, at);
    attribute(epoch, "aria-valuetext", at === ui.last ? `${at}, the last` : `${at}`);
    text("epoch_text", wholeNumber(at));
    attribute(parts.scale, "aria-pressed", `${state.scale === "linear"}`);
  }

  function setRange(name, value, words) {
    setValue(parts[name], value);
    text(`${name}_text`, words);
    attribute(parts[name], "aria-valuetext", words);
    const { min, max } = parts[name];
    parts[name].style.setProperty("--fx-filled", `${(100 * (value - min)) / (max - min)}%`);
  }

  function setValue(element, value) {
    if (element.value !== `${value}`) element.value = value;
  }

  function attribute(element, name, value) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  function text(name, words) {
    write(parts[name], words);
  }

  for (const name of ["width", "seed"]) {
    parts[name].addEventListener("input", () => control(name, +parts[name].value));
  }
  parts.slope.addEventListener("input", () => control("slope", +parts.slope.value));
  parts.learning_rate.addEventListener("input", () => {
    const rate = Math.min(RATES.high, Math.max(RATES.low, 10 ** parts.learning_rate.value));
    control("learning_rate", tidyRate(rate));
  });
  parts.recipe.addEventListener("change", () => control("recipe", parts.recipe.value));
  parts.typed_seed.addEventListener("input", () => {
    const { value } = parts.typed_seed;
    const good = /^\d+$/.test(value) && +value <= LARGEST_SEED;
    attribute(parts.typed_seed, "aria-invalid", `${!good}`);
    if (good) control("seed", +value);
  });
  parts.typed_seed.addEventListener("blur", () => {
    attribute(parts.typed_seed, "aria-invalid", "false");
    schedule();
  });
  for (const name of [...SIDES, "both"]) {
    parts[`controls_${name}`].addEventListener("change", () => change({ controls: name }));
  }
  for (const side of SIDES) {
    parts[`card_${side}`].addEventListener("click", () => change({ controls: side }));
  }
  parts.epoch.addEventListener("input", () => pin(+parts.epoch.value));
  parts.scale.addEventListener("click", () => change({ scale: ui.state.scale === "log" ? "linear" : "log" }));

  const pin = (epoch) => {
    ui.hover = null;
    change({ epoch: epoch >= ui.last ? null : Math.max(0, Math.round(epoch)) });
  };

  // --- the two runs ------------------------------------------------------------------------

  function showCards(shown) {
    const asked = ui.state.guess !== null;
    for (const { side, run, record, progress, colour } of shown) {
      const { regime } = record;
      const plain = run.recipe === "table" && ui.state.mode === "simple";
      const graft = run.graft ? `, ${blocksOf(run.graft.blocks).join(" and ")} of A` : "";
      const settings = `${plain ? "" : `, ${run.recipe}`}${ownSettings(run)}${graft}`;
      text(`what_${side}`, `${run.width} ${run.width === 1 ? "neuron" : "neurons"}, seed ${run.seed}${settings}`);
      text(`regime_${side}`, regime ?? (side === "b" && asked ? "what next?" : progress ? `epoch ${progress.epoch}` : "not trained yet"));
      text(`cost_${side}`, regime ? `final cost ${finalText(run, record)}` : progress && !asked ? "training…" : "");
      text(`when_${side}`, regime ? WHEN[RECIPES[run.recipe].after] : "");
      text(`ending_${side}`, ENDINGS[record.ending] ?? "");
      attribute(parts[`card_${side}`], "data-regime", regime ?? "");
      redraw(`mark_${side}`, [regime, colour], (canvas) => drawMark(canvas, { regime, colour, theme: ui.theme }));
    }
  }

  function showCurves(shown, at, last) {
    for (const [name, pick] of Object.entries(CURVES)) {
      const series = shown
        .filter(({ record }) => record.count > 0 && pick(record))
        .map(({ name: label, record, colour, dashed }) => ({
          name: label, epochs: record.epochs, y: pick(record), count: record.count, colour, dashed,
        }));
      const kind = name === "z2" ? "symlog" : name === "cost" ? ui.state.scale : "log";
      const settled = kind === "linear" ? 10 : 0;
      const depends = [kind, at, last, ...series.flatMap(({ y, count, colour, dashed }) => [y, count, colour, dashed])];
      const drawn = redraw(name, depends, (canvas) =>
        drawCurves(canvas, { series, kind, last, at, theme: ui.theme, settled, compact: name !== "cost" }),
      );
      if (!drawn) continue;
      const words = shown.map((one) => (pick(one.record) ? reading(one, pick, at) : `${one.name} –`));
      text(`${name}_reading`, words.join("  "));
      scrubbed(name, at, last, words.join(", "));
    }
  }

  function scrubbed(name, at, last, words) {
    attribute(parts[name], "aria-valuemin", "0");
    attribute(parts[name], "aria-valuemax", `${last}`);
    attribute(parts[name], "aria-valuenow", `${at}`);
    attribute(parts[name], "aria-valuetext", `epoch ${at}: ${words}`);
  }

  function showNeurons(shown, at, last) {
    const top = Math.max(2, ...shown.map(({ detail }) => (detail ? settledTop(detail) : 0)));
    for (const { side, name, detail, dashed } of shown) {
      const view = `neurons_${side}`;
      const drawn = redraw(view, [detail, detail?.count, at, last, top], (canvas) => {
        const run = { name, record: detail ?? {}, dashed };
        drawNeurons(canvas, { run, last, at, top, theme: ui.theme, pixels: pixelsFor(view) });
      });
      if (!drawn) continue;
      const words = neuronWords(detail, at);
      text(`${view}_reading`, words);
      scrubbed(view, at, last, words);
    }
  }

  function neuronWords(detail, at) {
    const i = detail ? indexAt(detail, at) : -1;
    if (i < 0) return "not trained yet";
    const { hidden, tops } = detail;
    const alive = tops.subarray(i * hidden, (i + 1) * hidden).reduce((sum, top) => sum + (top > 0), 0);
    if (alive === 0) return `none of ${hidden} alive`;
    const [winner] = neuronOrder({ ...detail, count: i + 1 });
    return `${alive} of ${hidden} alive, #${winner + 1} leads at ${number(tops[i * hidden + winner])}`;
  }

  function settledTop({ count, hidden, tops }) {
    let top = 0;
    for (let i = hidden * Math.min(count - 1, Math.ceil(count / 10)); i < count * hidden; i += 1) {
      if (tops[i] < DIVERGING) top = Math.max(top, tops[i]);
    }
    return 10 ** (Math.ceil(4 * Math.log10(top + 1)) / 4);
  }

  function showSurfaces(shown, at) {
    for (const { side, detail, dashed } of shown) {
      const view = `surface_${side}`;
      const i = detail ? indexAt(detail, at) : -1;
      redraw(view, [detail, i], (canvas) => {
        const field = i < 0 ? null : detail.surfaceAt(i);
        drawSurface(canvas, { run: { dashed }, field, theme: ui.theme, pixels: pixelsFor(view) });
        const words = field ? `off by ${number(surfaceError(field))}` : "not trained yet";
        text(`${view}_reading`, words);
        attribute(canvas, "aria-label", `What ${side.toUpperCase()} answers against m·a at epoch ${at}: ${words}, root mean square`);
      });
    }
  }

  /** A reusable bitmap for a view: pixelsFor(name)(width, height) → { data, paint() }. */
  function pixelsFor(name) {
    return (width, height) => {
      let kept = ui.pixels[name];
      if (!kept || kept.canvas.width !== width || kept.canvas.height !== height) {
        const canvas = Object.assign(document.createElement("canvas"), { width, height });
        const context = canvas.getContext("2d");
        const image = context.createImageData(width, height);
        kept = { canvas, data: image.data, paint: () => (context.putImageData(image, 0, 0), canvas) };
        ui.pixels[name] = kept;
      }
      return kept;
    };
  }

  // --- map ---------------------------------------------------------------------------------

  function showMap(shown) {
    const first = shown.find(({ side }) => driven(ui.state).includes(side)).run;
    const map = runs.map(first.recipe);
    ui.map = map;
    for (const name of ["map", "legend"]) parts[name].hidden = Boolean(map.unknown);
    parts.no_map.hidden = !map.unknown;
    text("no_map", map.unknown ? `There is none for ${map.recipe}: a run of it has ${wholeNumber(first.epochs)} epochs, and those of the other recipes 150. Train live shows one.` : "");
    const depends = [map, ui.pointing, ...shown.flatMap(({ run }) => [run.width, run.seed])];
    redraw("map", depends, (canvas) => {
      const colours = REGIME_NAMES.map((name) => ui.theme[name]);
      drawMap(canvas, { map, runs: shown, theme: ui.theme, cache: ui.mapCache, colours });
    });
    const { pointing } = ui;
    const under = pointing && (REGIME_NAMES[map.regimeAt(pointing.width, pointing.seed)] ?? "not in the atlas");
    const title = map.unknown ? "" : `${map.recipe}: seed against width`;
    text("map_reading", pointing ? `width ${pointing.width}, seed ${pointing.seed}: ${under}` : title);
  }

  function cellAt(event) {
    const box = parts.map.getBoundingClientRect();
    const { x, y } = mapScales(box.width, box.height, ui.map);
    const [width, seed] = [Math.round(x.invert(event.clientX - box.left)), Math.round(y.invert(event.clientY - box.top))];
    const { widths, seeds } = ui.map;
    if (width < widths[0] || width > widths.at(-1) || seed < seeds[0] || seed > seeds.at(-1)) return null;
    return { width, seed };
  }

  parts.map.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    ui.pointing = cellAt(event);
    schedule();
  });
  parts.map.addEventListener("pointerleave", () => {
    ui.pointing = null;
    schedule();
  });
  parts.map.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (!cell) return;
    const moved = { ...ui.state, ...drive(ui.state, "width", cell.width) };
    change({ ...drive(ui.state, "width", cell.width), ...drive(moved, "seed", cell.seed) });
  });
  parts.map.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 1;
    const move = { ArrowLeft: ["width", -step], ArrowRight: ["width", step], ArrowUp: ["seed", step], ArrowDown: ["seed", -step] }[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [name, by] = move;
    const first = runOf(ui.state, driven(ui.state)[0])[name];
    const limits = name === "width" ? WIDTHS : SEEDS;
    control(name, Math.min(limits.high, Math.max(limits.low, first + by)));
  });

  // --- scrubbing ---------------------------------------------------------------------------

  for (const name of [...Object.keys(CURVES), ...SIDES.map((side) => `neurons_${side}`)]) {
    const canvas = parts[name];
    const pad = name.startsWith("neurons") ? { left: 46, right: 12 } : undefined;
    const epochAt = (event) => {
      const box = canvas.getBoundingClientRect();
      const epoch = epochScale(box.width, ui.last, pad).invert(event.clientX - box.left);
      return Math.round(Math.min(ui.last, Math.max(0, epoch)));
    };
    canvas.addEventListener("pointermove", (event) => {
      ui.hover = epochAt(event);
      schedule();
    });
    canvas.addEventListener("pointerleave", () => {
      ui.hover = null;
      schedule();
    });
    canvas.addEventListener("click", (event) => pin(epochAt(event)));
    canvas.addEventListener("pointerup", (event) => {
      if (event.pointerType === "touch") pin(epochAt(event)); // a finger that was drawn along the curve
    });
    canvas.addEventListener("keydown", (event) => {
      const page = Math.max(1, Math.round(ui.last / 10));
      const to = {
        ArrowLeft: ui.at - 1, ArrowDown: ui.at - 1, ArrowRight: ui.at + 1, ArrowUp: ui.at + 1,
        PageDown: ui.at - page, PageUp: ui.at + page, Home: 0, End: ui.last,
      }[event.key];
      if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      pin(to);
    });
  }

  // --- numbers -----------------------------------------------------------------------------

  function showGauge(shown) {
    const border = runs.border(ui.map.recipe);
    const depends = [border, ...shown.flatMap(({ record, colour }) => [record.sharpness, colour])];
    const told = border && `${border.toFixed(2)} is where the map’s plateaus end, on average over its widths and seeds.`;
    text("border", told ?? "");
    redraw("gauge", depends, (canvas) => {
      const limits = [{ value: 2, text: "2: stability limit" }];
      if (border) limits.push({ value: border, text: `${border.toFixed(2)}: plateaus end, on average` });
      drawGauge(canvas, { runs: shown, limits, theme: ui.theme });
      const words = shown.map(({ name, record }) => `${name} ${number(record.sharpness)}`).join("  ");
      text("gauge_reading", words);
      const where = limits.map((limit) => limit.text).join(", ");
      attribute(canvas, "aria-label", `Step times sharpness at the start: ${words}. Marks at ${where}`);
    });
  }

  const ROWS = [
    ["Regime", (one) => one.record.regime ?? "–"],
    ["Ending", (one) => one.record.ending ?? "–"],
    ["Cost before the last update", ({ record }) => costText(record, record.lastCost)],
    ["Cost after the last update", ({ record }) => number(record.finalCost)],
    ["Cost", ({ record }, i) => costText(record, record.cost?.[i])],
    ["Largest Z2", (one, i) => number(one.record.z2Max?.[i])],
    ["Norm of dW1", (one, i) => number(one.record.norms?.[0]?.[i])],
    ["Norm of dW2", (one, i) => number(one.record.norms?.[1]?.[i])],
    ["Norm of dW3", (one, i) => number(one.record.norms?.[2]?.[i])],
    ["Layer-2 neurons alive", (one, i) => (i < 0 || !one.record.alive ? "–" : `${one.record.alive[i]}`)],
  ];
  const cells = ROWS.map(([label]) => {
    const pair = SIDES.map(() => h("td"));
    parts.rows.append(h("tr", {}, h("th", { scope: "row" }, label), ...pair));
    return pair;
  });

  function showTable(shown, at) {
    text("table_epoch", `at epoch ${wholeNumber(at)}`);
    shown.forEach((one, column) => {
      const i = one.record.count > 0 ? indexAt(one.record, at) : -1;
      ROWS.forEach(([, value], row) => {
        write(cells[row][column], value(one, i));
      });
      text(`head_${one.side}`, `${one.name} (${one.run.width})`);
    });
  }

  // --- words -------------------------------------------------------------------------------

  let spoken = { at: -Infinity, timer: 0 };
  /** Say what is shown: at once after a pause, and after the last of many changes. */
  function announce(shown) {
    const words = shown.map(describe).join(" ");
    clearTimeout(spoken.timer);
    if (words === parts.status.textContent) return;
    const say = () => text("status", words);
    const now = performance.now();
    if (now - spoken.at > SPOKEN_AFTER) say();
    else spoken.timer = setTimeout(say, SPOKEN_AFTER);
    spoken.at = now;
  }

  function describe({ name, run, record, progress }) {
    const graft = run.graft ? `, ${blocksOf(run.graft.blocks).join(" and ")} taken from A` : "";
    const what = `${name}: width ${run.width}, seed ${run.seed}, recipe ${run.recipe}${ownSettings(run)}${graft}`;
    const after = WHEN[RECIPES[run.recipe].after];
    if (record.regime) return `${what}: ${record.regime}, final cost ${finalText(run, record)} ${after}.`;
    if (name === "B" && ui.state.guess !== null) return `${what}: shown up to epoch ${ui.state.guess}.`;
    return `${what}: ${progress ? "training" : "not trained yet"}.`;
  }

  /** What a run has that is not its recipe's own. */
  function ownSettings({ recipe, learningRate, slope }) {
    const own = learningRate === RECIPES[recipe].learningRate;
    const rate = own ? "" : `, learning rate ${rateText(learningRate)}`;
    return `${rate}${slope === 0.01 ? "" : `, slope ${slope}`}`;
  }

  const blocksOf = (blocks) => BLOCKS.filter((block) => blocks.includes(block));

  for (const name of REGIME_NAMES) {
    const sign = h("canvas", { class: "fx-mark", "aria-hidden": "true" });
    parts[`legend_${name}`] = sign;
    parts.canvases.push(sign);
    parts.legend.append(h("li", {}, sign, name));
  }
  function showLegend() {
    for (const name of REGIME_NAMES) {
      redraw(`legend_${name}`, [], (canvas) => drawMark(canvas, { regime: name, colour: ui.theme[name], theme: ui.theme }));
    }
  }

  // --- actions -----------------------------------------------------------------------------

  function showActions(shown) {
    showLegend();
    const [a, b] = shown;
    text("graft_text", `Start B (${b.run.width}) with A’s (${a.run.width})`);
    for (const block of BLOCKS) {
      const pressed = ui.state.graft.includes(block);
      attribute(parts[`graft_${block}`], "aria-pressed", `${pressed}`);
    }
    const busy = shown.some(({ progress }) => progress);
    text("train", busy ? "Stop" : "Train live");
    const both = ui.state.controls === "both";
    text("download", both ? "Download these runs as CSV" : "Download this run as CSV");
    const failed = shown.map(({ problem }) => problem).find(Boolean);
    const differs = shown.filter(({ difference }) => difference);
    const words = failed ?? differs.map(({ name, difference }) => `${name}: ${difference}`).join(" ");
    const live = shown.filter(({ live: done }) => done).map(({ name, live: done }) => `${name} in ${done.milliseconds} ms`);
    const waits = !busy && shown.some(({ run, live: done }) => !done && run.epochs > AUTOMATIC);
    const hint = waits ? "Long runs are trained when you ask for it: Train live." : "";
    const { controls } = ui.state;
    const help = controls === "both" ? "The sliders move both." : `The sliders move ${controls === "a" ? "A, the full line" : "B, the dashed line"}.`;
    const done = live.length ? ` Trained here, in this page: ${live.join(", ")}.` : "";
    text("note", words || hint || `${help}${done}`);
    parts.train.hidden = ui.state.mode === "simple" && !waits && !shown.some(({ run, progress }) => progress && run.epochs > AUTOMATIC);
  }

  for (const block of BLOCKS) {
    parts[`graft_${block}`].addEventListener("click", () => {
      const has = blocksOf(ui.state.graft);
      const now = BLOCKS.filter((b) => (b === block) !== has.includes(b));
      change({ graft: now.join("") });
    });
  }

  let trainTimer = 0;
  let settled = "";
  function trainSoon(shown) {
    const wanted = shown.map(({ key }) => key).join();
    if (wanted === settled) return;
    if (!settled && !ui.awake && shown.every(({ record }) => record.count > 0)) return; // the atlas will do for now
    settled = wanted;
    runs.cancel((key) => !shown.some((one) => one.key === key));
    clearTimeout(trainTimer);
    trainTimer = setTimeout(() => {
      for (const { side, run } of ui.shown) if (run.epochs <= AUTOMATIC) runs.train(side, run);
    }, TRAINED_AFTER);
  }

  function stop() {
    clearTimeout(trainTimer);
    runs.cancel(() => true);
    schedule();
  }

  parts.train.addEventListener("click", () => {
    if (ui.shown.some(({ progress }) => progress)) {
      stop();
      return;
    }
    for (const { side, run } of ui.shown) runs.train(side, run, { again: true });
    schedule();
  });
  parts.root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && ui.shown.some(({ progress }) => progress)) stop();
  });

  parts.copy.hidden = !model.address;
  parts.copy.addEventListener("click", () => copyLink(parts.copy, model.address()));

  parts.download.addEventListener("click", () => {
    const chosen = ui.shown.filter(({ side }) => driven(ui.state).includes(side));
    const name = chosen.map(({ run }) => `${run.recipe}-${run.width}-${run.seed}`).join("-");
    saveFile(`fma-${name}.csv`, toCsv(chosen));
  });

  parts.reset.addEventListener("click", () => change(model.defaults ?? {}));
  parts.reset.hidden = !model.defaults;

  // --- what happens around -----------------------------------------------------------------

  const problemChanged = () => {
    const words = model.get("problem") ?? "";
    text("problem", words);
    parts.problem.hidden = !words;
  };
  const changed = () => schedule();
  for (const key of STATE_KEYS) model.on(`change:${key}`, changed);
  model.on("change:problem", problemChanged);
  cleanups.push(() => {
    for (const key of STATE_KEYS) model.off(`change:${key}`, changed);
    model.off("change:problem", problemChanged);
  });
  problemChanged();

  const wake = () => {
    if (ui.awake) return;
    ui.awake = true;
    schedule();
  };
  for (const reached of ["pointerover", "pointerdown", "focusin"]) parts.root.addEventListener(reached, wake);
  const unwatchTheme = watchTheme(() => {
    ui.theme = null;
    schedule();
  });
  const sizes = measured(parts.canvases, schedule, false);
  cleanups.push(() => {
    unwatchTheme();
    sizes.disconnect();
    clearTimeout(trainTimer);
    clearTimeout(spoken.timer);
    cancelAnimationFrame(frame);
    closed = true;
    runs.close();
  });

  schedule();
  cleanups.push(whenIdle(wake));
  return () => cleanups.forEach((cleanup) => cleanup());
}

const WHEN = { true: "after the last update", false: "before the last update" }; // a final cost is taken

/** The final cost of a run, by the convention of its recipe: see WHEN. */
const finalText = ({ recipe }, record) =>
  RECIPES[recipe].after ? number(record.finalCost) : costText(record, record.lastCost);

// What the endings of fma.regimes mean.
const ENDINGS = {
  line: "answers on a plane, most neurons on",
  few: "answers on a plane, few neurons on",
  leak: "answers on a plane, by its leak alone",
  frozen: "answers no better than a constant",
  bent: "bent, but no better than a plane yet",
  learning: "beats every plane: it multiplies",
  diverged: "left the finite numbers",
};

/** A cost in no more digits than are known. */
const costText = ({ rounded }, cost) =>
  rounded && Number.isFinite(cost) ? `≈ ${wholeOrLess(+cost.toPrecision(3))}` : number(cost);

const wholeOrLess = (value) => (value >= 100 ? wholeNumber(value) : `${value}`);

/** Runs as comma-separated values, a line for each recorded epoch. */
function toCsv(chosen) {
  const lines = ["run,width,seed,recipe,learning_rate,slope,graft,epoch,cost,z2_max,dW1_norm,dW2_norm,dW3_norm,alive"];
  for (const { name, run, record } of chosen) {
    const fixed = [name, run.width, run.seed, run.recipe, run.learningRate, run.slope, run.graft?.blocks ?? ""];
    for (let i = 0; i < record.count; i += 1) {
      const values = [record.epochs[i], record.cost[i], record.z2Max?.[i], ...[0, 1, 2].map((k) => record.norms?.[k]?.[i]), record.alive?.[i]];
      lines.push([...fixed, ...values.map((value) => value ?? "")].join());
    }
  }
  return `${lines.join("\n")}\n`;
}

function saveFile(name, content) {
  const url = URL.createObjectURL(new Blob([content], { type: "text/csv" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
