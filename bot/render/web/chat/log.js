// The log: entries in their places, threads under their roots, edits where they stood.

const NEAR = 80; // px above the end that still count as being there

class Log {
  constructor(act) {
    this.act = act;
    this.list = byId("log");
    this.scroll = byId("scroll");
    this.newest = byId("newest");
    this.live = byId("live");
    this.entries = new Map();
    this.caughtUp = false;
    this.newest.addEventListener("click", () => this.toEnd());
    this.scroll.addEventListener("scroll", () => this.atEnd() && this.seen());
    document.addEventListener("visibilitychange", () => this.atEnd() && this.seen());
  }

  // Own texts, oldest first.
  typed() {
    const mine = [...this.entries.values()].filter((entry) => entry.typed).sort((a, b) => a.place - b.place);
    return mine.map((entry) => entry.text);
  }

  put(entry) {
    const follow = this.atEnd();
    const old = byId(`entry-${entry.id}`);
    const item = entryOf(entry, this.act);
    this.entries.set(entry.id, entry);
    item.dataset.place = entry.place;
    item.dataset.under = entry.under ?? "";
    if (old) this.replace(old, item);
    else this.add(item, entry);
    if (!this.caughtUp) return;
    if (entry.text === undefined) this.tell(entry);
    if (follow || entry.text !== undefined) this.show(item);
    else if (!old) this.newest.hidden = false;
  }

  // Everything that was said before is there.
  ready() {
    if (!this.caughtUp && this.entries.size) this.toEnd();
    this.caughtUp = true;
  }

  replace(old, item) {
    const held = old.querySelector(".card")?.contains(document.activeElement);
    const thread = old.querySelector(":scope > .thread");
    if (thread) item.append(thread);
    old.replaceWith(item);
    if (held) item.focus({ preventScroll: true });
  }

  // A root that was edited comes after what stands in its thread.
  add(item, { id, under }) {
    this.insert(item, this.into(under));
    const early = this.list.querySelectorAll(`:scope > [data-under="${CSS.escape(id)}"]`);
    for (const reply of early) this.insert(reply, this.into(id));
  }

  insert(item, list) {
    const place = Number(item.dataset.place);
    let before = null;
    for (let other = list.lastElementChild; other && Number(other.dataset.place) > place; ) {
      before = other;
      other = other.previousElementSibling;
    }
    list.insertBefore(item, before);
  }

  // The list of a thread; of one whose root is not here, the log itself.
  into(under) {
    const root = under && byId(`entry-${under}`);
    if (!root) return this.list;
    let thread = root.querySelector(":scope > .thread");
    if (!thread) {
      thread = make("ol", { class: "thread", "aria-label": "回复" });
      root.append(thread);
    }
    return thread;
  }

  tell({ message, chart: picture }) {
    const mark = MARKS[message?.marker];
    this.live.textContent = [mark, message?.title, picture ? "附图" : ""].filter(Boolean).join("，");
    if (document.hidden) document.title = "● curvebot";
  }

  // A long card from its top, a short one whole.
  show(item) {
    const root = item.querySelector(":scope > .thread")?.lastElementChild ?? item;
    root.scrollIntoView({ block: root.offsetHeight > this.scroll.clientHeight ? "start" : "nearest" });
    if (this.atEnd()) this.seen();
  }

  atEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR;
  }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.seen();
  }

  seen() {
    this.newest.hidden = true;
    if (!document.hidden) document.title = "curvebot";
  }
}
