// Axes: their scales, ranges and ticks, and how numbers are written.

// Four digits, as in the texts: 15.12, 160000, 1e-5, 7.302e-12.
function figure(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "—";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value + 0);
  const size = Math.abs(value);
  const text = size < 1e-4 || size >= 1e7 ? value.toExponential(3) : value.toPrecision(4);
  const [digits, exponent] = text.split("e");
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return exponent === undefined ? short : `${short}e${Number(exponent)}`;
}

// 20000; 1.25M from a million on, and so all of an axis that goes there.
function stepText(step, among = 0) {
  if (step && Math.max(Math.abs(step), among) >= 1e6) return `${Number((step / 1e6).toPrecision(4))}M`;
  return String(Math.round(step * 100) / 100);
}

// Below this size an arcsinh axis is linear: most of what is not zero lies above it.
function linearBelow(lines) {
  const sizes = lines.flatMap((line) => line.y.filter((v) => v).map(Math.abs)).sort((a, b) => a - b);
  return sizes.length ? sizes[Math.floor(sizes.length / 10)] : 1;
}

const AXIS = {
  linear: { to: (v) => v, from: (v) => v },
  log: { to: Math.log10, from: (v) => 10 ** v },
};

function asinhAxis(threshold) {
  return { to: (v) => Math.asinh(v / threshold), from: (v) => threshold * Math.sinh(v) };
}

// The range of an axis: the values, and a margin in the axis' own measure. Above and below: shares of the span.
function padded(low, high, axis, below = 0.07, above = 0.12) {
  const a = axis.to(low);
  const b = axis.to(high);
  const span = b - a || (axis === AXIS.linear ? Math.max(Math.abs(a), 1e-12) * 0.2 : 1);
  return [axis.from(a - below * span), axis.from(b + above * span)];
}

// {low, high, top, bottom} of curves whose first 2 % would press all the rest flat: the range without them, and what they
// reach beyond it. null where they do not.
function withoutStart(curves) {
  const later = curves
    .flatMap(({ y }) => y.slice(y.length >= 30 ? Math.floor(y.length / 50) + 1 : 0))
    .filter((v) => v !== null);
  const all = curves.flatMap(({ y }) => y.filter((v) => v !== null));
  if (later.length < 30) return null;
  const [low, high] = extent(later);
  const [bottom, top] = extent(all);
  return low < high && top - bottom >= 3 * (high - low) ? { low, high, bottom, top } : null;
}

function extent(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

// About `wanted` round numbers between low and high.
function roundTicks(low, high, wanted) {
  const raw = (high - low) / wanted;
  const size = 10 ** Math.floor(Math.log10(raw));
  const off = (step) => Math.abs(Math.log(step / raw));
  const step = [1, 2, 5, 10].map((k) => k * size).reduce((a, b) => (off(b) < off(a) ? b : a));
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

// Powers of ten; in between where the range is narrow; round numbers where it is narrower still.
function logTicks(low, high, wanted) {
  const decades = Math.log10(high / low);
  if (decades < 0.8) return roundTicks(low, high, wanted);
  const every = Math.max(1, Math.ceil(decades / wanted));
  const ticks = [];
  for (let k = Math.floor(Math.log10(low)); k <= Math.log10(high); k++) {
    if (k % every) continue;
    for (const sub of decades < 2 ? [1, 2, 5] : [1]) {
      const tick = Number(`${sub}e${k}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}

// Zero, and powers of ten on both sides.
function asinhTicks(low, high, threshold, wanted) {
  const first = Math.floor(Math.log10(threshold));
  const side = (end) => {
    if (end <= threshold) return [];
    const ticks = logTicks(10 ** first, end, wanted / 2);
    return ticks.filter((t) => t > threshold);
  };
  const ticks = [
    ...side(-low)
      .map((t) => -t)
      .reverse(),
    0,
    ...side(high),
  ].filter((t) => t >= low && t <= high);
  return ticks.length > 2 ? ticks : roundTicks(low, high, wanted);
}
