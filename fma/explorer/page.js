// The explorer's elements, made once. Text from outside enters as text, never as markup.

import { wholeNumber } from "./draw.js";
import { GUESSES } from "./guess.js";
import { h, keepKeys } from "./parts.js";
import { LARGEST_SEED, RECIPES, SEEDS, WIDTHS } from "./state.js";

const RATE_STEPS = { min: -6, max: -3, step: 0.01 }; // of the slider: powers of ten

let explorers = 0; // on this page, so that ids differ

/**
 * Build the page of one explorer. Returns its parts by name; `parts.root` is the element to show.
 */
export function buildPage() {
  explorers += 1;
  const prefix = `fma${explorers}`;
  const parts = { canvases: [] };
  const keep = (name, element) => (parts[name] = element);
  const canvas = (name, properties) => {
    const element = keep(name, h("canvas", properties));
    parts.canvases.push(element);
    return element;
  };

  const card = (run) =>
    keep(
      `card_${run}`,
      h(
        "div",
        { class: `fx-card fx-card-${run}` },
        h(
          "p",
          { class: "fx-name" },
          h("span", { class: "fx-letter" }, run.toUpperCase()),
          h("span", { class: "fx-stroke", "aria-hidden": "true" }),
        ),
        h(
          "p",
          { class: "fx-facts" },
          keep(`what_${run}`, h("span", { class: "fx-what" })),
          h(
            "span",
            { class: "fx-outcome" },
            canvas(`mark_${run}`, { class: "fx-mark", "aria-hidden": "true" }),
            keep(`regime_${run}`, h("b", { class: "fx-regime" })),
            keep(`cost_${run}`, h("span", { class: "fx-final" })),
            keep(`when_${run}`, h("span", { class: "fx-when" })),
          ),
          keep(`ending_${run}`, h("span", { class: "fx-when" })),
        ),
      ),
    );

  const choice = (value, words) => {
    const input = h("input", { type: "radio", name: `${prefix}-controls`, value });
    return h("label", { class: "fx-choice" }, keep(`controls_${value}`, input), words);
  };

  const control = (name, label, ...inputs) =>
    h("div", { class: `fx-control fx-control-${name}` }, h("label", { for: `${prefix}-${name}` }, label), ...inputs);

  const slider = (name, label, range) =>
    control(
      name,
      label,
      keep(`${name}_text`, h("output", { for: `${prefix}-${name}`, "aria-hidden": "true" })),
      keep(name, h("input", { type: "range", id: `${prefix}-${name}`, ...range })),
    );

  const toggle = (name, text) => keep(name, h("button", { type: "button", "aria-pressed": "false" }, text));
  const button = (name, text, properties) => keep(name, h("button", { type: "button", ...properties }, text));

  const chart = (name, title, plain, extra) =>
    h(
      "figure",
      { class: `fx-view fx-${name}` },
      h(
        "figcaption",
        {},
        h("b", {}, title),
        plain ? h("span", { class: "fx-plain" }, plain) : "",
        keep(`${name}_reading`, h("span", { class: "fx-reading", "aria-hidden": "true" })),
        extra ?? "",
      ),
      canvas(name, { tabindex: "0", role: "slider", "aria-label": title, class: "fx-scrub" }),
    );

  const picture = (name, title) =>
    h(
      "figure",
      { class: `fx-view fx-${name.replace(/_[ab]$/, "")}` },
      h("figcaption", {}, h("b", {}, title), keep(`${name}_reading`, h("span", { class: "fx-reading" }))),
      canvas(name, { role: "img", "aria-label": title }),
    );

  const both = (make) => ["a", "b"].map((run) => make(run, run.toUpperCase()));
  const key = (...words) => h("p", { class: "fx-key" }, ...words);

  const guess = keep(
    "guess",
    h(
      "div",
      { class: "fx-guess", role: "group", "aria-label": "A guess first", hidden: true },
      keep("question", h("p", { tabindex: "-1" })),
      keep(
        "guesses",
        h("div", { class: "fx-group" }, ...Object.entries(GUESSES).map(([name, words]) => button(name, words))),
      ),
    ),
  );

  // What the curve stays above while a finger is on one of the sliders.
  const stage = h(
    "div",
    { class: "fx-stage" },
    h("div", { class: "fx-cards" }, ...both(card)),
    chart(
      "cost",
      "Cost",
      "how far off the answers are (mean squared error)",
      toggle("scale", "linear"),
    ),
    guess,
    h(
      "div",
      { class: "fx-controls" },
      slider("width", "Width", { min: WIDTHS.low, max: WIDTHS.high, step: 1 }),
      slider("seed", "Seed", { min: SEEDS.low, max: SEEDS.high, step: 1 }),
    ),
    keep("status", h("p", { role: "status", class: "fx-status" })),
    keep("problem", h("p", { role: "alert", class: "fx-problem", hidden: true })),
    h(
      "div",
      { class: "fx-foot" },
      button("more", "More", { "aria-expanded": "false", "aria-controls": `${prefix}-settings ${prefix}-views` }),
      button("train", "Train live"),
      keep("note", h("p", { class: "fx-note" })),
    ),
    keep(
      "settings",
      h(
        "div",
        { class: "fx-settings", id: `${prefix}-settings`, hidden: true },
        slider("learning_rate", "Learning rate", RATE_STEPS),
        slider("slope", "Slope", { min: 0, max: 1, step: 0.01 }),
        control(
          "recipe",
          "Recipe",
          keep(
            "recipe",
            h(
              "select",
              { id: `${prefix}-recipe` },
              ...Object.entries(RECIPES).map(([name, { init, learningRate, epochs }]) =>
                h(
                  "option",
                  { value: name },
                  `${name}: ${init === "he" ? "He" : init}, ${learningRate.toExponential()}, ${wholeNumber(epochs)} epochs`,
                ),
              ),
            ),
          ),
        ),
        control(
          "typed_seed",
          "Any 32-bit seed",
          keep(
            "typed_seed",
            h("input", {
              type: "number",
              id: `${prefix}-typed_seed`,
              min: 0,
              max: LARGEST_SEED,
              step: 1,
              inputmode: "numeric",
            }),
          ),
        ),
        h(
          "fieldset",
          { class: "fx-group" },
          h("legend", {}, "The controls move"),
          choice("a", "A"),
          choice("b", "B"),
          choice("both", "both, in step"),
        ),
        h(
          "div",
          { class: "fx-group", role: "group", "aria-label": "Transplant before training" },
          keep("graft_text", h("span")),
          ...["W1", "W2", "W3"].map((block) => toggle(`graft_${block}`, block)),
        ),
        h(
          "div",
          { class: "fx-group" },
          button("copy", "Copy link"),
          button("download", "Download this run as CSV"),
          button("reset", "Back to the start"),
        ),
      ),
    ),
  );

  const views = keep(
    "views",
    h(
      "div",
      { class: "fx-views", id: `${prefix}-views`, hidden: true },
      h(
        "div",
        { class: "fx-epoch" },
        h("label", { for: `${prefix}-epoch` }, "Epoch"),
        keep("epoch", h("input", { type: "range", id: `${prefix}-epoch`, min: 0, step: 1 })),
        keep("epoch_text", h("output", { for: `${prefix}-epoch`, "aria-hidden": "true" })),
      ),
      h(
        "div",
        { class: "fx-neurons" },
        ...both((run, name) => chart(`neurons_${run}`, `Layer 2 of ${name}`)),
        key("A row is a neuron: coloured while some input activates it, grey when none does."),
      ),
      h(
        "figure",
        { class: "fx-view fx-map" },
        h("figcaption", {}, h("b", {}, "Map of regimes"), keep("map_reading", h("span", { class: "fx-reading" }))),
        canvas("map", {
          tabindex: "0",
          role: "application",
          "aria-label": "Map of regimes: the arrow keys take one neuron more or less, or another start",
        }),
        keep("legend", h("ul", { class: "fx-legend" })),
        keep("no_map", h("p", { class: "fx-key", hidden: true })),
      ),
      h(
        "div",
        { class: "fx-surfaces" },
        ...both((run, name) => picture(`surface_${run}`, `${name} against m·a`)),
        key(
          "Heavy lines: where it answers 10, 20, 30, 50, 70. Thin lines: where m·a does. ",
          h("span", { class: "fx-over" }, "Too much"),
          ", ",
          h("span", { class: "fx-under" }, "too little"),
          ".",
        ),
      ),
      h(
        "div",
        { class: "fx-small" },
        chart("z2", "Largest Z2"),
        chart("dw1", "Norm of dW1"),
        chart("dw2", "Norm of dW2"),
        chart("dw3", "Norm of dW3"),
      ),
      h(
        "div",
        { class: "fx-start" },
        picture("gauge", "Step × sharpness, at the start"),
        keep("border", h("p", { class: "fx-key" })),
      ),
      h(
        "table",
        { class: "fx-numbers" },
        h("caption", {}, "In numbers, ", keep("table_epoch", h("span"))),
        h(
          "thead",
          {},
          h("tr", {}, h("td"), ...both((run, name) => keep(`head_${run}`, h("th", { scope: "col" }, name)))),
        ),
        keep("rows", h("tbody")),
      ),
    ),
  );

  const root = h("section", { class: "fx", "aria-label": "Explorer: two networks side by side" }, stage, views);
  keepKeys(root);
  parts.root = root;
  return parts;
}
