// The tables of metrics: sorting, searching, folding of families. Without scripts every row is there.

class MetricTable {
  // table: a <table class="metrics">. draw(index): shows the curve of a metric.
  constructor(table, draw) {
    this.body = table.tBodies[0];
    this.rows = [...this.body.rows];
    this.texts = new Map(this.rows.map((row) => [row, row.cells[0].textContent.toLowerCase()])); // label and key
    this.families = new Map(); // folded family -> its rows
    this.sorted = null;
    this.wanted = "";
    for (const row of this.rows) {
      if (row.dataset.family !== undefined) this.#foldable(row);
      if (row.dataset.curve !== undefined) this.#drawable(row, draw);
    }
    [...table.tHead.rows[0].cells].forEach((cell, i) => {
      const button = element("button", { type: "button", class: "sort" }, cell.textContent);
      button.addEventListener("click", () => this.#sort(cell, i));
      cell.replaceChildren(button);
    });
    this.#show();
  }

  #foldable(head) {
    const rows = this.rows.filter((row) => row.dataset.of === head.dataset.family);
    const cell = head.cells[0];
    const button = element("button", { type: "button", class: "fold", "aria-expanded": "false" }, ...cell.childNodes);
    button.addEventListener("click", () => {
      button.setAttribute("aria-expanded", button.getAttribute("aria-expanded") === "true" ? "false" : "true");
      this.#show();
    });
    cell.append(button);
    this.families.set(head, { button, rows });
  }

  #drawable(row, draw) {
    const name = row.querySelector("code").textContent;
    const button = element(
      "button",
      { type: "button", class: "draw", "aria-label": `${name} 曲线`, title: "画出曲线" },
      "曲线",
    );
    button.addEventListener("click", () => draw(Number(row.dataset.curve)));
    row.cells[0].append(" ", button);
  }

  search(text) {
    this.wanted = text.trim().toLowerCase();
    return this.#show();
  }

  // First a column's own order, then the other way round, then as the report has it.
  #sort(cell, column) {
    const now = cell.getAttribute("aria-sort");
    for (const other of cell.parentElement.cells) other.removeAttribute("aria-sort");
    const next = now === null ? "ascending" : now === "ascending" ? "descending" : null;
    if (next) cell.setAttribute("aria-sort", next);
    this.sorted = next && { column, sign: next === "ascending" ? 1 : -1 };
    this.#show();
  }

  // Families are folded only in the report's own order and where nothing is searched. Returns how many rows match.
  #show() {
    const plain = !this.sorted && !this.wanted;
    let rows = this.rows;
    if (this.sorted) {
      const { column, sign } = this.sorted;
      const value = (row) => {
        const cell = column === 0 ? row.dataset.name : row.querySelector(`[data-column="${column}"]`)?.dataset.value;
        return column === 0 ? cell : cell === undefined || cell === "" ? null : Number(cell);
      };
      const compare = (a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === null || y === null) return (x === null) - (y === null); // what has no value stands last, always
        return sign * (column === 0 ? x.localeCompare(y) : x - y);
      };
      rows = rows.filter((row) => row.dataset.name !== undefined).sort(compare);
    }
    const hidden = new Set();
    for (const [head, { button, rows: members }] of this.families) {
      if (!plain) hidden.add(head);
      else if (button.getAttribute("aria-expanded") === "false") members.forEach((row) => hidden.add(row));
    }
    let matching = 0;
    for (const row of this.rows) {
      const isMetric = row.dataset.name !== undefined;
      const matches = isMetric && this.texts.get(row).includes(this.wanted);
      matching += matches;
      row.hidden = hidden.has(row) || (isMetric && !matches);
    }
    this.body.append(...this.rows.filter((row) => !rows.includes(row)), ...rows);
    return matching;
  }
}
