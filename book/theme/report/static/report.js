"use strict";

// The page's light or dark theme, its code, its contents list on a phone, its colours in print.
const root = document.documentElement;
const theme = document.querySelector("button.theme");
const menu = document.querySelector("button.menu");

function paint(name) {
  root.dataset.theme = name;
  theme.setAttribute("aria-pressed", String(name === "dark"));
}

/** Remember a choice; a page that may not store anything keeps it until it is left. */
function keep(name) {
  try {
    localStorage.setItem(name, root.dataset[name]);
  } catch {
    return;
  }
}

theme.addEventListener("click", () => {
  paint(root.dataset.theme === "dark" ? "light" : "dark");
  keep("theme");
});

const BOXES = ".table-scroll, .fma-table, .cell_output, .equation, div.highlight pre";

/** What overflows its own box can be reached and scrolled with the keyboard, and shows a shade where it goes on. */
function reach() {
  for (const box of document.querySelectorAll(BOXES)) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

const code = document.querySelector(".code-switch input");
if (code) {
  code.checked = root.dataset.code === "shown";
  code.addEventListener("change", () => {
    root.dataset.code = code.checked ? "shown" : "hidden";
    keep("code");
    reach();
  });
}

// Words of the text that set the explorer: <span data-set="width=65"> or, from what is shown, "width+1".
for (const words of document.querySelectorAll("span[data-set]")) {
  const link = document.createElement("a");
  const relative = /^(\w+)[-+*/]/.exec(words.dataset.set);
  link.className = "fma-set";
  link.href = `#${relative ? "explorer" : words.dataset.set}`;
  if (relative) {
    link.dataset.change = words.dataset.set;
  }
  link.append(...words.childNodes);
  words.replaceWith(link);
}

function open(yes) {
  menu.setAttribute("aria-expanded", String(yes));
  document.body.classList.toggle("contents-open", yes);
}

menu.addEventListener("click", () => open(menu.getAttribute("aria-expanded") !== "true"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu.getAttribute("aria-expanded") === "true") {
    open(false);
    menu.focus();
  }
});

// Figures out of sight are laid out one by one while the browser is idle: who scrolls finds them there.
addEventListener("load", () => {
  const waiting = [...document.querySelectorAll(".fma-figure svg")];
  const whenIdle = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  const drawNext = () => {
    const figure = waiting.shift();
    if (!figure) return;
    figure.style.contentVisibility = "visible";
    whenIdle(drawNext);
  };
  whenIdle(drawNext);
});

let before = "light";
addEventListener("beforeprint", () => {
  before = root.dataset.theme;
  root.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  root.dataset.theme = before;
});

paint(root.dataset.theme);
document.fonts.ready.then(reach);
addEventListener("resize", reach);

const contents = document.querySelector("#contents");
contents.addEventListener("click", (event) => event.target.closest("a") && open(false));
const current = contents.querySelector(".current");
if (current) {
  contents.scrollTop = current.offsetTop + current.offsetHeight + 32 - contents.clientHeight;
}
