// What the static hosts share: a model that keeps the contract of anywidget, and how a figure takes the
// place of the fallback that the page carries for it.

import { h } from "./parts.js";

export const PAUSE = 400; // ms: changes that follow each other faster are one step for Back

/** A model over `initial`: get, set, save_changes, on, off. */
export function createModel(initial) {
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

/** What a figure says of an address that it could not read. */
export const problemText = (problems) =>
  problems.length ? `Not understood in the address, so left as it was: ${problems.join("; ")}.` : "";

/** Render a figure into its mount. Whoever calls has marked the mount; if rendering fails, the mark goes. */
export function takePlace(element, model, render) {
  const host = h("div", { class: "fx-host" });
  const fallback = h("div", { class: "fx-fallback" }, ...element.childNodes); // in print it is shown again
  element.append(fallback, host);
  try {
    render({ model, el: host });
  } catch (error) {
    host.remove();
    delete element.dataset.mounted;
    throw error;
  }
}
