// Elements with texts in them. Nothing from the server ever becomes markup.

function make(name, attributes = {}, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...inside.filter((part) => part !== null && part !== undefined && part !== ""));
  return element;
}

const byId = (id) => document.getElementById(id);

// Of another day with its date: alerts come for as long as the page is open.
function clock(seconds) {
  const then = new Date(seconds * 1000);
  const day = then.toDateString() === new Date().toDateString() ? {} : { month: "2-digit", day: "2-digit" };
  return then.toLocaleString("zh-CN", { ...day, hour: "2-digit", minute: "2-digit", hour12: false });
}

// Not again while it is under way. `disabled` would take the focus from who uses the keyboard.
async function once(button, act) {
  if (button.getAttribute("aria-disabled") === "true") return false;
  button.setAttribute("aria-disabled", "true");
  const done = await act();
  button.removeAttribute("aria-disabled");
  return done;
}
