// All charts of the page: one step, one zoom, one smoothing for all of them.

class Board {
  // data: as bot.render.curves made it. root: where the panels go.
  constructor(data, root) {
    this.data = data;
    this.root = root;
    this.count = 0;
    this.scale = "auto";
    this.smoothing = 0.04;
    this.step = null;
    this.decoded = new Map();
    this.panels = data.panels.map((spec) => new Panel(spec, this)).filter((panel) => panel.curves.length);
    this.view = this.#whole();
    root.append(...this.panels.map((panel) => panel.root));
    this.live = document.getElementById("live");
    this.#controls();
    this.draw();
    new ResizeObserver(() => this.#resized()).observe(root);
  }

  // A metric's curve, decoded once; null where the page has none of it.
  curve(index) {
    const { axes, metrics } = this.data;
    const metric = metrics[index];
    if (metric.x === undefined) return null;
    if (!this.decoded.has(index)) {
      const curve = { key: metric.key, name: metric.name, said: metric.y, ...decode(metric, axes) };
      if (metric.old) curve.old = decode(metric.old, axes);
      if (metric.mean) curve.mean = decode(metric.mean, axes);
      this.decoded.set(index, curve);
    }
    return this.decoded.get(index);
  }

  // The curve of the same metric in the run that this one is set beside; null where it has none.
  peer(index) {
    const { peer, axes } = this.data;
    const found = peer?.curves[index];
    return found ? { key: peer.name, name: peer.name, said: found.y, isPeer: true, ...decode(found, axes) } : null;
  }

  colour(name) {
    return this.colours.getPropertyValue(name).trim();
  }

  draw() {
    this.width = this.root.clientWidth;
    this.colours = getComputedStyle(document.documentElement);
    for (const panel of this.panels) panel.draw();
  }

  #resized() {
    if (this.root.clientWidth !== this.width) this.draw();
  }

  #whole() {
    let low = Infinity;
    let high = -Infinity;
    for (const { x, isPeer } of this.panels.flatMap((panel) => panel.curves)) {
      if (isPeer) continue;
      low = Math.min(low, x[0]);
      high = Math.max(high, x[x.length - 1]);
    }
    if (low > high) return [0, 1];
    return low === high ? [low - 1, high + 1] : [low, high];
  }

  get isWhole() {
    const [first, last] = this.#whole();
    return this.view[0] <= first && this.view[1] >= last;
  }

  // Shows what was asked for, as far as there is data.
  zoomed(low, high) {
    const [first, last] = this.#whole();
    this.#show(Math.max(first, low), Math.min(last, high));
  }

  #show(low, high) {
    if (!(high > low)) return;
    this.view = [low, high];
    for (const panel of this.panels) panel.zoomTo(low, high);
    for (const panel of this.panels) panel.setStep(this.step);
    const part = !this.isWhole;
    const text = (step) => stepText(high - low > 20 ? Math.round(step) : step);
    this.range.textContent = part ? `第 ${text(low)}–${text(high)} ${this.data.unit}` : "全程";
  }

  reset() {
    this.#show(...this.#whole());
  }

  // Shows `factor` times as much as now, around the cursor.
  magnify(factor) {
    const [low, high] = this.view;
    const seen = this.step !== null && this.step >= low && this.step <= high;
    const middle = seen ? this.step : (low + high) / 2;
    this.zoomed(middle - (middle - low) * factor, middle + (high - middle) * factor);
  }

  // Moves the view along when the cursor has left it.
  follow() {
    const [low, high] = this.view;
    if (this.step >= low && this.step <= high) return;
    const [first, last] = this.#whole();
    const half = (high - low) / 2;
    const middle = Math.min(last - half, Math.max(first + half, this.step));
    this.#show(middle - half, middle + half);
  }

  // Values at a step in every panel. `source` has its cursor there already.
  moveTo(step, source = null) {
    this.step = step;
    for (const panel of this.panels) panel.setStep(step, panel !== source);
    this.where.textContent = step === null ? "末值" : `第 ${stepText(step)} ${this.data.unit}`;
  }

  announce(panel) {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      this.live.textContent = `第 ${stepText(this.step)} ${this.data.unit}：${panel.say()}`;
    }, 120);
  }

  // The panel of a metric; made when there is none yet.
  panelOf(index) {
    const found =
      this.panels.find((p) => p.spec.metrics[0] === index) ?? this.panels.find((p) => p.spec.metrics.includes(index));
    if (found || this.curve(index) === null) return found ?? null;
    const { name, key, log } = this.data.metrics[index];
    const spec = { title: name || key, metrics: [index], log, finding: null, saved: [], added: true };
    const panel = new Panel(spec, this);
    this.panels.push(panel);
    this.root.append(panel.root);
    panel.draw();
    this.reset();
    return panel;
  }

  remove(panel) {
    panel.chart.destroy();
    panel.root.remove();
    this.panels = this.panels.filter((p) => p !== panel);
    document.getElementById("charts").focus();
  }

  // Goes to the panel of a metric; with the index of a finding that one is marked there. False when there is no curve.
  jump(index, finding = null) {
    const panel = this.panels.find((p) => finding !== null && p.spec.finding === finding) ?? this.panelOf(index);
    if (panel === null) return false;
    for (const other of this.panels) {
      other.root.classList.toggle("marked", other === panel);
      other.marked = other === panel ? finding : null;
      other.chart.redraw(false);
    }
    const step = finding === null ? null : this.data.findings[finding].at;
    if (step !== null) {
      if (step < this.view[0] || step > this.view[1]) this.reset();
      this.moveTo(step);
      this.announce(panel);
    }
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    panel.root.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    panel.plot.focus({ preventScroll: true });
    return true;
  }

  #controls() {
    const on = (id, event, act) => document.getElementById(id).addEventListener(event, act);
    this.where = document.getElementById("where");
    this.range = document.getElementById("range");
    on("scale", "change", (event) => {
      this.scale = event.target.value;
      for (const panel of this.panels) {
        panel.scale = "auto";
        panel.select.value = "auto";
      }
      this.draw();
    });
    on("smoothing", "input", (event) => {
      this.smoothing = Number(event.target.value) / 100;
      const words = this.smoothing ? `${event.target.value}%` : "关";
      document.getElementById("smoothed").textContent = words;
      event.target.setAttribute("aria-valuetext", words);
      cancelAnimationFrame(this.pending);
      this.pending = requestAnimationFrame(() => this.draw());
    });
    on("zoom-in", "click", () => this.magnify(0.5));
    on("zoom-out", "click", () => this.magnify(2));
    on("zoom-all", "click", () => this.reset());
  }
}
