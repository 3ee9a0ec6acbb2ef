// The button that changes between light and dark. Gives back how to say what is to be drawn anew then.

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
