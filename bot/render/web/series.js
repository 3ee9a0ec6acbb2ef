// Numbers in, numbers out: what the charts need of the curves. Nothing here touches the page.

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

// A curve as it was written into the page -> {x, y, odd}. y: null where what was logged is not finite; odd: [step, what].
function decode(curve, axes) {
  const x = axes[curve.x];
  const y = new Array(x.length);
  const odd = [];
  for (let i = 0; i < x.length; i++) {
    const value = curve.y[i];
    y[i] = typeof value === "number" ? value : null;
    if (y[i] === null) odd.push([x[i], value]);
  }
  return { x, y, odd };
}

// Index of the x nearest to a value. xs ascend.
function nearest(xs, value) {
  let low = 0;
  let high = xs.length - 1;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (xs[mid] < value) low = mid + 1;
    else high = mid;
  }
  return low > 0 && value - xs[low - 1] <= xs[low] - value ? low - 1 : low;
}

// Lines of {x, y} -> [xs, ...ys] over all their steps. undefined: not logged there, which is no gap. null is one, from the
// value before it to the value after it, whatever others logged in between.
function align(lines) {
  const at = lines.map(() => 0);
  const xs = [];
  const ys = lines.map(() => []);
  for (;;) {
    let x = Infinity;
    lines.forEach((line, i) => {
      if (at[i] < line.x.length && line.x[at[i]] < x) x = line.x[at[i]];
    });
    if (x === Infinity) return [xs, ...ys.map(widened)];
    xs.push(x);
    lines.forEach((line, i) => {
      const here = at[i] < line.x.length && line.x[at[i]] === x;
      ys[i].push(here ? line.y[at[i]++] : undefined);
    });
  }
}

const SPIKE = 9; // records: what is shorter than half of that is no level

// The middle of each value and its neighbours: a spike of a few records leaves no trace. Gaps stay.
function withoutSpikes(values) {
  const reach = (SPIKE - 1) / 2;
  return values.map((value, i) => {
    if (value === null) return null;
    const near = values.slice(Math.max(0, i - reach), i + reach + 1).filter((v) => v !== null);
    return i < reach || i >= values.length - reach ? value : near.sort((a, b) => a - b)[near.length >> 1];
  });
}

function widened(ys) {
  for (let i = 0; i < ys.length; i++) {
    if (ys[i] !== null) continue;
    for (let k = i - 1; k >= 0 && ys[k] === undefined; k--) ys[k] = null;
    for (let k = i + 1; k < ys.length && ys[k] === undefined; k++) ys[k] = null;
  }
  return ys;
}

// A level: spikes left out, then a centred mean over `share` of the records, narrower towards the ends; of logarithms
// where the axis is one. Gaps stay.
function smooth(line, share, log) {
  const n = line.y.length;
  const half = Math.floor((share * n) / 2);
  const known = line.y.map((v) => (v === null || (log && v <= 0) ? null : log ? Math.log(v) : v));
  const values = 2 * half >= SPIKE ? withoutSpikes(known) : known;
  const y = values.map((value, i) => {
    if (value === null) return null;
    const reach = Math.min(half, i, n - 1 - i);
    let sum = 0; // anew for each: running sums would keep the rounding of the largest value
    let count = 0;
    for (let k = i - reach; k <= i + reach; k++) {
      if (values[k] === null) continue;
      sum += values[k];
      count++;
    }
    return log ? Math.exp(sum / count) : sum / count;
  });
  return { x: line.x, y };
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
  const later = curves.flatMap(({ y }) => y.slice(y.length >= 30 ? Math.floor(y.length / 50) + 1 : 0)).filter((v) => v !== null);
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
  const ticks = [...side(-low).map((t) => -t).reverse(), 0, ...side(high)].filter((t) => t >= low && t <= high);
  return ticks.length > 2 ? ticks : roundTicks(low, high, wanted);
}
