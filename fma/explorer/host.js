// A static host for a figure: finds its mounts on the page, gives each a model that keeps the contract
// of anywidget, and ties the first one to the address. A fragment belongs to the figure whose name it
// begins with, as #lens=..., so that several kinds of figures may share a page.

import { whenIdle } from "./draw.js";
import { PAUSE, createModel, problemText, takePlace } from "./mounting.js";
import { whenReached } from "./parts.js";

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
    model.set("problem", problemText(problems));
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
    whenReached(element, show);
    whenIdle(show);
  });
}

/** Show the figure in the place of the fallback, once; what stands below does not move up. */
function mount(element, model, render) {
  if (element.dataset.mounted) return;
  element.dataset.mounted = "yes";
  element.style.minHeight = `${element.offsetHeight}px`;
  addEventListener("resize", () => (element.style.minHeight = ""), { once: true });
  takePlace(element, model, render);
}
