"""python -m benchmarks.fuzz: what nobody thought of: 5,000 commands and 500 nasty histories, the same ones each time.

Commands go through the real answering, store and delivery; histories through the door of the sources, the analysis, the
card and the whole report. Whatever comes of them must be taken by Slack and Feishu (their documented limits are in the
local servers), mention nobody, show no internal error and take bounded time. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis import analyze
from analysis.history import from_records
from analysis.model import Run
from benchmarks.trouble import table
from bot.chats.feishu import cards
from bot.chats.slack import blocks
from bot.render import html
from bot.render.card import card, full
from bot.render.json import to_json
from bot.render.markdown import markdown
from bot.render.message import Message
from bot.services.commands import table as commands_table
from bot.sources.rows import flat
from tests.fakes import feishu_cards, slack_server
from tests.fakes.bot import BAD, CONFIG, Bot, run
from tests.fakes.postgres import postgres_server

COMMANDS, HISTORIES = 5000, 500
MOST_S = 10.0  # of CPU, for the widest history
_HOSTILE = (
    "<!channel>", "<!here|x>", "<@U123>", "<at id=all></at>", "<at user_id=\"all\">所有人</at>", "@channel", "@所有人",
    "</font>", "`", "```", "**", "[x](https://e.example)", "<script>alert(1)</script>", "\x1b[31m", "\u202e", "\x00",
    "\ud83d", "🚀", "&amp;", "{{7*7}}", "${x}", "'; DROP TABLE watch;--", "../../etc/passwd", "\n\n", "%s%n", " ",
    "x" * 5000,
)  # fmt: skip
_WORDS = (
    "r1", "r2", "team/robot/r1", "https://wandb.ai/team/robot/runs/r1", "team/robot?tag=x", "nosuchrun", "act-uot",
    "every", "2s", "5m", "999999h", "0s", "-1m", "1e9d", "#1", "#99999999999999999999", "1", "2", "3", "all", "off",
    "on", "now", "09:00", "25:99", "weekdays", "train/loss", ">", "<", "0.5", "nan", "1e400", "-0", "12/20",
    "20/12", "0/0", "@5000", "@-1", "last", "for", "undo", "规则", "备注",
    "这个", "一下", "咋样", "和", "吧", "静音", "关注", "完整", "对比", "为什么", "日报", "误报", "阈值",
)  # fmt: skip
_NAMES = ("train/loss", "loss", "train/grad_norm", "train/lr", "eval/success_rate", "val/loss", "train/reward", "epoch",
          "train/ot_ot_pi_sum", "system/gpu.0.memoryAllocated", "train/kl", "global_step", "a.b.c", "x")  # fmt: skip
_STEPS = ("line", "wild", "negative", "constant", "falling", "missing", "beyond", "text")
_VALUES = ("noise", "nan", "huge", "nested", "mixed", "text", "constant", "tiny", "infinite")


@dataclass
class Found:
    """What went wrong, by kind; what was tried; the slowest."""

    tried: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""

    def note(self, kind: str, about: str) -> None:
        self.wrong[kind] += 1
        if len(self.notes) < 20:
            self.notes.append(f"{kind}: {about[:2000]}")

    def timed(self, seconds: float, about: str) -> None:
        if seconds > self.slowest_s:
            self.slowest_s, self.slowest = seconds, about


def refusals(message: Message) -> Iterator[str]:
    """Every reason for which a platform would not take a message, and every mention in it."""
    for slack in (blocks.render(message), blocks.render_plain(message)):
        yield from slack_server.block_errors(slack.blocks)
        if slack_server.shown(slack.blocks) > 13_200 or not slack.text or len(slack.text.encode()) > 4000:
            yield "msg_too_long or no_text"
        if '"mrkdwn"' in json.dumps(slack.blocks):
            yield "markup"
        yield from refused_markup(slack.text, "")
    for feishu in (cards.render(message, key="k"), cards.render_plain(message, key="k")):
        yield from feishu_cards.card_errors(feishu.card, {})
        if len(feishu.content.encode()) > 30 * 1024:
            yield "too long for a card"
        yield from refused_markup("", _markdown(feishu.card))


def refused_markup(slack: str, feishu: str) -> Iterator[str]:
    """Of what each of them parses."""
    if re.search(r"<[!@#]", slack) or re.search(r"<at\b", feishu):
        yield "mention"


def _markdown(node: Any) -> str:
    """What Feishu reads as markdown."""
    if isinstance(node, Mapping):
        mine = str(node["content"]) if node.get("tag") == "markdown" else ""
        return mine + "".join(_markdown(value) for value in node.values())
    return "".join(map(_markdown, node)) if isinstance(node, list) else ""


# commands


def commands(count: int, seed: int) -> Iterator[str]:
    """Real commands with wrong arguments, talk, and what tries to be markup."""
    rng = random.Random(seed)
    names = [word for command in commands_table.COMMANDS for word in (command.name, command.example) if word]
    for _ in range(count):
        parts = [rng.choice(names)] if rng.random() < 0.7 else []
        for _ in range(rng.randrange(5)):
            pool = rng.choices((_WORDS, _HOSTILE, names), (8, 2, 1))[0]
            parts.append(rng.choice(pool))
        if rng.random() < 0.1:
            parts.append("".join(chr(rng.randrange(1, 0x3000)) for _ in range(rng.randrange(40))))
        if rng.random() < 0.1:
            rng.shuffle(parts)
        yield rng.choice(("", "/curve ", "/curve")) + rng.choice((" ", " ", "")).join(parts)


def try_commands(texts: Iterator[str], seed: int, url: str | None = None) -> Found:
    """Each is answered once, by a message that both platforms take. `url`: of a database; None: SQLite."""
    found, rng = Found(), random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        bot = Bot(Path(folder), CONFIG, url)
        bot.runs.runs["team/robot/r1"] = run(BAD)
        bot.runs.runs["team/robot/r2"] = run([], ref="team/robot/r2", name=_HOSTILE[0] + _HOSTILE[3])
        # Drawing takes half a second, and every run here looks the same.
        setattr(bot.services.context.runs, "chart", lambda run, report: None)  # noqa: B010
        setattr(bot.services.context.runs, "overlay", lambda comparison: None)  # noqa: B010
        for n, text in enumerate(texts):
            chat, channel = (bot.slack, "slack:C1") if n % 2 else (bot.feishu, "feishu:oc_1")
            began, bugs = time.process_time(), _bugs(bot)
            who = rng.choice(("U1", "<!channel>", ""))
            try:
                bot.hear(text, channel, user=who, user_name=rng.choice(("", "<at id=all>", "张三")))
            except Exception:
                found.note("exception", f"{text!r}\n{traceback.format_exc(limit=-4)}")
            found.tried += 1
            posts = [p for p in chat.shown.values() if p.message is not None]
            if not posts and _bugs(bot) == bugs:
                found.note("no answer", repr(text))
            if _bugs(bot) > bugs:
                found.note("internal error", repr(text))
            for post in posts:
                assert post.message is not None
                for reason in refusals(post.message):
                    found.note("refused" if reason != "mention" else "mention", f"{text!r}: {reason}")
            found.timed(time.process_time() - began, repr(text)[:80])
            chat.shown.clear()
            bot.clock.now += 1.0
        bot.store.close()
    return found


def _bugs(bot: Bot) -> float:
    return sum(s.value for m in bot.metrics.bugs.collect() for s in m.samples if s.name.endswith("_total"))


# histories


def histories(count: int, seed: int) -> Iterator[tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    """What it is, its rows as a tracker gives them, and what is known of the run."""
    for n in range(count):
        rng = random.Random(f"{seed} {n}")
        steps, values = rng.choice(_STEPS), rng.choice(_VALUES)
        wide = n % 25 == 7
        rows = rng.choice((0, 1, 2, 40, 300)) if not wide else rng.choice((1, 20, 60))
        # Every return to an earlier step makes all columns be looked at anew.
        most = 10_000 if steps in ("line", "negative", "constant") else 500
        width = rng.randrange(1, 14) if not wide else most
        names = [_name(rng, i, wide) for i in range(width)]
        records = [
            {"_step": _step(steps, i, rng), "_timestamp": _stamp(i, rng, n)}
            | {name: _value(values, i, rng) for name in names if wide or rng.random() < 0.9}
            for i in range(rows)
        ]
        for record in records:
            if record["_step"] is None:
                del record["_step"]
        yield f"#{n}: {rows} x {width}, steps {steps}, values {values}", records, _facts(rng)


def _name(rng: random.Random, i: int, wide: bool) -> str:
    if wide:
        return f"layers.{i}/{rng.choice(_NAMES)}"
    return rng.choice((rng.choice(_NAMES), rng.choice(_NAMES), rng.choice(_HOSTILE) + rng.choice(_NAMES)))


def _step(kind: str, i: int, rng: random.Random) -> Any:
    match kind:
        case "wild":
            return rng.choice((-(10**12), 2**62, i, 10 * i, 2**31, 0))
        case "negative":
            return -(10**12) + i
        case "constant":
            return 7
        case "falling":
            return 10_000 - i
        case "missing":
            return rng.choice((None, i))
        case "beyond":
            return rng.choice((2**63, -(2**70), 10**400, 1e300, i))
        case "text":
            return rng.choice(("NaN", "abc", {"a": 1}, [1], True, i))
        case _:
            return 10 * i


def _stamp(i: int, rng: random.Random, n: int) -> Any:
    plain = 1.76e9 + 5.0 * i
    return plain if n % 3 else rng.choice((plain, plain, -1.0, 1e300, "NaN", None, 0, 1.76e12))


def _value(kind: str, i: int, rng: random.Random) -> Any:
    plain = rng.gauss(1.0, 0.1)
    match kind:
        case "nan":
            return rng.choice((float("nan"), "NaN"))
        case "huge":
            return rng.choice((1e308, -1e308, 1e300 * plain, 10**400, -(10**400), 5e-324))
        case "nested":
            return rng.choice(
                (plain, {"a": {"b": plain}}, {"_type": "histogram", "bins": [1, 2]}, {"": {}}, {"c": None})
            )
        case "mixed":
            return rng.choice((plain, "NaN", "Infinity", "-Infinity", None, True, [1, 2], "text", 0, -plain, 1e30))
        case "text":
            return rng.choice(_HOSTILE)
        case "constant":
            return 0.0
        case "tiny":
            return 5e-324 * (i + 1)
        case "infinite":
            return rng.choice((float("inf"), float("-inf"), plain))
        case _:
            return plain * (1.0 if i < 150 else 100.0)


def _facts(rng: random.Random) -> dict[str, Any]:
    shapes: tuple[Any, ...] = (
        None, [], {}, "x" * 10_000, float("nan"), -1, 10**400, {"a": {"b": [{"c": 1}]}}, [[[]]], True, 1e308,
        _HOSTILE[3],
    )  # fmt: skip
    keys = ("batch_size", "optimizer", "policy", "steps", "lr", "num_workers", "ot", "model", "dataset", _HOSTILE[0])
    return {
        "name": rng.choice(_HOSTILE) + rng.choice(("", "act")),
        "state": rng.choice(("running", "finished", "crashed", "failed", "unknown")),
        "config": {key: rng.choice(shapes) for key in keys if rng.random() < 0.5},
        "tags": tuple(rng.sample(_HOSTILE, 3)),
        "user": rng.choice(_HOSTILE),
        "observed_at": rng.choice((1.77e9, None, 1.76e9)),
        "heartbeat_at": rng.choice((1.769e9, None)),
        "created_at": rng.choice((1.75e9, None, 1.9e9)),
        "url": rng.choice((None, "https://wandb.ai/a/b/runs/c", "javascript:alert(1)")),
    }


def try_histories(told: Iterator[tuple[str, list[dict[str, Any]], dict[str, Any]]]) -> Found:
    """Each becomes a report and messages that both platforms take."""
    found = Found()
    for about, records, facts in told:
        began = time.process_time()
        try:
            history = from_records(map(flat, records))
            run = Run("team/robot/r1", history=history, entity="team", project="robot", run_id="r1", **facts)
            report = analyze(run)
            for message in (card(report), full(report, "x")):
                for reason in refusals(message):
                    found.note("refused" if reason != "mention" else "mention", f"{about}: {reason}")
            markdown(report)
            json.loads(to_json(report), parse_constant=_no_constant)
            html.page(run, report)
        except Exception:
            found.note("exception", f"{about}\n{traceback.format_exc(limit=-6)}")
        found.tried += 1
        taken = time.process_time() - began
        found.timed(taken, about)
        if taken > MOST_S:
            found.note("slow", f"{about}: {taken:.1f} s of CPU")
    return found


def _no_constant(text: str) -> float:
    raise AssertionError(f"{text} is no JSON")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commands", type=int, default=COMMANDS)
    parser.add_argument("--histories", type=int, default=HISTORIES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="commands on PostgreSQL; else SQLite")
    args = parser.parse_args(argv)

    def tell() -> Found:
        with postgres_server() if args.postgres else nullcontext() as url:
            return try_commands(commands(args.commands, args.seed), args.seed, url)

    tried: dict[str, Callable[[], Found]] = {
        "commands": tell,
        "histories": lambda: try_histories(histories(args.histories, args.seed)),
    }
    kinds = ("exception", "internal error", "no answer", "refused", "mention", "slow")
    rows, bad = [], False
    for name, attempt in tried.items():
        found = attempt()
        bad = bad or bool(found.wrong)
        slowest = f"{found.slowest_s:.2f} s ({found.slowest})".replace("|", "\\|").replace("\n", " ")
        rows.append([name, found.tried, *(found.wrong[k] for k in kinds), slowest])
        for note in found.notes:
            print(note.encode("utf-8", "replace").decode(), file=sys.stderr, flush=True)
    print(table(["", "tried", *kinds, "slowest, CPU"], rows).encode("utf-8", "replace").decode())
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
