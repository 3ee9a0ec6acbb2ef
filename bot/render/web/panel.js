// One chart: a uPlot with the marks of the diagnosis. It knows its board, which holds step, zoom, scale and smoothing.

const HEIGHT = 230;
const LANES = 4; // beyond that the lanes are shared
const FEW = 40; // points below which there is nothing to smooth, and each is worth a dot
const MARK_FONT = '12px -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
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
    const said = [...new Set(this.episodes.map((e) => `${e.title}（${this.#when(e)}）`))];
    const told = said.length ? [`色带：${said.join("；")}`] : [];
    if (this.curves.some((curve) => curve.old)) told.push("虚线：续训覆盖掉的部分");
    const notes = element("p", { class: "soft notes" }, told.join("。"));
    return element("section", { class: "panel" }, head, legend, this.plot, notes);
  }

  #when(episode) {
    const from = `第 ${stepText(episode.from)}`;
    return episode.to === null ? `${from} 步起` : `${from}–${stepText(episode.to)} 步`;
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
    this.#touch(this.chart.over);
    this.zoomTo(...board.view);
    this.setStep(board.step);
  }

  #options(series) {
    const { board, kind } = this;
    const ink = board.colour("--soft");
    const grid = { stroke: board.colour("--grid"), width: 1 };
    const common = { stroke: ink, font: AXIS_FONT, grid, ticks: { show: false } };
    const ticks = (low, high) =>
      kind === "log" ? logTicks(low, high, 5) : kind === "asinh" ? asinhTicks(low, high, this.threshold, 6) : roundTicks(low, high, 5);
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
        y: { distr: { linear: 1, log: 3, asinh: 4 }[kind], asinh: this.threshold, range: (u, low, high) => this.#range(low, high) },
      },
      axes: [
        { ...common, size: 28, space: 60, values: (u, at) => at.map((v) => stepText(v, u.scales.x.max)) },
        { ...common, size: 58, splits: (u, i, low, high) => ticks(low, high), filter: (u, at) => at, values: (u, at) => at.map(figure) },
      ],
      series,
      hooks: {
        drawClear: [() => this.#shade()],
        drawAxes: [() => this.#lanes()],
        draw: [() => this.#marks()],
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
    if (this.#cut) ({ low, high } = this.start);
    const large = 3 * Math.max(Math.abs(low), Math.abs(high));
    const fits = level && (this.kind === "log" ? level.value > 0 : Math.abs(level.value) <= large);
    const values = fits ? [Math.min(low, level.value), Math.max(high, level.value)] : [low, high];
    return padded(...values, this.axis, best && !best.above ? 0.22 : 0.07, best?.above ? 0.3 : 0.14);
  }

  // Whether the start is left out: it has no room on a plain axis, and the reader did not ask for it.
  get #cut() {
    return this.kind === "linear" && this.start !== null && this.board.isWhole;
  }

  zoomTo(low, high) {
    this.chart.setScale("x", { min: low, max: high });
  }

  // Shows the values at a step, or with null the last ones.
  setStep(step, move = true) {
    this.curves.forEach((curve, i) => {
      const at = step === null ? curve.x.length - 1 : nearest(curve.x, step);
      const far = step !== null && curve.x[at] !== step ? `（第 ${stepText(curve.x[at])} 步）` : "";
      this.values[i].textContent = `${step === null ? "末值 " : ""}${curve.y[at] === null ? curve.said[at] : figure(curve.y[at])}${far}`;
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

  // One finger reads values, two zoom; up and down still scrolls the page.
  #touch(over) {
    const fingers = new Map();
    const where = (event) => event.clientX - over.getBoundingClientRect().left;
    let held = null;
    over.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "touch") return;
      fingers.set(event.pointerId, where(event));
      if (fingers.size === 2) held = [...fingers.values()].map((left) => this.chart.posToVal(left, "x"));
      else this.board.moveTo(this.chart.posToVal(where(event), "x"));
    });
    over.addEventListener("pointermove", (event) => {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, where(event));
      if (fingers.size === 1) this.board.moveTo(this.chart.posToVal(where(event), "x"));
      else if (held) {
        const [p, q] = fingers.values();
        if (Math.abs(q - p) < 20) return;
        const perPixel = (held[1] - held[0]) / (q - p);
        const low = held[0] - p * perPixel;
        if (perPixel > 0) this.board.zoomed(low, low + over.clientWidth * perPixel);
      }
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      over.addEventListener(end, (event) => {
        fingers.delete(event.pointerId);
        if (fingers.size < 2) held = null;
      });
    }
  }

  // The finding that is meant here: the one that the reader followed, else the panel's own.
  get #finding() {
    return this.marked ?? this.spec.finding;
  }

  // Behind the lines: where the fault that is meant lasted.
  #shade() {
    const { ctx, bbox } = this.chart;
    for (const episode of this.episodes) {
      if (episode.finding === null || episode.finding !== this.#finding) continue;
      ctx.save();
      ctx.globalAlpha = 0.08;
      ctx.fillStyle = this.board.colour(`--${episode.severity}`);
      const [from, width] = this.#span(episode);
      ctx.fillRect(from, bbox.top, width, bbox.height);
      ctx.restore();
    }
  }

  // At the top, a lane for each fault in these curves.
  #lanes() {
    const { ctx, bbox } = this.chart;
    const high = 4 * uPlot.pxRatio;
    ctx.save();
    this.episodes.forEach((episode, i) => {
      const [from, width] = this.#span(episode);
      if (width <= 0) return;
      ctx.fillStyle = this.board.colour(`--${episode.severity}`);
      ctx.fillRect(from, bbox.top + (i % LANES) * (high + uPlot.pxRatio), width, high);
    });
    ctx.restore();
  }

  // Left edge and width of an episode inside the plot, in pixels of the canvas.
  #span(episode) {
    const { bbox } = this.chart;
    const right = bbox.left + bbox.width;
    const from = Math.max(bbox.left, this.#x(episode.from));
    const to = episode.to === null ? right : Math.min(right, this.#x(episode.to));
    if (from > right || (to < bbox.left && episode.to !== null)) return [from, 0];
    return [from, Math.min(right - from, Math.max(3 * uPlot.pxRatio, to - from))];
  }

  // Over the lines: level, best, spike, onset, checkpoints, what is not finite or has no place on the axis.
  #marks() {
    const { ctx, bbox } = this.chart;
    const { spec, board } = this;
    const ratio = uPlot.pxRatio;
    const right = bbox.left + bbox.width;
    const bottom = bbox.top + bbox.height;
    const taken = [];
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left - 6 * ratio, bbox.top, bbox.width + 12 * ratio, bbox.height + 4 * ratio);
    ctx.clip();
    ctx.lineWidth = 1.5 * ratio;
    ctx.font = MARK_FONT.replace("12px", `${12 * ratio}px`);
    ctx.textBaseline = "middle";
    const inside = (x) => x >= bbox.left - 1 && x <= right + 1;
    const line = (x1, y1, x2, y2, dash) => {
      ctx.setLineDash(dash.map((d) => d * ratio));
      ctx.beginPath();
      ctx.moveTo(x1, y1);
      ctx.lineTo(x2, y2);
      ctx.stroke();
      ctx.setLineDash([]);
    };
    const circle = (x, y) => {
      ctx.beginPath();
      ctx.arc(x, y, 5 * ratio, 0, 2 * Math.PI);
      ctx.stroke();
    };
    // Words beside a point, on the side that has room, and below what stands there already.
    const words = (text, x, y, colour) => {
      const width = ctx.measureText(text).width + 8 * ratio;
      const high = 17 * ratio;
      const left = Math.max(bbox.left, x + width + 8 * ratio < right ? x + 8 * ratio : x - width - 8 * ratio);
      let top = Math.min(bottom - high - 6 * ratio, Math.max(bbox.top + 22 * ratio, y - high / 2));
      const hit = () => taken.find((t) => left < t.right && left + width > t.left && top < t.top + high && top + high > t.top);
      for (let tries = 0, other = hit(); other && tries < 6; tries++, other = hit()) top = other.top + high;
      taken.push({ left, right: left + width, top });
      ctx.fillStyle = board.colour("--paper");
      ctx.globalAlpha = 0.8;
      ctx.fillRect(left, top, width, high);
      ctx.globalAlpha = 1;
      ctx.fillStyle = colour;
      ctx.textAlign = "left";
      ctx.fillText(text, left + 4 * ratio, top + high / 2);
    };
    const good = board.colour("--good");
    if (spec.level) {
      const y = this.chart.valToPos(spec.level.value, "y", true);
      ctx.strokeStyle = good;
      if (y >= bbox.top && y <= bottom) {
        line(bbox.left, y, right, y, [5, 3]);
        words(spec.level.words, right - 9 * ratio, y + 12 * ratio, good);
      }
    }
    const finding = this.#finding === null ? null : board.data.findings[this.#finding];
    if (finding !== null && finding.at !== null && inside(this.#x(finding.at))) {
      const colour = board.colour(`--${finding.severity}`);
      ctx.strokeStyle = colour;
      line(this.#x(finding.at), bbox.top, this.#x(finding.at), bottom, [4, 2]);
      const named = this.marked !== null && this.marked !== spec.finding ? `${finding.title}：` : "";
      words(`${named}第 ${stepText(finding.at)} 步起`, this.#x(finding.at), bbox.top + 30 * ratio, colour);
    }
    for (const [mark, colour] of [[spec.best, good], [spec.peak, board.colour("--critical")]]) {
      if (!mark || !inside(this.#x(mark.x))) continue;
      const y = this.chart.valToPos(mark.y, "y", true);
      ctx.strokeStyle = colour;
      circle(this.#x(mark.x), y);
      words(mark.words, this.#x(mark.x), y + (mark === spec.best ? (mark.above ? -18 : 18) * ratio : 0), colour);
    }
    ctx.fillStyle = board.colour("--ink");
    ctx.textAlign = "center";
    for (const step of spec.saved) if (inside(this.#x(step))) ctx.fillText("▲", this.#x(step), bottom - 3 * ratio);
    const seen = spec.saved.find((step) => inside(this.#x(step)));
    if (seen !== undefined) words("ckpt", this.#x(seen), bottom - 14 * ratio, board.colour("--ink"));
    const odd = this.curves.flatMap((curve) => curve.odd.map(([x]) => x)).filter((x) => inside(this.#x(x)));
    const bad = board.colour("--critical");
    const edge = (steps, glyph, y, colour, text) => {
      if (!steps.length) return;
      ctx.fillStyle = colour;
      ctx.textAlign = "center";
      let last = -Infinity;
      for (const x of steps.map((step) => this.#x(step))) {
        if (x - last < 2 * ratio) continue;
        ctx.fillText(glyph, x, y);
        last = x;
      }
      words(text, this.#x(steps[0]), y, colour);
    };
    // Of a curve with fewer points than were logged nobody here knows how often.
    const often = (steps) => (this.curves.some((curve) => curve.mean) ? "" : `：${steps.length} 次`);
    edge(odd, "×", bbox.top + 28 * ratio, bad, `NaN/Inf${often(odd)}`);
    const low = this.below.filter((x) => inside(this.#x(x)));
    edge(low, "▾", bottom - 6 * ratio, board.colour("--soft"), `≤ 0${often(low)}，对数轴上画不出`);
    if (this.#cut) {
      const { low: least, high: most, bottom: first, top } = this.start;
      const soft = board.colour("--soft");
      if (top > most) words(`▲ 开头最高 ${figure(top)}`, bbox.left, bbox.top + 30 * ratio, soft);
      if (first < least) words(`▼ 开头最低 ${figure(first)}`, bbox.left, bottom - 20 * ratio, soft);
    }
    this.#lonely();
    ctx.restore();
  }

  // A record between two gaps has no line: a dot.
  #lonely() {
    const { ctx } = this.chart;
    this.curves.forEach((curve, i) => {
      ctx.fillStyle = this.board.colour(`--${this.lines[i]}`);
      curve.y.forEach((y, k) => {
        if (y === null || (k > 0 && curve.y[k - 1] !== null) || (k + 1 < curve.y.length && curve.y[k + 1] !== null)) return;
        if (this.kind === "log" && y <= 0) return;
        ctx.beginPath();
        ctx.arc(this.#x(curve.x[k]), this.chart.valToPos(y, "y", true), 2.5 * uPlot.pxRatio, 0, 2 * Math.PI);
        ctx.fill();
      });
    });
  }

  #x(step) {
    return this.chart.valToPos(step, "x", true);
  }
}
