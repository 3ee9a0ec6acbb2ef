// Where one types: Enter sends, Shift+Enter breaks the line, ↑ brings back what was said, / lists the commands.

class Composer {
  constructor(suggestions, say, typed) {
    this.suggestions = suggestions;
    this.typed = typed;
    this.back = 0; // how many of the own texts ago
    this.chosen = -1;
    this.root = null;
    this.field = byId("say");
    this.list = byId("suggestions");
    this.under = byId("under");
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("blur", () => this.offer([]));
    this.under.querySelector("button").addEventListener("click", () => this.replyTo(null));
    byId("composer").addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = this.field.value.trim();
      const taken = text && (await once(byId("send"), () => say(text, this.root?.id)));
      if (!taken) return;
      if (this.field.value.trim() === text) this.write("");
      this.replyTo(null);
    });
  }

  replyTo(entry) {
    this.root = entry;
    this.under.hidden = entry === null;
    this.under.querySelector("span").textContent = entry ? `回复“${entry.message.title}”，不用再写是哪个 run` : "";
    this.field.placeholder = entry ? "完整、为什么 2、关注" : "粘贴 run 链接，或输入 / 看命令";
    this.field.focus();
  }

  write(text) {
    this.field.value = text;
    this.changed();
    this.field.setSelectionRange(text.length, text.length);
  }

  changed() {
    this.back = 0;
    this.grow();
    const word = /^[/、／](?:curve\s+)?(\S*)$/i.exec(this.field.value)?.[1]?.toLowerCase();
    const fits = (suggestion) => suggestion.words.some((known) => known.startsWith(word)) || "curve".startsWith(word);
    this.offer(word === undefined ? [] : this.suggestions.filter(fits));
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  offer(suggestions) {
    this.offered = suggestions;
    this.list.replaceChildren(
      ...suggestions.map((suggestion, i) => {
        const told = make("span", { class: "soft" }, suggestion.about);
        const option = make("li", { role: "option", id: `option-${i}` }, make("code", {}, suggestion.usage), " ", told);
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault(); // the field keeps the focus
          this.take(i);
        });
        return option;
      }),
    );
    this.list.hidden = !suggestions.length;
    this.choose(-1);
  }

  choose(i) {
    this.chosen = i;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === i)));
    if (i < 0) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", `option-${i}`);
    this.list.children[i]?.scrollIntoView({ block: "nearest" });
  }

  take(i) {
    this.write(this.offered[i].text);
    this.offer([]);
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return; // of an input method: it chooses characters
    if (this.offered?.length && this.keyInList(event)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      byId("composer").requestSubmit();
    } else if (event.key === "Escape") this.replyTo(null);
    else if (event.key === "PageUp" || event.key === "PageDown") {
      event.preventDefault(); // the field has one page; the log has more
      const { clientHeight } = byId("scroll");
      byId("scroll").scrollBy(0, event.key === "PageUp" ? -0.9 * clientHeight : 0.9 * clientHeight);
    } else if (event.key === "ArrowUp" && this.recall(1)) event.preventDefault();
    else if (event.key === "ArrowDown" && this.recall(-1)) event.preventDefault();
  }

  keyInList({ key }) {
    const last = this.offered.length - 1;
    if (key === "ArrowDown") this.choose(this.chosen < last ? this.chosen + 1 : 0);
    else if (key === "ArrowUp") this.choose(this.chosen > 0 ? this.chosen - 1 : last);
    else if (key === "Escape") this.offer([]);
    else if ((key === "Enter" && this.chosen >= 0) || key === "Tab") this.take(Math.max(0, this.chosen));
    else return false;
    return true;
  }

  // Only where the arrows have nothing else to do: in an empty field, or in what was brought back.
  recall(by) {
    const known = this.typed();
    const to = this.back + by;
    if ((this.field.value && !this.back) || to < 0 || to > known.length) return false;
    const text = to ? known[known.length - to] : "";
    this.write(text);
    this.offer([]);
    this.back = to;
    return true;
  }
}
