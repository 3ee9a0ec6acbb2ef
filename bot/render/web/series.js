// Numbers in, numbers out: what the charts need of the curves. Nothing here touches the page.

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
