// What the figures are built with: elements, a worker, the page's theme, the clipboard.

import { measured, readTheme } from "./draw.js";

/** An element: h("p", { class: "x", onclick: f }, "text", child, ...). */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

/** Write words into an element unless they stand there already. */
export function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** Call `act` when the reader reaches for an element. */
export function whenReached(element, act) {
  for (const reached of ["pointerover", "touchstart", "focusin"]) element.addEventListener(reached, act, { once: true });
}

/** A worker that runs `source`. */
export function startWorker(source) {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url);
  const close = () => {
    worker.terminate();
    URL.revokeObjectURL(url);
  };
  return { worker, close };
}

/** Call `changed` when the page's or the system's theme changes, or a font arrives. Returns what ends that. */
export function watchTheme(changed) {
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", changed);
  const page = new MutationObserver(changed);
  for (const element of [document.documentElement, document.body]) {
    page.observe(element, { attributes: true, attributeFilter: ["data-theme", "data-mode", "class", "data-jp-theme-light"] });
  }
  document.fonts?.ready.then(changed);
  return () => {
    scheme.removeEventListener("change", changed);
    page.disconnect();
  };
}

/**
 * Call paint(theme) once after each change: of the state by `schedule`, of the theme, of a canvas's
 * size. Returns { schedule, close }.
 */
export function painter(root, canvases, paint) {
  let theme = null;
  let waiting = false;
  let closed = false;
  const schedule = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (closed) return;
      if (!theme?.paper) theme = readTheme(root);
      paint(theme);
    });
  };
  const unwatchTheme = watchTheme(() => {
    theme = null;
    schedule();
  });
  const sizes = measured(canvases, schedule);
  schedule();
  return {
    schedule,
    close() {
      closed = true;
      unwatchTheme();
      sizes.disconnect();
    },
  };
}

/** JupyterLab would take the keys of these elements for itself. */
export function keepKeys(root) {
  for (const element of root.querySelectorAll("input, select, button, [tabindex]")) {
    element.dataset.lmSuppressShortcuts = "true";
  }
}

/** Copy an address, and say on the button for a moment whether that was allowed. */
export async function copyLink(button, address) {
  write(button, (await toClipboard(address)) ? "Link copied" : "Copy it from the address bar");
  setTimeout(() => write(button, "Copy link"), 2000);
}

async function toClipboard(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    const area = h("textarea", { style: "position:fixed;opacity:0" });
    area.value = words;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}
