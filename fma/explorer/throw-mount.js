// The static host of the throw: a <div class="fma-throw" data-state="size=4&step=3.7">.

import { mountFigures } from "./host.js";
import { render } from "./throw.js";
import { THROW_DEFAULTS, THROW_KEYS, formatThrow, parseThrow } from "./throw-state.js";

export const mountAll = () =>
  mountFigures({
    ...{ name: "throw", render, defaults: THROW_DEFAULTS, keys: THROW_KEYS },
    ...{ parse: parseThrow, format: formatThrow },
  });
