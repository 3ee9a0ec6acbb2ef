"""Messages of every shape, with texts that try to be markup."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.render.message import Button, File, Item, Message, Plot, PlotLine, Section

MARKS = st.sampled_from(("critical", "warning", "info", "ok", "none"))
WORDS = (
    "loss",
    "训练",
    "ot_ot_pi_sum",
    "<!channel>",
    "<at id=all></at>",
    "`",
    "**",
    "&amp;",
    "\n",
    "\u202e",
    " · ",
    "🔴",
)
TEXT = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(WORDS), max_size=12).map("".join),
    st.sampled_from((60, 700, 4000)).map(lambda n: "很长 " * n),
)
ITEMS = st.builds(
    Item,
    TEXT,
    MARKS,
    evidence=st.lists(TEXT, max_size=3).map(tuple),
    advice=TEXT,
    number=st.none() | st.integers(1, 9),
)
SECTIONS = st.builds(Section, TEXT, st.lists(TEXT | TEXT.map(lambda t: "  " + t), max_size=12).map(tuple))
BUTTONS = st.builds(Button, TEXT, command=st.none() | TEXT, url=st.none() | TEXT | st.just("https://wandb.ai/x"))
NUMBERS = st.floats(1e-12, 1e12) | st.integers(1, 10**9)
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=300)
LINES = st.builds(
    lambda name, points: PlotLine(name, tuple(x for x, _ in points), tuple(y for _, y in points)), TEXT, POINTS
)
PLOTS = st.builds(Plot, TEXT, st.lists(LINES, min_size=1, max_size=5).map(tuple), st.booleans(), TEXT)
MESSAGES = st.builds(
    Message,
    TEXT,
    MARKS,
    subtitle=TEXT,
    items=st.lists(ITEMS, max_size=8).map(tuple),
    sections=st.lists(SECTIONS, max_size=4).map(tuple),
    facts=TEXT,
    chart_alt=TEXT,
    buttons=st.lists(BUTTONS, max_size=12).map(tuple),
    footer=TEXT,
    plot=st.none() | PLOTS,
    file=st.none() | st.builds(File, st.just("report.html"), TEXT),
)
