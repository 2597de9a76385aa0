// A static host for a figure: finds its mounts on the page, gives each a model that keeps the contract
// of anywidget, and ties the first one to the address. A fragment belongs to the figure whose name it
// begins with, as #lens=..., so that several kinds of figures may share a page.

import { whenIdle } from "./draw.js";

const PAUSE = 400; // ms: changes that follow each other faster are one step for Back

function createModel(initial) {
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
    save_changes() {},
    on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
    off: (event, listener) => listeners[event]?.delete(listener),
  };
}

function bindAddress(model, { name, keys, parse, format }) {
  const state = () => Object.fromEntries(keys.map((key) => [key, model.get(key)]));
  let writtenAt = -Infinity;
  let timer = 0;
  const write = () => {
    const fragment = `#${format(state())}`;
    if (fragment === location.hash) return;
    const sameGesture = performance.now() - writtenAt < PAUSE;
    history[sameGesture ? "replaceState" : "pushState"](null, "", fragment);
    writtenAt = performance.now();
  };
  const read = () => {
    clearTimeout(timer);
    if (location.hash && !location.hash.startsWith(`#${name}=`)) return;
    const { changes, problems } = parse(location.hash);
    for (const [key, value] of Object.entries({ ...model.defaults, ...changes })) model.set(key, value);
    model.set("problem", problems.length ? `Not understood in the address, so left as it was: ${problems.join("; ")}.` : "");
  };
  model.address = () => `${location.href.split("#")[0]}#${format(state())}`;
  // Browsers refuse a page that writes its address at every move of a drag.
  model.save_changes = () => {
    model.set("problem", "");
    clearTimeout(timer);
    if (performance.now() - writtenAt > PAUSE) write();
    else timer = setTimeout(write, PAUSE / 2);
  };
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
  read();
}

/** Show the figure on every <div class="fma-NAME" data-state="..."> of the page. */
export function mountFigures({ name, render, defaults, keys, parse, format }) {
  [...document.querySelectorAll(`div.fma-${name}:not([data-mounted])`)].forEach((element, i) => {
    const { changes } = parse(element.dataset.state ?? "");
    const model = createModel({ ...defaults, ...changes });
    if (i === 0) bindAddress(model, { name, keys, parse, format });
    const show = () => mount(element, model, render);
    for (const reached of ["pointerover", "touchstart", "focusin"]) element.addEventListener(reached, show, { once: true });
    whenIdle(show);
  });
}

/** Show the figure in the place of the fallback, once; what stands below does not move up. */
function mount(element, model, render) {
  if (element.dataset.mounted) return;
  element.dataset.mounted = "yes";
  element.style.minHeight = `${element.offsetHeight}px`;
  addEventListener("resize", () => (element.style.minHeight = ""), { once: true });
  const [shown, fallback] = ["fx-host", "fx-fallback"].map((part) => {
    const box = document.createElement("div");
    box.className = part;
    return box;
  });
  fallback.append(...element.childNodes); // in print it is shown again
  element.append(fallback, shown);
  try {
    render({ model, el: shown });
  } catch (error) {
    shown.remove();
    delete element.dataset.mounted;
    throw error;
  }
}
