// The small map of the first updates, f = r w σ t: one number a layer. As in fma/throw.py.

export const KAPPA = 136.70098993977194; // 2 mean(t²) over the training rows, t = (m + a)/√2
export const BEST = 4.34954667597534; // the best slope P*
export const LIMITS = { size: [2.2, 6.6], step: [1.5, 6] };
export const SHOWN = 12; // updates
const UPDATES = 400; // after which a run has found back or has not
const BEYOND = 1e9; // a weight that is larger has diverged

/** Where the map starts if every weight has its mean value and layer 1 that size. */
export const startAt = (size) => [0.5, 4, size];

/** The sharpness at a point: the largest eigenvalue of the map's 3 × 3 Hessian, by its powers. */
export function curvature([r, w, sigma]) {
  const v = [w * sigma, r * sigma, r * w];
  const error = r * w * sigma - BEST;
  const bend = [[0, sigma, w], [sigma, 0, r], [w, r, 0]];
  const hessian = bend.map((row, i) => row.map((value, j) => KAPPA * (v[i] * v[j] + error * value)));
  let vector = [1, 0.1, 0.1];
  let value = 0;
  for (let i = 0; i < 200; i += 1) {
    const product = hessian.map((row) => row.reduce((sum, h, j) => sum + h * vector[j], 0));
    const length = Math.hypot(...product);
    const before = value;
    value = length;
    vector = product.map((part) => part / length);
    if (Math.abs(value - before) <= 1e-15 * value) break;
  }
  return value;
}

/** One update; the pull is η κ. */
export function update([r, w, sigma], pull) {
  const gradient = pull * (r * w * sigma - BEST);
  return [r - gradient * w * sigma, w - gradient * r * sigma, sigma - gradient * r * w];
}

/** The points [r, w, σ] before the first and after each of `updates` updates. */
export function path(size, step, updates = SHOWN) {
  const points = [startAt(size)];
  const pull = (KAPPA * step) / curvature(points[0]);
  for (let i = 0; i < updates; i += 1) points.push(update(points.at(-1), pull));
  return points;
}

/** Whether a run stays on the plateau or finds back to it; the sharpness at its start may be known. */
export function stays(size, step, sharpness = curvature(startAt(size))) {
  let point = startAt(size);
  const pull = (KAPPA * step) / sharpness;
  for (let i = 0; i < UPDATES; i += 1) {
    point = update(point, pull);
    if (!(point[1] > 0 && point[2] > 0 && Math.abs(point[0]) < BEYOND)) return false;
  }
  return point[0] * point[1] * point[2] > BEST / 2;
}
