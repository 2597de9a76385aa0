// What every view draws with: a sharp canvas, scales, ticks, the theme's colours, number formats.

export const REGIME_NAMES = ["plateau", "dead", "converge", "diverged", "learning"]; // the last overrules the others
const THEME_NAMES = ["paper", "ink", "muted", "axis", "grid", "accent", "over", "under", "idle"];

/** What the page's theme gives to `element`: colours by name, and the font of its text. */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--fma-${name}`).trim();
  const colours = [...THEME_NAMES, ...REGIME_NAMES].map((name) => [name, read(name)]);
  return { ...Object.fromEntries(colours), font: style.fontFamily };
}

/** The channels of a colour written as #rrggbb. */
export const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

/** Channels as one pixel of an image whose data is read as 32-bit numbers. */
export const packed = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** The colour a share `t` of the way from one list of channels to another. */
export const mix = (from, to, t) => from.map((c, i) => Math.round(c + (to[i] - c) * t));

/**
 * Fit a canvas to its box on the page, one pixel of it for one of the screen, and clear it. Returns
 * the context, in CSS pixels, with the box's width and height. Boxes are measured by `measured`,
 * never here: reading the layout while drawing would cost the frame.
 */
export function prepare(canvas, theme) {
  const { width, height, ratio } = canvas.box;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  const resized = canvas.width !== w || canvas.height !== h;
  if (resized) Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  if (canvas.font !== theme.font || resized) context.font = `13px ${theme.font}`;
  canvas.font = theme.font;
  return { context, width, height };
}

/** Call `act` when the browser has time, within two seconds. Returns what calls it off. */
export function whenIdle(act) {
  if (window.requestIdleCallback) {
    const asked = requestIdleCallback(act, { timeout: 2000 });
    return () => cancelIdleCallback(asked);
  }
  const timer = setTimeout(act, 300);
  return () => clearTimeout(timer);
}

/**
 * Keep `canvas.box` the size of each canvas; `changed` is called when one has another size. Unless
 * `atOnce`, a box is empty until the page has been laid out in its own time.
 */
export function measured(canvases, changed, atOnce = true) {
  const ratio = () => Math.min(3, window.devicePixelRatio || 1);
  for (const canvas of canvases) {
    const [width, height] = atOnce ? [canvas.clientWidth, canvas.clientHeight] : [0, 0];
    canvas.box = { width, height, ratio: ratio() };
  }
  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const { width, height } = contentRect;
      target.box = { width, height, ratio: ratio() };
    }
    changed();
  });
  for (const canvas of canvases) observer.observe(canvas);
  return observer;
}

/** A linear map from [low, high] to [from, to], and back. */
export function linear(low, high, from, to) {
  const slope = (to - from) / (high - low || 1);
  const scale = (value) => from + (value - low) * slope;
  scale.invert = (pixel) => low + (pixel - from) / slope;
  return scale;
}

const warped = (warp, low, high, from, to) => {
  const scale = linear(warp(low), warp(high), from, to);
  return (value) => scale(warp(value));
};
const CEILING = 1e9; // what diverges beyond it leaves the picture, so that the rest can be seen
const symlog = (value) => Math.sign(value) * Math.log10(1 + Math.abs(value));

/**
 * The vertical axis that suits some series. `kind` is "log", "linear" or "symlog". Ends are round,
 * so that they stay while a slider moves. Returns { scale(from, to), ticks }.
 */
export function verticalAxis(kind, series, settled = 0) {
  let low = Infinity;
  let high = -Infinity;
  for (const { y, count } of series) {
    for (let i = Math.min(settled, count - 1); i < count; i += 1) {
      const value = y[i];
      if (!Number.isFinite(value) || (kind === "log" && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  high = Math.min(high, CEILING);
  low = Math.max(low, -CEILING);
  if (low > high) [low, high] = kind === "log" ? [1, 10] : [0, 1];
  if (kind === "linear") {
    const top = niceAbove(high * 1.05);
    return { scale: (from, to) => linear(0, top, from, to), ticks: stepped(0, top) };
  }
  if (kind === "log") {
    const [bottom, top] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high) + 1e-9)];
    const ends = [10 ** bottom, 10 ** Math.max(top, bottom + 1)];
    return {
      scale: (from, to) => warped(Math.log10, ...ends, from, to),
      ticks: decades(bottom, Math.max(top, bottom + 1)),
    };
  }
  const top = Math.max(1, Math.ceil(symlog(Math.max(high, 0))));
  const bottom = low >= 0 ? 0 : -Math.max(1, Math.ceil(symlog(-low)));
  const ends = [bottom, top].map((t) => Math.sign(t) * (10 ** Math.abs(t) - 1));
  const every = Math.ceil((top - bottom) / 5);
  const ticks = [{ value: 0, text: "0" }];
  for (let t = 1; t <= Math.max(top, -bottom); t += every) {
    if (t <= top) ticks.push({ value: 10 ** t, text: power(t) });
    if (t <= -bottom) ticks.push({ value: -(10 ** t), text: `−${power(t)}` });
  }
  return { scale: (from, to) => warped(symlog, ...ends, from, to), ticks };
}

function decades(bottom, top) {
  const every = Math.ceil((top - bottom) / 5);
  const ticks = [];
  for (let t = bottom; t <= top; t += every) ticks.push({ value: 10 ** t, text: power(t) });
  return ticks;
}

const SUPERSCRIPT = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((s, i) => [i, s])) };
const raised = (n) => [...`${n}`].map((c) => SUPERSCRIPT[c]).join("");
const power = (t) => (t >= 0 && t <= 3 ? FORMATS[0].format(10 ** t) : `10${raised(t)}`);

function niceAbove(value) {
  const unit = 10 ** Math.floor(Math.log10(value || 1));
  return unit * [1, 1.5, 2, 3, 4, 5, 8, 10].find((m) => m * unit >= value);
}

function stepped(low, high) {
  const unit = 10 ** Math.floor(Math.log10(high - low));
  const step = unit * [0.2, 0.5, 1].find((m) => (high - low) / (m * unit) <= 5) || unit;
  const ticks = [];
  for (let v = low; v <= high * 1.0001; v += step) ticks.push({ value: v, text: tickText(v) });
  return ticks;
}

const tickText = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });

/** Epochs to write below an axis that ends at `last`. */
export function epochTicks(last, width) {
  const most = Math.max(2, Math.floor(width / 70));
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, last)));
  const step = [0.1, 0.2, 0.5, 1].map((m) => Math.max(1, m * unit)).find((s) => last / s <= most);
  const ticks = [];
  for (let epoch = 0; epoch <= last; epoch += step || last) ticks.push(epoch);
  return ticks;
}

const FORMATS = [0, 1, 2, 3, 4].map(
  (n) => new Intl.NumberFormat("en", { minimumFractionDigits: n, maximumFractionDigits: n }),
);

/** A number as people write it: at most four digits, × 10ⁿ where it is very large or small. */
export function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) {
    const [digits, exponent] = value.toExponential(1).split("e");
    return `${digits.replace("-", "−")}×10${raised(+exponent)}`;
  }
  const decimals = size >= 1000 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 4;
  return FORMATS[decimals].format(value).replace("-", "−");
}

/** A whole number with its thousands apart. */
export const wholeNumber = (value) => FORMATS[0].format(value);

/** A learning rate: 1e-4, 2.5e-5. */
export const rateText = (rate) => rate.toExponential().replace("-", "−");

/** The sign of a regime, drawn about (x, y): ● plateau, ✕ dead, ▲ converge, ◆ diverged, ■ learning. */
export function mark(context, regime, x, y, radius, colour) {
  context.beginPath();
  if (regime === "plateau") context.arc(x, y, radius, 0, 2 * Math.PI);
  else if (regime === "converge") {
    context.moveTo(x, y - radius * 1.15);
    context.lineTo(x + radius * 1.1, y + radius * 0.85);
    context.lineTo(x - radius * 1.1, y + radius * 0.85);
    context.closePath();
  } else if (regime === "learning") {
    context.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
  } else if (regime === "diverged") {
    for (const [dx, dy] of [[0, -1], [1, 0], [0, 1], [-1, 0]]) {
      context.lineTo(x + dx * radius * 1.2, y + dy * radius * 1.2);
    }
    context.closePath();
  } else {
    const r = radius * 0.85;
    context.moveTo(x - r, y - r);
    context.lineTo(x + r, y + r);
    context.moveTo(x + r, y - r);
    context.lineTo(x - r, y + r);
    context.strokeStyle = colour;
    context.lineWidth = 2.5;
    context.stroke();
    return;
  }
  context.fillStyle = colour;
  context.fill();
}
