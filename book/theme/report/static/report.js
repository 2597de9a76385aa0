"use strict";

// The page's light or dark theme, its contents list on a phone, its colours in print.
const root = document.documentElement;
const theme = document.querySelector("button.theme");
const menu = document.querySelector("button.menu");

function paint(name) {
  root.dataset.theme = name;
  theme.setAttribute("aria-pressed", String(name === "dark"));
}

theme.addEventListener("click", () => {
  paint(root.dataset.theme === "dark" ? "light" : "dark");
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // A page that may not store anything keeps its theme until it is left.
  }
});

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

let before = "light";
addEventListener("beforeprint", () => {
  before = root.dataset.theme;
  root.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  root.dataset.theme = before;
});

// What overflows its own box can be reached and scrolled with the keyboard.
for (const box of document.querySelectorAll(".table-scroll, .cell_output, .equation, div.highlight pre")) {
  if (box.scrollWidth > box.clientWidth) {
    box.tabIndex = 0;
  }
}

paint(root.dataset.theme);
