// What the diagnosis says, drawn into a chart: where a fault lasted, level, best, spike, onset, checkpoints, holes.

const LANES = 4; // beyond that the lanes are shared
const MARK_FONT = '-apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';

// Lengths are in pixels of the canvas. Made for each drawing: words are placed around those that stand there already.
class Marks {
  constructor(panel, chart) {
    this.panel = panel;
    this.board = panel.board;
    this.chart = chart;
    this.ctx = chart.ctx;
    this.ratio = uPlot.pxRatio;
    this.taken = [];
    const { left, top, width, height } = chart.bbox;
    Object.assign(this, { left, top, right: left + width, bottom: top + height });
  }

  // Behind the lines: where the fault that is meant lasted.
  shade() {
    this.#clipped(0, () => {
      this.ctx.globalAlpha = 0.08;
      for (const episode of this.panel.episodes) {
        if (episode.finding === null || episode.finding !== this.panel.finding) continue;
        this.#band(episode, this.top, this.bottom - this.top);
      }
    });
  }

  // At the top a lane for each fault in these curves.
  lanes() {
    const high = 4 * this.ratio;
    this.#clipped(0, () => {
      this.panel.episodes.forEach((e, i) => this.#band(e, this.top + (i % LANES) * (high + this.ratio), high));
    });
  }

  // Over the lines.
  all() {
    this.#clipped(6 * this.ratio, () => {
      this.ctx.lineWidth = 1.5 * this.ratio;
      this.ctx.font = `${12 * this.ratio}px ${MARK_FONT}`;
      this.ctx.textBaseline = "middle";
      this.#level();
      this.#onset();
      this.#points();
      this.#checkpoints();
      this.#holes();
      this.#start();
      this.#lonely();
    });
  }

  #clipped(margin, draw) {
    const { ctx } = this;
    ctx.save();
    ctx.beginPath();
    ctx.rect(this.left - margin, this.top, this.right - this.left + 2 * margin, this.bottom - this.top + margin);
    ctx.clip();
    draw();
    ctx.restore();
  }

  #band(episode, y, high) {
    const from = this.#x(episode.from);
    const to = episode.to === null ? this.right : this.#x(episode.to);
    this.ctx.fillStyle = this.board.colour(`--${episode.severity}`);
    this.ctx.fillRect(from, y, Math.max(3 * this.ratio, to - from), high);
  }

  #level() {
    const { level } = this.panel.spec;
    if (!level) return;
    const y = this.#y(level.value);
    if (!(y >= this.top && y <= this.bottom)) return;
    this.#line(this.left, y, this.right, y, [5, 3], "--good");
    this.#words(level.words, this.right - 9 * this.ratio, y + 12 * this.ratio, "--good");
  }

  #onset() {
    const { finding, spec } = this.panel;
    const { title, severity, at } = finding === null ? { at: null } : this.board.data.findings[finding];
    if (at === null || !this.#inside(at)) return;
    const x = this.#x(at);
    this.#line(x, this.top, x, this.bottom, [4, 2], `--${severity}`);
    const named = finding === spec.finding ? "" : `${title}：`; // of its own finding the panel need not say which
    this.#words(`${named}第 ${stepText(at)} ${this.board.data.unit}起`, x, this.top + 30 * this.ratio, `--${severity}`);
  }

  #points() {
    const { best, peak } = this.panel.spec;
    const circle = (mark, up, colour) => {
      if (!mark || !this.#inside(mark.x)) return;
      const { ctx } = this;
      ctx.strokeStyle = this.board.colour(colour);
      ctx.beginPath();
      ctx.arc(this.#x(mark.x), this.#y(mark.y), 5 * this.ratio, 0, 2 * Math.PI);
      ctx.stroke();
      this.#words(mark.words, this.#x(mark.x), this.#y(mark.y) - up * this.ratio, colour);
    };
    circle(best, best?.above ? 18 : -18, "--good");
    circle(peak, 0, "--critical");
  }

  #checkpoints() {
    const seen = this.panel.spec.saved.filter((step) => this.#inside(step));
    if (seen.length) this.#row(seen, "▲", this.bottom - 3 * this.ratio, "--ink", "ckpt", 11 * this.ratio);
  }

  // What was logged and has no place on the axis: not finite, or on a log axis not positive.
  #holes() {
    const { curves, below } = this.panel;
    // Of a curve with fewer points than were logged nobody here knows how often.
    const often = (steps) => (curves.some((curve) => curve.mean) ? "" : `：${steps.length} 次`);
    const odd = curves.flatMap((curve) => curve.odd.map(([x]) => x)).filter((x) => this.#inside(x));
    if (odd.length) this.#row(odd, "×", this.top + 28 * this.ratio, "--critical", `NaN/Inf${often(odd)}`);
    const low = below.filter((x) => this.#inside(x));
    if (low.length) this.#row(low, "▾", this.bottom - 6 * this.ratio, "--soft", `≤ 0${often(low)}，对数轴上画不出`);
  }

  // How far a steep start reaches beyond the axis.
  #start() {
    if (!this.panel.cut) return;
    const { low, high, bottom, top } = this.panel.start;
    if (top > high) this.#words(`▲ 开头最高 ${figure(top)}`, this.left, this.top + 30 * this.ratio, "--soft");
    if (bottom < low) this.#words(`▼ 开头最低 ${figure(bottom)}`, this.left, this.bottom - 20 * this.ratio, "--soft");
  }

  // A record between two gaps has no line: a dot.
  #lonely() {
    const { ctx, panel } = this;
    panel.curves.forEach(({ x, y }, i) => {
      ctx.fillStyle = this.board.colour(`--${panel.lines[i]}`);
      for (let k = 0; k < y.length; k++) {
        const near = (k > 0 && y[k - 1] !== null) || (k + 1 < y.length && y[k + 1] !== null);
        if (y[k] === null || near || (panel.kind === "log" && y[k] <= 0)) continue;
        ctx.beginPath();
        ctx.arc(this.#x(x[k]), this.#y(y[k]), 2.5 * this.ratio, 0, 2 * Math.PI);
        ctx.fill();
      }
    });
  }

  // The same glyph at many steps, and words at the first of them.
  #row(steps, glyph, y, colour, text, up = 0) {
    const { ctx } = this;
    ctx.fillStyle = this.board.colour(colour);
    ctx.textAlign = "center";
    let last = -Infinity;
    for (const x of steps.map((step) => this.#x(step))) {
      if (x - last < 2 * this.ratio) continue; // on the same pixels
      ctx.fillText(glyph, x, y);
      last = x;
    }
    this.#words(text, this.#x(steps[0]), y - up, colour);
  }

  // Words beside a point, on the side that has room, and below what stands there already.
  #words(text, x, y, colour) {
    const { ctx, ratio } = this;
    const width = ctx.measureText(text).width + 8 * ratio;
    const high = 17 * ratio;
    const left = Math.max(this.left, x + width + 8 * ratio < this.right ? x + 8 * ratio : x - width - 8 * ratio);
    let top = Math.min(this.bottom - high - 6 * ratio, Math.max(this.top + 22 * ratio, y - high / 2));
    const hit = () =>
      this.taken.find((t) => left < t.right && left + width > t.left && top < t.top + high && top + high > t.top);
    for (let tries = 0, other = hit(); other && tries < 6; tries++, other = hit()) top = other.top + high;
    this.taken.push({ left, right: left + width, top });
    ctx.fillStyle = this.board.colour("--paper");
    ctx.globalAlpha = 0.8;
    ctx.fillRect(left, top, width, high);
    ctx.globalAlpha = 1;
    ctx.fillStyle = this.board.colour(colour);
    ctx.textAlign = "left";
    ctx.fillText(text, left + 4 * ratio, top + high / 2);
  }

  #line(x1, y1, x2, y2, dash, colour) {
    const { ctx } = this;
    ctx.strokeStyle = this.board.colour(colour);
    ctx.setLineDash(dash.map((d) => d * this.ratio));
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2, y2);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  #inside(step) {
    const x = this.#x(step);
    return x >= this.left - 1 && x <= this.right + 1;
  }

  #x(step) {
    return this.chart.valToPos(step, "x", true);
  }

  #y(value) {
    return this.chart.valToPos(value, "y", true);
  }
}
