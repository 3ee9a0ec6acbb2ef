"""What people see of a card: Slack's blocks and Feishu's card as a page, after the platforms' own look. Pure.

Only what this program sends is known; anything else raises KeyError, so that a picture never hides an element.
"""

from __future__ import annotations

import base64
import html
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_DOTS = {"🔴": "#e01e5a", "🟡": "#ecb22e", "🟢": "#2eb67d", "⚪": "#d1d2d3"}  # few machines have a font for them
_HEADERS = {"red": "#fde2e2", "orange": "#feead2", "green": "#d9f3ea", "grey": "#eff0f1", "blue": "#e1eaff"}
_TITLES = {"red": "#d83931", "orange": "#de7802", "green": "#2ea121", "grey": "#646a73", "blue": "#245bdb"}
_LINES = ("#3370ff", "#ff8800", "#2ea121", "#d136d1", "#646a73")
_STYLE = """
body{margin:0;font:15px/1.46 'Noto Sans CJK SC','Noto Sans SC',sans-serif;color:#1d1c1d;background:#fff}
.dot{display:inline-block;width:.85em;height:.85em;border-radius:50%;vertical-align:-.08em;margin:0 .12em}
.slack{padding:16px 20px;max-width:640px}.slack .who{font-weight:900}.slack .app{background:#e8e8e8;font-size:10px;
border-radius:2px;padding:1px 3px;margin:0 6px;color:#616061}.slack .at{color:#616061;font-size:12px}
.slack .avatar,.feishu .avatar{float:left;width:36px;height:36px;border-radius:6px;background:#1d3d63;color:#fff;
text-align:center;line-height:36px;font-weight:700}.slack .said,.feishu .said{margin-left:46px}
.slack h3{font-size:18px;line-height:1.33;margin:4px 0 8px}.slack .context{color:#616061;font-size:13px;margin:4px 0}
.slack .rich{margin:6px 0;white-space:pre-wrap}.slack ul{margin:4px 0 4px 22px;padding:0}
.slack button{font:700 13px 'Noto Sans CJK SC';background:#fff;border:1px solid #bbb;border-radius:4px;padding:5px 12px;
margin:4px 8px 4px 0;color:#1d1c1d}.slack .thread{border:1px solid #ddd;border-radius:8px;padding:8px;margin-top:8px}
.slack .thread img{width:100%}.slack .reply{color:#1264a3;font-size:13px;font-weight:700;margin-top:8px}
.feishu{background:#f2f3f5;padding:16px 20px;max-width:660px}.feishu .card{background:#fff;border-radius:8px;
border:1px solid #dee0e3;overflow:hidden;max-width:600px;font-size:14px}.feishu .head{padding:12px 14px;font-weight:600;
font-size:16px}.feishu .sub{font-weight:400;font-size:14px;color:#646a73}.feishu .body{padding:10px 14px}
.feishu .md{margin:6px 0;white-space:pre-wrap}.feishu .small{font-size:12px}.feishu img{width:100%}
.feishu .row{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0}
.feishu button{font:14px 'Noto Sans CJK SC';background:#fff;
border:1px solid #d0d3d6;border-radius:6px;padding:4px 11px;color:#1f2329}.feishu .fold{margin:6px 0;color:#1f2329}
.feishu .fold svg{display:block;width:100%;margin-top:6px}
"""


def page(*cards: str) -> str:
    return f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>{''.join(cards)}"


def slack(blocks: Sequence[Mapping[str, Any]], chart: bytes | None = None) -> str:
    """A message with its blocks; the chart stands in its thread."""
    body = "".join(_SLACK[block["type"]](block) for block in blocks)
    thread = f"<div class=reply>1 条回复</div><div class=thread>{_picture(chart)}</div>" if chart else ""
    who = "<span class=who>curvebot</span><span class=app>应用</span><span class=at>10:28</span>"
    return f"<div class=slack><div class=avatar>c</div><div class=said>{who}{body}{thread}</div></div>"


def feishu(card: Mapping[str, Any], images: Mapping[str, bytes], *, unfold: bool = False) -> str:
    """A card. `unfold`: as after a click on each of its panels."""
    header = card.get("header")
    colour = header["template"] if header else ""
    sub = f"<div class=sub>{_text(header['subtitle']['content'])}</div>" if header and "subtitle" in header else ""
    head = (
        f"<div class=head style='background:{_HEADERS[colour]};color:{_TITLES[colour]}'>"
        f"{_text(header['title']['content'])}{sub}</div>"
        if header
        else ""
    )
    body = "".join(_feishu(e, images, unfold=unfold) for e in card["body"]["elements"])
    inside = f"<div class=card>{head}<div class=body>{body}</div></div>"
    return f"<div class=feishu><div class=avatar>c</div><div class=said>{inside}</div></div>"


def _text(raw: str) -> str:
    """As it is read, with dots for the marks."""
    return _dotted(html.escape(raw))


def _dotted(text: str) -> str:
    for mark, colour in _DOTS.items():
        text = text.replace(mark, f"<span class=dot style='background:{colour}'></span>")
    return text


def _picture(png: bytes) -> str:
    return f"<img src='data:image/png;base64,{base64.b64encode(png).decode()}'>"


def _rich(block: Mapping[str, Any]) -> str:
    parts = []
    for element in block["elements"]:
        if element["type"] == "rich_text_list":
            items = "".join(f"<li>{_section(e)}" for e in element["elements"])
            parts.append(f"<ul style='margin-left:{22 + 20 * element['indent']}px'>{items}</ul>")
        else:
            parts.append(f"<div class=rich>{_section(element)}</div>")
    return "".join(parts)


def _section(section: Mapping[str, Any]) -> str:
    def one(text: Mapping[str, Any]) -> str:
        return f"<b>{_text(text['text'])}</b>" if text.get("style", {}).get("bold") else _text(text["text"])

    return "".join(map(one, section["elements"]))


_SLACK: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "header": lambda b: f"<h3>{_text(b['text']['text'])}</h3>",
    "context": lambda b: f"<div class=context>{'　'.join(_text(e['text']) for e in b['elements'])}</div>",
    "section": lambda b: f"<div class=rich>{_text(b['text']['text'])}</div>",
    "rich_text": _rich,
    "actions": lambda b: "".join(f"<button>{_text(e['text']['text'])}</button>" for e in b["elements"]),
}


def _feishu(e: Mapping[str, Any], images: Mapping[str, bytes], *, unfold: bool) -> str:
    def within(elements: Sequence[Mapping[str, Any]]) -> str:
        return "".join(_feishu(inner, images, unfold=unfold) for inner in elements)

    match e["tag"]:
        case "markdown":
            small = " small" if e.get("text_size") == "notation" else ""
            return f"<div class='md{small}'>{_markdown(e['content'])}</div>"
        case "img":
            return _picture(images[e["img_key"]])
        case "column_set":
            return f"<div class=row>{within(e['columns'])}</div>"
        case "column":
            return within(e["elements"])
        case "button":
            return f"<button>{_text(e['text']['content'])}</button>"
        case "collapsible_panel":
            is_open = unfold or e["expanded"]
            title = f"{_text(e['header']['title']['content'])} {'▴' if is_open else '▾'}"
            return f"<div class=fold>{title}{within(e['elements']) if is_open else ''}</div>"
        case "chart":
            return _chart(e["chart_spec"])
    raise KeyError(e["tag"])


def _markdown(content: str) -> str:
    """Its entities, bold and grey; nothing else is sent."""
    shown = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", content)
    return _dotted(re.sub(r"<font color='(\w+)'>", r"<span style='color:\1'>", shown).replace("</font>", "</span>"))


def _chart(spec: Mapping[str, Any]) -> str:
    """VChart's lines, roughly."""
    values = spec["data"][0]["values"]
    log = next(axis for axis in spec["axes"] if axis["orient"] == "left")["type"] == "log"
    names = list(dict.fromkeys(v["s"] for v in values))
    xs, ys = [float(v["x"]) for v in values], [math.log10(v["y"]) if log else float(v["y"]) for v in values]
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)

    def at(x: float, y: float) -> str:
        return f"{60 + 520 * (x - left) / (right - left or 1):.1f},{250 - 230 * (y - low) / (high - low or 1):.1f}"

    lines, labels = "", ""
    for name, colour in zip(names, _LINES, strict=False):
        points = " ".join(at(x, y) for x, y, v in zip(xs, ys, values, strict=True) if v["s"] == name)
        lines += f"<polyline points='{points}' fill=none stroke='{colour}' stroke-width=2 />"
    for k in range(5):
        y = low + k * (high - low) / 4
        shown = f"{10**y:.0e}" if log else f"{y:.3g}"
        height = float(at(left, y).split(",")[1])
        labels += (
            f"<path d='M60 {height}H580' stroke='#e5e6eb'/><text x=52 y={height + 4} text-anchor=end>{shown}</text>"
        )
        x = left + k * (right - left) / 4
        labels += f"<text x={float(at(x, low).split(',')[0])} y=270 text-anchor=middle>{x:.0f}</text>"
    return f"<svg viewBox='0 0 600 280' font-size=12 fill='#646a73'>{labels}<g fill=none>{lines}</g></svg>"
