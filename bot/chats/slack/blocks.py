"""Message -> Slack: a short `text` for notifications, and Block Kit blocks.

What comes from outside stands only in plain_text and rich_text elements, which Slack does not parse: no mention, link
or formatting can come from a run name. Only `text` is parsed, and escaped for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from bot.render.fitting import clip, clip_bytes, fit, has_body, headline
from bot.render.message import Button, File, Item, Message, Section, without_buttons
from bot.render.text import MARKS, render_text

Block = dict[str, Any]

HEADER = 150  # characters
CONTEXT = 1000  # characters of a context line; more is not read
BLOCKS = 50  # per message
BLOCK_TEXT = 12_500  # characters in all blocks; near 13,200 Slack answers msg_blocks_too_long
PREVIEW_LINE = 300  # characters; a section takes 3,000
SPOKEN = 2  # items of a message that its notification says
TEXT = 1000  # bytes of the notification line after escaping
PLAIN_TEXT = 3900  # bytes after escaping; chat.update takes 4,000


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """Arguments of chat.postMessage and chat.update; `file` is to be shared under it."""

    text: str
    blocks: list[Block]
    file: File | None = None


def render(message: Message) -> SlackMessage:
    """The message in blocks, within Slack's limits."""
    fitted = fit(message, lambda m: _fits(_blocks(m)))
    return SlackMessage(_escaped(_spoken(message), TEXT), _blocks(fitted.message), fitted.file)


def render_plain(message: Message) -> SlackMessage:
    """The message without blocks, for a server that refuses them."""
    bare = replace(without_buttons(message), chart_alt="")
    return SlackMessage(_escaped(render_text(bare, width=10_000), PLAIN_TEXT), [], message.file)


def render_preview(message: Message) -> list[Block]:
    """What stands under a link: of the kinds of blocks that every attachment may have."""
    lines = [MARKS[message.marker] + clip(message.title, PREVIEW_LINE)]
    lines += [
        clip(f"{item.number or ''} {MARKS[item.marker]}{item.headline}".strip(), PREVIEW_LINE) for item in message.items
    ]
    section = {"type": "section", "text": {"type": "plain_text", "text": "\n".join(lines), "emoji": False}}
    return [section, *_context(message.facts), *_context(message.footer)]


def _spoken(message: Message) -> str:
    """What a lock screen, a watch or a screen reader says: the title, then what is found and what to do about it."""
    said = [MARKS[message.marker] + (message.title or "…")]
    for item in message.items[:SPOKEN]:
        said += [item.headline, *([f"→ {item.advice}"] if item.advice else [])]
    return "\n".join(said)


def escape(text: str) -> str:
    """Exactly what Slack wants escaped in parsed text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped(text: str, limit: int) -> str:
    """Escaped and at most `limit` bytes: cut before escaping, so that no entity is cut in two."""
    size = limit
    while len(escape(shown := clip_bytes(text, size)).encode()) > limit:
        size -= max(1, len(escape(shown).encode()) - limit)
    return escape(shown)


def _fits(blocks: list[Block]) -> bool:
    return len(blocks) <= BLOCKS and sum(map(_characters, blocks)) <= BLOCK_TEXT


def _characters(node: Any) -> int:
    """Characters shown anywhere in a block."""
    if isinstance(node, dict):
        return sum(len(v) if k == "text" and isinstance(v, str) else _characters(v) for k, v in node.items())
    return sum(map(_characters, node)) if isinstance(node, list) else 0


def _blocks(message: Message) -> list[Block]:
    return [
        *_title(message),
        *_context(message.subtitle),
        *_items(message.items),
        *(block for section in message.sections for block in _section(section)),
        *([_rich(_line(_text(message.facts)))] if message.facts else []),
        *_actions(message.buttons),
        *_context(message.footer),
    ]


def _title(message: Message) -> Iterator[Block]:
    """A header; one sentence alone is not shouted."""
    mark = MARKS[message.marker]
    if message.marker == "none" and not has_body(message):
        yield _rich(_line(_text(message.title or "…")))
        return
    head, rest = headline(message, HEADER - len(mark))
    yield {"type": "header", "text": {"type": "plain_text", "text": mark + (head or "…"), "emoji": False}}
    if rest:
        yield _rich(_line(_text(rest)))


def _context(text: str) -> Iterator[Block]:
    if text:
        element = {"type": "plain_text", "text": clip(text, CONTEXT), "emoji": False}
        yield {"type": "context", "elements": [element]}


def _items(items: tuple[Item, ...]) -> Iterator[Block]:
    """Items that explain themselves get a block each; a list of one-liners is one block."""
    for plain, group in groupby(items, key=lambda i: not (i.evidence or i.advice or i.number is not None)):
        if plain:
            yield _rich(*(_line(_text(MARKS[i.marker] + i.headline)) for i in group))
        else:
            yield from (_rich(_item(i)) for i in group)


def _item(item: Item) -> Block:
    number = f"{item.number} " if item.number is not None else ""
    below = [*item.evidence, *([f"→ {item.advice}"] if item.advice else [])]
    head = _text(number + MARKS[item.marker] + item.headline, bold=True)
    return _line(head, *(_text(f"\n{line}") for line in below))


def _section(section: Section) -> Iterator[Block]:
    """A heading over a list; a line that begins with spaces stands one level deeper."""
    heading = [_line(_text(section.heading, bold=True))] if section.heading else []
    if len(section.lines) == 1 and not heading:
        yield _rich(_line(_text(section.lines[0].strip())))
        return
    lists = [
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": depth,
            "elements": [_line(_text(line.strip())) for line in lines],
        }
        for depth, lines in groupby(section.lines, key=_depth)
    ]
    if heading or lists:
        yield _rich(*heading, *lists)


def _depth(line: str) -> int:
    return min(4, (len(line) - len(line.lstrip(" "))) // 2)


def _actions(buttons: tuple[Button, ...]) -> Iterator[Block]:
    if buttons:
        yield {"type": "actions", "elements": [_button(n, b) for n, b in enumerate(buttons)]}


def _button(number: int, button: Button) -> Block:
    does = {"value": button.command} if button.command is not None else {"url": button.url}
    label = {"type": "plain_text", "text": button.label, "emoji": False}
    return {"type": "button", "action_id": f"curve-{number}", "text": label, **does}


def _rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def _line(*texts: Block) -> Block:
    return {"type": "rich_text_section", "elements": list(texts)}


def _text(text: str, *, bold: bool = False) -> Block:
    return {"type": "text", "text": text or "…", **({"style": {"bold": True}} if bold else {})}
