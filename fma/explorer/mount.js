// The static host: shows an explorer on every <div class="fma-explorer" data-state="..."> in place of
// the fallback that the page carries there, with a model that keeps the contract of anywidget.
//
// The address of the page holds the state of the first explorer: its fragment is read at the start
// and when it changes (Back, a link), and written when the state changes. Elements of class "fma-set"
// anywhere on the page change that state: <a class="fma-set" href="#width=65"> sets what it names and
// keeps the rest; data-change="width+1" or "learning_rate/10" counts from what is shown.

import { render } from "./explorer.js";
import { DEFAULTS, STATE_KEYS, formatFragment, parseFragment, relativeChange } from "./state.js";

const PAUSE = 400; // ms: changes that follow each other faster are one step for Back

/** A model over `initial`: get, set, save_changes, on, off. `saved` is called by save_changes. */
function createModel(initial, saved) {
  const values = { ...initial, problem: "" };
  const listeners = {};
  return {
    defaults: initial,
    get: (key) => values[key],
    set(key, value) {
      if (values[key] === value) return;
      values[key] = value;
      for (const listener of listeners[`change:${key}`] ?? []) listener();
    },
    save_changes: saved,
    on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
    off: (event, listener) => listeners[event]?.delete(listener),
  };
}

const stateOf = (model) => Object.fromEntries(STATE_KEYS.map((key) => [key, model.get(key)]));

/** Whether a fragment speaks of the explorer: one that names a place in the page does not. */
function isState(fragment) {
  return /=|[^\w.%#-]/.test(fragment) && !document.getElementById(fragment.replace(/^#/, ""));
}

/** Tie a model to the address of the page. Returns what save_changes has to call. */
function bindAddress(model) {
  let writtenAt = -Infinity;
  let timer = 0;
  const write = () => {
    const fragment = `#${formatFragment(stateOf(model))}`;
    if (fragment === location.hash) return;
    const sameGesture = performance.now() - writtenAt < PAUSE;
    history[sameGesture ? "replaceState" : "pushState"](null, "", fragment);
    writtenAt = performance.now();
  };
  const read = () => {
    clearTimeout(timer);
    const { changes, problems } = isState(location.hash) ? parseFragment(location.hash) : { changes: {}, problems: [] };
    if (location.hash && !isState(location.hash)) return;
    for (const [key, value] of Object.entries({ ...model.defaults, ...changes })) model.set(key, value);
    model.set("problem", problemText(problems));
  };
  model.address = () => `${location.href.split("#")[0]}#${formatFragment(stateOf(model))}`;
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
  document.addEventListener("click", (event) => followLink(event, model));
  read();
  return (alone) => {
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
}

const problemText = (problems) =>
  problems.length ? `Not understood in the address, so left as it was: ${problems.join("; ")}.` : "";

function followLink(event, model) {
  const link = event.target.closest?.(".fma-set");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const { changes, problems } = parseFragment(link.getAttribute("href")?.replace(/^[^#]*/, "") ?? "");
  const relative = relativeChange(stateOf(model), link.dataset.change ?? "");
  event.preventDefault();
  for (const [key, value] of Object.entries(relative ?? changes)) model.set(key, value);
  model.save_changes(true);
  model.set("problem", relative ? "" : problemText(problems));
  showAgain(model.element);
}

/** Scroll to the explorer if a link changed it out of sight. */
function showAgain(element) {
  const { top, bottom } = element.getBoundingClientRect();
  if (bottom > 80 && top < innerHeight - 80) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
}

/** Show an explorer on every mount of the page. */
export function mountAll() {
  [...document.querySelectorAll("div.fma-explorer:not([data-mounted])")].forEach((element, i) => {
    const { changes } = parseFragment(element.dataset.state ?? "");
    let saved = () => {};
    const model = createModel({ ...DEFAULTS, ...changes }, (alone) => saved(alone));
    model.element = element;
    if (i === 0) saved = bindAddress(model);
    const [host, fallback] = ["fx-host", "fx-fallback"].map((name) => {
      const part = document.createElement("div");
      part.className = name;
      return part;
    });
    fallback.append(...element.childNodes); // in print it is shown again
    element.append(fallback, host);
    try {
      render({ model, el: host });
      element.dataset.mounted = "yes";
    } catch (error) {
      host.remove();
      throw error;
    }
  });
}
