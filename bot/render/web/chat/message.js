// One entry of the log: what the bot says, as a card, or what the person said.

const MARKS = { critical: "严重", warning: "警告", info: "提示", ok: "正常" };
const EMOJI = { "🔴": "critical", "🟡": "warning", "⚪": "info", "🟢": "ok" };
const OPEN_LINES = 12; // a longer section is folded

function dot(marker) {
  return marker in MARKS ? make("span", { class: `dot ${marker}`, role: "img", "aria-label": MARKS[marker] }) : null;
}

// Texts carry marks as emoji, for which not every machine has a font.
function marked(text) {
  return text.split(/(🔴|🟡|⚪|🟢)/u).map((part) => dot(EMOJI[part]) ?? part);
}

function entryOf(entry, act) {
  const mine = entry.text !== undefined;
  const who = make("p", { class: "who soft" }, mine ? "你" : "curvebot", " · ", clock(entry.at));
  const item = make("li", { class: mine ? "mine" : "bot", id: `entry-${entry.id}`, tabindex: "-1" }, who);
  item.append(mine ? make("p", { class: "said" }, entry.text) : card(entry, act));
  if (entry.run && !entry.under) {
    const reply = make("button", { type: "button", class: "reply" }, "回复");
    reply.addEventListener("click", () => act.reply(entry));
    who.append(" ", reply);
  }
  return item;
}

function card(entry, act) {
  const message = entry.message ?? { title: "", marker: "none", items: [], sections: [], buttons: [] };
  const alone = !message.items.length && !message.sections.length && !message.facts;
  return make(
    "article",
    { class: `card ${message.marker}` },
    message.title && make(alone ? "p" : "h2", {}, dot(message.marker), " ", message.title),
    message.subtitle && make("p", { class: "soft" }, message.subtitle),
    message.items.length ? make("ul", { class: "items" }, ...message.items.map(found)) : null,
    ...message.sections.map(section),
    message.facts && make("p", { class: "facts" }, message.facts),
    chart(entry, message.alt),
    attached(message.file),
    buttons(entry, message.buttons, act),
    message.footer && make("p", { class: "soft" }, message.footer),
  );
}

function found(item) {
  const number = item.number === null ? "" : `${item.number} `;
  return make(
    "li",
    {},
    make("p", {}, number, dot(item.marker), item.marker in MARKS ? " " : "", ...marked(item.headline)),
    ...item.evidence.map((line) => make("p", { class: "evidence" }, ...marked(line))),
    item.advice && make("p", { class: "advice" }, "→ ", item.advice),
  );
}

function section({ heading, lines }) {
  const list = make("ul", {}, ...lines.map(indented));
  if (!heading) return make("div", { class: "section" }, list);
  if (lines.length > OPEN_LINES) {
    const told = make("summary", {}, heading, make("span", { class: "soft" }, ` ${lines.length} 行`));
    return make("details", { class: "section" }, told, list);
  }
  return make("div", { class: "section" }, make("h3", {}, heading), list);
}

function indented(line) {
  const text = line.trimStart();
  return make("li", { class: line.length > text.length ? "inner" : null }, ...marked(text));
}

function chart({ chart: told }, alt) {
  if (!told) return null;
  const picture = make("img", { src: told.url, alt: alt || "曲线图", width: told.width, height: told.height });
  return make("a", { class: "chart", href: told.url, target: "_blank", rel: "noopener", title: "看大图" }, picture);
}

function attached(file) {
  return file ? make("p", {}, make("a", { href: file.url, download: file.name }, `下载 ${file.name}`)) : null;
}

function buttons(entry, told, act) {
  if (!told.length) return null;
  return make("p", { class: "buttons" }, ...told.map((button) => (button.url ? link(button) : pressed(entry, button, act))));
}

function link({ label, url }) {
  return make("a", { class: "button", href: url, target: "_blank", rel: "noopener noreferrer" }, label, " ↗");
}

function pressed(entry, { index, label }, act) {
  const button = make("button", { type: "button" }, label);
  button.addEventListener("click", () => once(button, () => act.press(entry.id, index)));
  return button;
}
