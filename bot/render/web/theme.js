// In the head: before the first paint the page knows that scripts run, and which theme the reader chose last time.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  // A browser too old for the scripts, or one that refuses them: the page is then what it is without any.
  document.addEventListener("DOMContentLoaded", () => {
    if (root.dataset.alive === undefined) root.classList.remove("js");
  });
  try {
    const chosen = localStorage.getItem("curvebot-theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // A file opened from disk may have no storage: the system's theme, then.
  }
})();
