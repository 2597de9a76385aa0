// The state of the throw: #throw=3.7&size=4&seed=1, where 3.7 is η λ₀. A mount may say step=3.7.

import { LIMITS } from "./throw-map.js";

export const THROW_DEFAULTS = { step: 3.7, size: 4, seed: 1 };
export const THROW_KEYS = Object.keys(THROW_DEFAULTS);

const NAMES = { throw: "step", step: "step", size: "size", seed: "seed" };

function read(key, text) {
  if (key === "seed") return /^\d{1,10}$/.test(text) && +text < 2 ** 32 ? +text : undefined;
  const [low, high] = LIMITS[key];
  return /^\d*\.?\d+$/.test(text) && +text >= low && +text <= high ? +text : undefined;
}

export function parseThrow(fragment) {
  const changes = {};
  const problems = [];
  for (const part of fragment.replace(/^#/, "").split("&").filter(Boolean)) {
    const [name, text] = [part.replace(/=.*/s, ""), part.replace(/^[^=]*=?/, "")];
    const key = Object.hasOwn(NAMES, name) ? NAMES[name] : null;
    const value = key && read(key, text);
    if (!key) problems.push(`“${name.slice(0, 40)}” is not a setting of the throw`);
    else if (value === undefined) {
      const allowed = key === "seed" ? "a whole number below 2³²" : `a number from ${LIMITS[key].join(" to ")}`;
      problems.push(`${name} must be ${allowed}, got “${text.slice(0, 40)}”`);
    } else changes[key] = value;
  }
  return { changes, problems };
}

export const formatThrow = ({ step, size, seed }) => `throw=${step}&size=${size}&seed=${seed}`;
