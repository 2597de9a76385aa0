// The static host of the lens: a <div class="fma-lens" data-state="lens=small&axis=slope">.

import { mountFigures } from "./host.js";
import { render } from "./lens.js";
import { LENS_DEFAULTS, LENS_KEYS, formatLens, parseLens } from "./lens-state.js";

export const mountAll = () =>
  mountFigures({
    ...{ name: "lens", render, defaults: LENS_DEFAULTS, keys: LENS_KEYS },
    ...{ parse: parseLens, format: formatLens },
  });
