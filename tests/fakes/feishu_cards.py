"""What Feishu accepts as a card, JSON 2.0, and what people see of one: an unknown property is an error."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_TEXT = {"tag", "content", "text_size", "text_color", "text_align", "lines", "element_id", "margin"}
_PROPERTIES: dict[str, set[str]] = {
    "markdown": {"tag", "content", "text_size", "text_align", "element_id", "margin", "icon"},
    "div": {"tag", "text", "element_id", "margin", "icon", "width"},
    "plain_text": _TEXT,
    "img": {"tag", "img_key", "alt", "title", "scale_type", "size", "preview", "element_id", "margin", "corner_radius"},
    "hr": {"tag", "element_id", "margin"},
    "column_set": {"tag", "columns", "flex_mode", "horizontal_spacing", "element_id", "margin", "background_style"},
    "column": {"tag", "width", "weight", "elements", "vertical_align", "element_id", "margin"},
    "standard_icon": {"tag", "token", "color", "size"},
    "collapsible_panel": {
        *("tag", "element_id", "expanded", "header", "elements", "direction", "padding", "margin"),
        *("background_color", "border", "vertical_spacing", "horizontal_spacing"),
    },
    "chart": {
        *("tag", "element_id", "margin", "chart_spec", "aspect_ratio", "color_theme", "height", "preview"),
    },
    "button": {"tag", "text", "type", "size", "width", "behaviors", "element_id", "margin", "name", "confirm"},
}
_CHARTS = {"line", "area", "bar", "pie", "scatter", "radar", "funnel", "gauge", "wordCloud", "common", "linearProgress"}
_PANEL_HEADER = {
    *("title", "background_color", "vertical_align", "padding", "position", "width"),
    *("icon", "icon_position", "icon_expanded_angle"),
}
_TEMPLATES = {
    "blue",
    "wathet",
    "turquoise",
    "green",
    "yellow",
    "orange",
    "red",
    "carmine",
    "violet",
    "purple",
    "indigo",
    "grey",
    "default",
}


def card_errors(card: Any, images: Mapping[str, bytes]) -> Iterator[str]:
    """Every reason for which Feishu would refuse a card."""
    if card.get("schema") != "2.0" or not set(card) <= {"schema", "config", "header", "body", "card_link"}:
        yield "schema"
    if not set(card.get("config", {})) <= {"update_multi", "width_mode", "summary", "enable_forward", "style"}:
        yield "config"
    if card.get("config", {}).get("update_multi", True) is not True:
        yield "update_multi"
    header = card.get("header")
    if header is not None:
        if not set(header) <= {"title", "subtitle", "template", "icon", "text_tag_list", "padding"}:
            yield "header"
        if header.get("template", "default") not in _TEMPLATES or header["title"]["tag"] != "plain_text":
            yield "header"
    elements = list(_walk(card.get("body", {}).get("elements", [])))
    if not 1 <= len(elements) <= 200:
        yield f"ErrCode: 11310; {len(elements)} elements"
    for element in elements:
        known = _PROPERTIES.get(element["tag"])
        if known is None or not set(element) <= known:
            yield f"ErrCode: 200861; {element['tag']} {sorted(set(element) - (known or set()))}"
        if element["tag"] == "collapsible_panel" and not (
            element["elements"] and set(element["header"]) <= _PANEL_HEADER and element["header"]["title"]["content"]
        ):
            yield "ErrCode: 200861; collapsible_panel"
        if element["tag"] == "chart":
            yield from _chart_errors(element)
        if element["tag"] == "img" and (element.get("img_key") not in images or "alt" not in element):
            yield "ErrCode: 200570; img_key"
    if sum(e["tag"] == "chart" for e in elements) > 5:
        yield "more than 5 charts"
    if _depth(card.get("body", {}).get("elements", [])) > 5:
        yield "containers more than 5 deep"
    ids = [e["element_id"] for e in elements if "element_id" in e]
    if len(set(ids)) < len(ids) or any(len(i) > 20 or not i[0].isalpha() for i in ids):
        yield "element_id"


def _chart_errors(element: Mapping[str, Any]) -> Iterator[str]:
    """What Feishu refuses of a chart, and what it takes and shows blank, or not at all on a phone."""
    spec = element.get("chart_spec")
    if not isinstance(spec, dict) or spec.get("type") not in _CHARTS:
        yield "ErrCode: 200861; chart_spec"
        return
    if element.get("aspect_ratio", "16:9") not in {"1:1", "2:1", "4:3", "16:9"}:
        yield "aspect_ratio"
    if not re.fullmatch(r"auto|[1-9]\d{0,2}px", element.get("height", "auto")):
        yield "height"
    if spec.get("media", []) != []:
        yield "media"
    data = spec["data"] if isinstance(spec["data"], list) else [spec["data"]]
    values = [value for part in data for value in part["values"]]
    named = [spec[field] for field in ("xField", "yField", "seriesField") if field in spec]
    if not values or any(name not in value for value in values for name in named):
        yield "blank chart"
    numbers = {axis["orient"]: axis for axis in spec.get("axes", [])}
    for orient, name in (("left", "yField"), ("bottom", "xField")):
        axis = numbers.get(orient, {})
        held = [value.get(spec.get(name)) for value in values]
        if axis.get("type") in {"log", "linear"} and not all(isinstance(v, int | float) for v in held):
            yield f"{orient} axis of {axis['type']} with other than numbers"
        elif axis.get("type") == "log" and min(held, default=1) <= 0:
            yield "log of 0"
        elif axis.get("type") is None and all(isinstance(v, int | float) for v in held) and orient == "bottom":
            yield "numbers as names on a band axis"
    if re.search(r"function|=>|conical|texture", json.dumps(spec)):
        yield "what no client, or no phone, draws"


def _depth(node: Any) -> int:
    """How deep containers stand in each other."""
    if isinstance(node, list):
        return max(map(_depth, node), default=0)
    if not isinstance(node, dict):
        return 0
    held = max((_depth(v) for k, v in node.items() if k in ("elements", "columns")), default=0)
    return held + (node.get("tag") in {"column_set", "collapsible_panel", "form", "interactive_container"})


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "tag" in node:
            yield node
        for value in node.values():
            yield from _walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value)


def buttons(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The buttons of a card."""
    return [e for e in _walk(card["body"]) if e["tag"] == "button"]


def words(message: Mapping[str, Any]) -> str:
    """Everything a reader sees of a card, its entities shown, one piece a line."""
    card = message["content"]
    header = card.get("header") or {}
    above = [header[part]["content"] for part in ("title", "subtitle") if part in header]
    body = [_shown(e) for e in _walk(card.get("body", {})) if "content" in e]
    return "\n".join([*above, *body])


def _shown(element: Mapping[str, Any]) -> str:
    """The text of an element: markdown shows its entities and hides its own marks."""
    content = str(element["content"])
    if element["tag"] != "markdown":
        return content
    return html.unescape(re.sub(r"<font[^>]*>|</font>|\*\*", "", content))
