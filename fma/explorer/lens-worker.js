// The lens's worker: trains the networks of some pixels, in the order in which it is asked.
//
//   it hears  { id, picture, rates, values }     picture: what lens-run.js's start takes
//   it says   { id, codes, costs, milliseconds } | { id, problem }

import { run, start } from "./lens-run.js";

let name = "";
let from = null;

onmessage = ({ data: { id, picture, rates, values } }) => {
  try {
    const wanted = JSON.stringify(picture);
    if (wanted !== name) [name, from] = [wanted, start(picture)];
    const began = performance.now();
    const codes = new Uint8Array(rates.length);
    const costs = new Float64Array(rates.length);
    rates.forEach((rate, i) => {
      const { code, cost } = run(from, rate, values[i]);
      codes[i] = code;
      costs[i] = cost;
    });
    postMessage({ id, codes, costs, milliseconds: performance.now() - began }, [codes.buffer, costs.buffer]);
  } catch (error) {
    postMessage({ id, problem: error.message });
  }
};
