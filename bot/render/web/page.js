// Brings the page to life. When anything fails the page stays what it is without scripts: a picture, texts, tables.

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
  document.documentElement.dataset.alive = "";
} catch (error) {
  console.error(error);
}
