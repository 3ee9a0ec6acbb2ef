// One finger reads values, two zoom; up and down still scrolls the page.

function listenToFingers(chart, board) {
  const { over } = chart;
  const fingers = new Map(); // pointer -> pixels from the left edge of the plot
  let held = null; // the steps under two fingers
  const where = (event) => event.clientX - over.getBoundingClientRect().left;

  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, where(event));
    if (fingers.size === 2) held = [...fingers.values()].map((left) => chart.posToVal(left, "x"));
    else board.moveTo(chart.posToVal(where(event), "x"));
  });
  over.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, where(event));
    if (held === null) {
      board.moveTo(chart.posToVal(where(event), "x"));
      return;
    }
    const [p, q] = fingers.values();
    const perPixel = (held[1] - held[0]) / (q - p);
    if (Math.abs(q - p) < 20 || perPixel <= 0) return;
    const low = held[0] - p * perPixel;
    board.zoomed(low, low + over.clientWidth * perPixel);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    over.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      held = null;
    });
  }
}
