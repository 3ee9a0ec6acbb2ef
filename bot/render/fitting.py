"""Cutting a message down to what a platform takes: whole lines from the end, and it says how many are gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.render.message import Button, File, Item, Message, Section
from bot.render.plain import one_line
from bot.render.text import render_text

TITLE, LINE = 300, 1000  # characters
MOST_BUTTONS, BUTTON_LABEL, BUTTON_VALUE = 10, 75, 2000  # count, characters, characters
_BREAKS = " 　，。；、·,;)）"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A message that fits. `file` goes with it: its own, or the whole text when lines had to be left out."""

    message: Message
    left_out: int  # lines
    file: File | None


def fit(message: Message, fits: Callable[[Message], bool]) -> Fitted:
    """The longest beginning of the message's items and sections for which `fits` holds."""
    whole = _clipped(message)
    if fits(whole):
        return Fitted(whole, 0, message.file)
    file = message.file or File("完整内容.txt", render_text(message) + "\n")
    total = _lines(whole)
    low, high = 0, total - 1
    while low < high:  # the greatest number of lines that fits
        middle = (low + high + 1) // 2
        if fits(_beginning(whole, middle, total, file)):
            low = middle
        else:
            high = middle - 1
    return Fitted(_beginning(whole, low, total, file), total - low, file)


def clip(text: str, limit: int) -> str:
    """At most `limit` characters: cut after a word or a clause, and marked with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    last = max(cut.rfind(c) for c in _BREAKS)
    return cut[: last + 1 if last > 2 * limit // 3 else limit - 1].rstrip() + "…"


def clip_bytes(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, never in the middle of a character; marked with an ellipsis."""
    data = text.encode()
    if len(data) <= limit:
        return text
    return data[: limit - 3].decode(errors="ignore").rstrip() + "…"


def headline(message: Message, limit: int) -> tuple[str, str]:
    """The title as (what a header can hold, what has to stand under it)."""
    title = message.title
    if len(title) <= limit and (len(title) <= 40 or " · " not in title):
        return title, ""
    head, dot, rest = title.partition(" · ")
    if dot and len(head) <= limit:
        return head, rest
    return clip(title, limit), title if len(title) > limit else ""


def has_body(message: Message) -> bool:
    """Whether there is more to say than one sentence."""
    return bool(message.items or message.sections or message.subtitle or message.facts)


def _clipped(message: Message) -> Message:
    return replace(
        message,
        title=clip(one_line(message.title), TITLE),
        subtitle=clip(one_line(message.subtitle), LINE),
        items=tuple(_item(item) for item in message.items),
        sections=tuple(_section(section) for section in message.sections),
        facts=clip(one_line(message.facts), LINE),
        chart_alt=clip(one_line(message.chart_alt), LINE),
        buttons=tuple(_button(b) for b in message.buttons if _pressable(b))[:MOST_BUTTONS],
        footer=clip(one_line(message.footer), LINE),
    )


def _item(item: Item) -> Item:
    evidence = tuple(clip(one_line(line), LINE) for line in item.evidence if one_line(line))
    first, advice = clip(one_line(item.headline), LINE), clip(one_line(item.advice), LINE)
    return replace(item, headline=first, evidence=evidence, advice=advice)


def _section(section: Section) -> Section:
    lines = (
        " " * (len(line) - len(line.lstrip(" "))) + clip(one_line(line), LINE)
        for line in section.lines
        if one_line(line)
    )
    return Section(clip(one_line(section.heading), TITLE), tuple(lines))


def _button(button: Button) -> Button:
    return replace(button, label=clip(one_line(button.label), BUTTON_LABEL))


def _pressable(button: Button) -> bool:
    """A command that had to be cut would do something else; a link that is no web address does nothing."""
    if not one_line(button.label):
        return False
    if button.command is not None:
        return 0 < len(button.command) <= BUTTON_VALUE
    url = button.url or ""
    return len(url) <= BUTTON_VALUE and url.startswith(("https://", "http://")) and url.isprintable()


def _lines(message: Message) -> int:
    return len(message.items) + sum(len(s.lines) for s in message.sections)


def _beginning(message: Message, kept: int, total: int, file: File) -> Message:
    """The first `kept` items and section lines, and a line about the rest."""
    left = kept - len(message.items)
    sections: list[Section] = []
    for section in message.sections:
        if left <= 0:
            break
        sections.append(Section(section.heading, section.lines[:left]))
        left -= len(section.lines)
    note = Section("", (f"……还有 {total - kept} 行没列出，全文见附件 {file.name}",))
    return replace(message, items=message.items[: max(kept, 0)], sections=(*sections, note))
