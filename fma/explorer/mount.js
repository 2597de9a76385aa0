// The static host: shows an explorer on every <div class="fma-explorer" data-state="..."> in place of
// the fallback that the page carries there, with a model that keeps the contract of anywidget.
//
// The address of the page holds the state of the first explorer: its fragment is read at the start
// and when it changes (Back, a link), and written when the state changes. Elements of class "fma-set"
// anywhere on the page change that state: <a class="fma-set" href="#width=65"> sets what it names and
// keeps the rest; data-change="width+1" or "learning_rate/10" counts from what is shown.
//
// data-mode="full" and data-guess="60" on the mount are short for mode=full and guess=60 in data-state.
// The fallback stays until the browser is idle or the reader reaches for it.

import { whenIdle } from "./draw.js";
import { render } from "./explorer.js";
import { PAUSE, createModel, problemText, takePlace } from "./mounting.js";
import { whenReached } from "./parts.js";
import { DEFAULTS, STATE_KEYS, formatFragment, parseFragment, relativeChange } from "./state.js";

const stateOf = (model) => Object.fromEntries(STATE_KEYS.map((key) => [key, model.get(key)]));

/** Whether a fragment speaks of the explorer: one that names a place in the page does not. */
function isState(fragment) {
  if (/^#(lens|throw)=/.test(fragment)) return false; // of another figure on the page
  return /=|[^\w.%#-]/.test(fragment) && !document.getElementById(fragment.replace(/^#/, ""));
}

/** Tie a model to the address of the page. */
function bindAddress(model) {
  let writtenAt = -Infinity;
  let timer = 0;
  const runs = () => formatFragment({ ...stateOf(model), mode: DEFAULTS.mode, guess: DEFAULTS.guess });
  let written = "";
  const current = () => {
    const mode = model.get("mode");
    const rest = formatFragment({ ...stateOf(model), mode: DEFAULTS.mode });
    return `#${rest}${mode === model.defaults.mode ? "" : `&mode=${mode}`}`;
  };
  const write = () => {
    const fragment = current();
    if (fragment === location.hash) return;
    const moved = runs() !== written;
    const aStep = moved && performance.now() - writtenAt >= PAUSE;
    history[aStep ? "pushState" : "replaceState"](null, "", fragment);
    written = runs();
    if (moved) writtenAt = performance.now();
  };
  const read = () => {
    clearTimeout(timer);
    const linked = isState(location.hash);
    const { changes, problems } = linked ? parseFragment(location.hash) : { changes: {}, problems: [] };
    if (location.hash && !linked) return;
    const before = linked ? { ...model.defaults, guess: null } : model.defaults; // a link shows, and does not ask
    for (const [key, value] of Object.entries({ ...before, ...changes })) model.set(key, value);
    model.set("problem", problemText(problems));
    written = runs();
  };
  model.address = () => `${location.href.split("#")[0]}${current()}`;
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
  document.addEventListener("click", (event) => followLink(event, model));
  model.save_changes = (alone) => {
    model.set("problem", "");
    clearTimeout(timer);
    if (alone) writtenAt = -Infinity; // a step of its own for Back
    // Browsers refuse a page that writes its address at every move of a drag.
    if (performance.now() - writtenAt > PAUSE) write();
    else {
      timer = setTimeout(() => {
        writtenAt = performance.now();
        write();
      }, PAUSE / 2);
    }
  };
  read();
}

function followLink(event, model) {
  const link = event.target.closest?.(".fma-set");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const { changes, problems } = parseFragment(link.getAttribute("href")?.replace(/^[^#]*/, "") ?? "");
  const relative = relativeChange(stateOf(model), link.dataset.change ?? "");
  event.preventDefault();
  for (const [key, value] of Object.entries(relative ?? changes)) model.set(key, value);
  model.save_changes(true);
  model.set("problem", relative ? "" : problemText(problems));
  model.show();
  showAgain(model.element);
}

/** Scroll to the explorer if a link changed it out of sight. */
function showAgain(element) {
  const { top, bottom } = element.getBoundingClientRect();
  if (bottom > 80 && top < innerHeight - 80) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
}

/** What a mount shows first. */
function initialState({ state = "", mode = "", guess = "" }) {
  const short = `mode=${mode || DEFAULTS.mode}${guess ? `&guess=${guess}` : ""}`;
  return { ...DEFAULTS, ...parseFragment(short).changes, ...parseFragment(state).changes };
}

/** Show an explorer on every mount of the page. */
export function mountAll() {
  [...document.querySelectorAll("div.fma-explorer:not([data-mounted])")].forEach((element, i) => {
    const model = createModel(initialState(element.dataset));
    model.element = element;
    model.show = () => mount(element, model);
    if (i === 0) bindAddress(model);
    whenReached(element, model.show);
    if (i === 0 && isState(location.hash)) model.show();
    else whenIdle(model.show);
  });
}

/** Show the explorer in the place of the fallback, once. */
function mount(element, model) {
  if (element.dataset.mounted) return;
  element.dataset.mounted = "soon"; // the fallback is still seen
  model.drawn = () => (element.dataset.mounted = "yes");
  takePlace(element, model, render);
}
