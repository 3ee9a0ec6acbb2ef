// Brings the page to life. When anything fails the page stays what it is without scripts: a picture, texts, tables.

function themes() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const now = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const label = () => {
    button.textContent = now() === "dark" ? "浅色" : "深色";
  };
  button.addEventListener("click", () => {
    root.dataset.theme = now() === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("curvebot-theme", root.dataset.theme);
    } catch {
      // Not kept, then.
    }
    changed();
  });
  dark.addEventListener("change", () => changed());
  let redraw = () => {};
  const changed = () => {
    label();
    redraw();
  };
  label();
  return (draw) => {
    redraw = draw;
  };
}

function start() {
  const onTheme = themes();
  const data = JSON.parse(document.getElementById("data").textContent);
  const board = new Board(data, document.getElementById("panels"));
  onTheme(() => board.draw());
  const tables = [...document.querySelectorAll("table.metrics")].map(
    (table) => new MetricTable(table, (i) => board.jump(i)),
  );
  const search = document.getElementById("search");
  search?.addEventListener("input", () => {
    const matching = tables.reduce((sum, table) => sum + table.search(search.value), 0);
    document.getElementById("matching").textContent = search.value.trim() ? `${matching} 个匹配` : "";
  });
  for (const link of document.querySelectorAll("a.jump")) {
    link.addEventListener("click", (event) => {
      const finding = Number(link.dataset.finding);
      if (board.jump(Number(link.dataset.metric), finding)) event.preventDefault();
    });
  }
}

try {
  start();
  document.documentElement.dataset.charts = "";
} catch (error) {
  console.error(error);
}
