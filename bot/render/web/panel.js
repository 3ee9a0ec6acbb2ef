// One chart: a uPlot with the marks of the diagnosis. It knows its board, which holds step, zoom, scale and smoothing.

const HEIGHT = 230;
const FEW = 40; // points below which there is nothing to smooth, and each is worth a dot
const AXIS_FONT = '12px -apple-system, "Segoe UI", "Noto Sans SC", sans-serif';
const SCALES = { auto: "自动", linear: "线性", log: "对数", asinh: "arcsinh" };

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

class Panel {
  // spec: as in the page's data. board: the Board it belongs to.
  constructor(spec, board) {
    this.spec = spec;
    this.board = board;
    this.scale = "auto";
    this.marked = null; // index of the finding that the reader followed here
    this.curves = spec.metrics.flatMap((i) => [board.curve(i), board.peer(i)]).filter((curve) => curve !== null);
    this.episodes = board.data.episodes.filter((e) => e.metrics.some((i) => spec.metrics.includes(i)));
    this.root = this.#frame();
  }

  // The frame around the chart: title, scale, values at the cursor, what is shaded.
  #frame() {
    const { spec, board } = this;
    const id = `panel-${board.count++}`;
    const select = element("select", { "aria-label": `${spec.title} 的纵轴` });
    for (const [value, word] of Object.entries(SCALES)) select.append(element("option", { value }, word));
    select.addEventListener("change", () => this.setScale(select.value));
    this.select = select;
    const head = element("div", { class: "panel-head" }, element("h3", { id }, spec.title), select);
    if (spec.added) {
      const close = element("button", { type: "button", "aria-label": `关闭 ${spec.title}`, title: "关闭" }, "×");
      close.addEventListener("click", () => board.remove(this));
      head.append(close);
    }
    this.values = this.curves.map(() => element("b"));
    const legend = element("div", { class: "legend" });
    const metrics = this.curves.filter((curve) => !curve.isPeer);
    this.lines = this.curves.map((curve) => (curve.isPeer ? "peer" : `line-${metrics.indexOf(curve) % 3}`));
    this.curves.forEach((curve, i) => {
      legend.append(element("span", {}, element("i", { class: this.lines[i] }), `${curve.key} `, this.values[i]));
    });
    this.plot = element("div", {
      class: "plot",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "曲线图",
      "aria-labelledby": id,
      "aria-describedby": "chart-help",
    });
    this.plot.addEventListener("keydown", (event) => this.#key(event));
    const told = this.episodes.length ? [`色带：${this.#said()}`] : [];
    if (this.curves.some((curve) => curve.old)) told.push("虚线：续训覆盖掉的部分");
    const notes = element("p", { class: "soft notes" }, told.join("。"));
    return element("section", { class: "panel" }, head, legend, this.plot, notes);
  }

  // The faults of these curves, each once, with its steps; of several of the same how many.
  #said() {
    const byTitle = new Map();
    for (const e of this.episodes) byTitle.set(e.title, [...(byTitle.get(e.title) ?? []), e]);
    const when = ({ from, to }) =>
      to === null
        ? `第 ${stepText(from)} ${this.board.data.unit}起`
        : `第 ${stepText(from)}–${stepText(to)} ${this.board.data.unit}`;
    return [...byTitle]
      .map(([title, all]) => `${title}（${all.length > 1 ? `${all.length} 次，首次` : ""}${when(all[0])}）`)
      .join("；");
  }

  get kind() {
    const own = this.scale === "auto" ? this.board.scale : this.scale;
    return own === "auto" ? (this.spec.log ? "log" : "linear") : own;
  }

  setScale(kind) {
    this.scale = kind;
    this.draw();
  }

  // Makes the chart anew: after a change of scale, smoothing, size or theme.
  draw() {
    this.chart?.destroy();
    const { kind, board } = this;
    const log = kind === "log";
    this.threshold = kind === "asinh" ? linearBelow(this.curves) : 1;
    this.axis = kind === "asinh" ? asinhAxis(this.threshold) : AXIS[kind];
    this.start = withoutStart(this.curves);
    this.below = log ? this.curves.flatMap((c) => c.x.filter((_, i) => c.y[i] !== null && c.y[i] <= 0)) : [];
    const lines = [];
    const series = [{}];
    this.read = new Set(); // series whose values are read at the cursor
    const add = (line, options) => {
      const y = log ? line.y.map((v) => (v > 0 ? v : v === undefined ? v : null)) : line.y;
      lines.push({ x: line.x, y });
      series.push({ spanGaps: false, ...options });
    };
    this.curves.forEach((curve, i) => {
      const colour = board.colour(`--${this.lines[i]}`);
      if (curve.isPeer) {
        this.read.add(series.length);
        add(curve, { stroke: colour, width: 1.5, dash: [8, 4], points: { show: false } });
        return;
      }
      const calm = curve.y.length >= FEW && board.smoothing > 0;
      if (curve.old) add(curve.old, { stroke: colour, width: 1, alpha: 0.45, dash: [3, 3], points: { show: false } });
      this.read.add(series.length);
      const few = curve.y.length < FEW;
      add(curve, { stroke: colour, width: calm ? 1 : 1.6, alpha: calm ? 0.35 : 1, points: { show: few, size: 5 } });
      if (calm) {
        const drawn = { stroke: colour, width: 2, points: { show: false } };
        add(smooth(curve.mean ?? curve, board.smoothing, log), drawn);
      }
    });
    this.chart = new uPlot(this.#options(series), align(lines), this.plot);
    this.#pointer(this.chart);
    listenToFingers(this.chart, board);
    this.zoomTo(...board.view);
    this.setStep(board.step);
  }

  #options(series) {
    const { board, kind } = this;
    const ink = board.colour("--soft");
    const grid = { stroke: board.colour("--grid"), width: 1 };
    const common = { stroke: ink, font: AXIS_FONT, grid, ticks: { show: false } };
    const ticks = (low, high) =>
      kind === "log"
        ? logTicks(low, high, 5)
        : kind === "asinh"
          ? asinhTicks(low, high, this.threshold, 6)
          : roundTicks(low, high, 5);
    return {
      width: Math.max(200, this.plot.clientWidth),
      height: HEIGHT,
      padding: [8, 26, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: (u, i) => (this.read.has(i) ? 8 : 0) },
        drag: { x: true, y: false, dist: 6, setScale: false },
        dataIdx: (u, i, at) => this.#logged(u.data[i], at),
        bind: { dblclick: () => () => board.reset() },
      },
      scales: {
        x: { time: false },
        y: {
          distr: { linear: 1, log: 3, asinh: 4 }[kind],
          asinh: this.threshold,
          range: (u, low, high) => this.#range(low, high),
        },
      },
      axes: [
        { ...common, size: 28, space: 60, values: (u, at) => at.map((v) => stepText(v, u.scales.x.max)) },
        {
          ...common,
          size: 58,
          splits: (u, i, low, high) => ticks(low, high),
          filter: (u, at) => at,
          values: (u, at) => at.map(figure),
        },
      ],
      series,
      hooks: {
        drawClear: [(u) => new Marks(this, u).shade()],
        drawAxes: [(u) => new Marks(this, u).lanes()],
        draw: [(u) => new Marks(this, u).all()],
        setSelect: [(u) => this.#selected(u)],
      },
    };
  }

  // The nearest record of a line: between the steps of one metric lie those of another.
  #logged(values, at) {
    if (at === null || at === undefined) return at;
    for (let d = 0; d < values.length; d++) {
      if (values[at - d] !== undefined && values[at - d] !== null) return at - d;
      if (values[at + d] !== undefined && values[at + d] !== null) return at + d;
      if (d > 2000) break;
    }
    return null;
  }

  #range(low, high) {
    if (low === null || high === null) return this.kind === "log" ? [1, 10] : [0, 1];
    const { best, level } = this.spec;
    if (this.cut) ({ low, high } = this.start);
    const large = 3 * Math.max(Math.abs(low), Math.abs(high));
    const fits = level && (this.kind === "log" ? level.value > 0 : Math.abs(level.value) <= large);
    const values = fits ? [Math.min(low, level.value), Math.max(high, level.value)] : [low, high];
    return padded(...values, this.axis, best && !best.above ? 0.22 : 0.07, best?.above ? 0.3 : 0.14);
  }

  // Whether the start is left out: it has no room on a plain axis, and the reader did not ask for it.
  get cut() {
    return this.kind === "linear" && this.start !== null && this.board.isWhole;
  }

  zoomTo(low, high) {
    this.chart.setScale("x", { min: low, max: high });
  }

  // Shows the values at a step, or with null the last ones.
  setStep(step, move = true) {
    this.curves.forEach((curve, i) => {
      const at = step === null ? curve.x.length - 1 : nearest(curve.x, step);
      const far = step !== null && curve.x[at] !== step ? `（第 ${stepText(curve.x[at])} ${this.board.data.unit}）` : "";
      this.values[i].textContent =
        `${step === null ? "末值 " : ""}${curve.y[at] === null ? curve.said[at] : figure(curve.y[at])}${far}`;
    });
    if (!move || !this.chart) return;
    const left = step === null ? -10 : this.chart.valToPos(step, "x");
    const inside = left >= 0 && left <= this.chart.over.clientWidth;
    this.chart.setCursor({ left: inside ? left : -10, top: inside ? 10 : -10 }, false);
  }

  // What a reader hears at the cursor.
  say() {
    return this.curves.map((curve, i) => `${curve.name} ${this.values[i].textContent}`).join("，");
  }

  #selected(u) {
    const { left, width } = u.select;
    if (width > 0) this.board.zoomed(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  }

  // Only the pointer itself moves the cursor of all panels: what uPlot reports comes also, and later, of our own doing.
  #pointer(u) {
    u.over.addEventListener("mousemove", () => {
      if (u.cursor.left >= 0 && u.cursor.idx !== null) this.board.moveTo(u.data[0][u.cursor.idx], this);
    });
    u.over.addEventListener("mouseleave", () => this.board.moveTo(null));
  }

  #key(event) {
    const { board } = this;
    const xs = this.curves[0].x;
    const now = board.step === null ? xs.length - 1 : nearest(xs, board.step);
    const far = event.shiftKey ? Math.max(10, Math.round(xs.length / 20)) : 1;
    const to = { ArrowLeft: now - far, ArrowRight: now + far, Home: 0, End: xs.length - 1 }[event.key];
    if (to !== undefined) {
      board.moveTo(xs[Math.min(xs.length - 1, Math.max(0, to))]);
      board.follow();
      board.announce(this);
    } else if (event.key === "+" || event.key === "=") board.magnify(0.5);
    else if (event.key === "-") board.magnify(2);
    else if (event.key === "0" || event.key === "Escape") board.reset();
    else return;
    event.preventDefault();
  }

  // The finding that is meant here: the one that the reader followed, else the panel's own.
  get finding() {
    return this.marked ?? this.spec.finding;
  }
}
