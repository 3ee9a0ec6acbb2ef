"""The command about what people know of a run: a note, or a success rate that they measured."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.model import Trial
from analysis.report import trials
from bot.chats import Inbound
from bot.render import answers
from bot.render.message import Button
from bot.render.plain import one_line
from bot.services.commands import amounts
from bot.services.commands.command import Answer
from bot.services.commands.targets import run_ref
from bot.services.context import Context
from bot.services.refusals import RefusedError
from bot.store.decisions import Note, new_id

_LONGEST = 300
_CKPT = r"(?:用的?\s*)?(?:ckpt|checkpoint|存档|权重|模型)"
_N = r"(\d+(?:\.\d+)?)\s*([kKmMwW万]?)"
_STEP = re.compile(
    rf"(?:(?:@|在|第|{_CKPT}[-_ ]*|steps?)\s*{_N}\s*(?:步|steps?)?|(?<![\d.]){_N}\s*(?:步|steps?)"
    # `12/20 8k`: thousands that stand alone at the end
    r"|(?<=\s)(\d+(?:\.\d+)?)([kKwW万])(?=\s*$))"
    rf"(?:\s*的?\s*{_CKPT})?",
    flags=re.IGNORECASE,
)
# What people say around a count of tries, and nothing that could be a fact of its own.
_TRIED = r"(?:(?:真机|实机|实测|上机|今天|刚才?|一共|总共|共|测试?|试|跑|评)了?[\s:：]*)*"
# What is left of naming a ckpt when its step is taken out: `用的 1 万步那个`.
_WITH_STEP = r"(?:[\s，,、；;]*(?:[用拿取]的?(?:是|那)?|那个|这个|那版|这版|的))*"
_SPOKEN = re.compile(
    rf"{_TRIED}(\d+)\s*[次个回](?:里面?|中)?[\s，,、]*(?:成功|成|过|通过)了?\s*(\d+)\s*[次个回]?", flags=re.IGNORECASE
)
_OF = re.compile(r"(\d+)\s*/\s*(\d+)")
_RATE = re.compile(r"(?:成功率|success(?:\s*rate)?|sr)\s*[:：=是为]?\s*(\d+(?:\.\d+)?)\s*(%|％)?", flags=re.IGNORECASE)
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "w": 10_000, "万": 10_000}


@dataclass(frozen=True, slots=True)
class AddNote:
    """`target`: a run as typed. With `trial` it is a success rate."""

    target: str
    text: str
    trial: Trial | None = None


@dataclass(frozen=True, slots=True)
class DropNote:
    """`target`: a run as typed. `name`: of one of its notes."""

    target: str
    name: str


NoteCommand = AddNote | DropNote


def parse_note(rest: str) -> NoteCommand:
    """`<run> <text>`, `<run> 12/20 @5000`, `<run> 成功率 60% @5000`, `<run> off <name>`."""
    target, _, text = rest.partition(" ")
    text = text.strip()
    if not target or not text:
        raise ValueError("没说是哪个 run、记什么")
    dropped = re.fullmatch(r"(?:off|删除|delete)\s+(\w+)", text, flags=re.IGNORECASE)
    if dropped:
        return DropNote(target, dropped[1])
    if len(text) > _LONGEST:
        raise ValueError(f"备注最多 {_LONGEST} 个字，这条有 {len(text)} 个")
    return AddNote(target, one_line(text), _trial(text))


def note(context: Context, inbound: Inbound, command: NoteCommand) -> Answer:
    ref = run_ref(context, inbound.address, command.target)
    if isinstance(command, DropNote):
        if not context.store.decisions.remove_note(ref, command.name):
            raise RefusedError(f"{command.target} 没有编号为 {command.name} 的备注")
        return Answer(answers.sentence("备注已删除"))
    run = context.runs.asked(command.target) if ref == command.target else context.runs.asked(ref)
    t = command.trial
    kept = Note(
        id=new_id(),
        ref=run.ref,
        text=command.text,
        by=inbound.who,
        created_at=context.clock(),
        rate=None if t is None else t.rate,
        successes=None if t is None else t.successes,
        trials=None if t is None else t.trials,
        step=None if t is None else t.step,
    )
    context.store.decisions.add_note(kept)
    shown = command.text if t is None else trials.whole(t)
    drop = Button("删除这条", command=f"/curve note {run.ref} off {kept.id}")
    more = "" if t is None else "，以后以实测为准"
    return Answer(answers.sentence(f"已记到 {run.name}：{shown}{more}", "ok", (drop,)), about=run.ref)


def _trial(text: str) -> Trial | None:
    """A success rate in a note; None: it is a text like any other. Raises ValueError for one that cannot be."""
    text = amounts.in_digits(text)
    step_at = _STEP.search(text)
    step = None
    if step_at is not None:
        count, unit = next((step_at[n], step_at[n + 1]) for n in (1, 3, 5) if step_at[n])
        step = int(float(count) * _UNITS[unit.lower()])
    beside = text if step_at is None else text[: step_at.start()] + text[step_at.end() :]
    beside = re.sub(rf"^[\s，,、；;]+|{_WITH_STEP}[\s，,、；;]*$", "", beside)
    # Only where the note says nothing else: a sentence with a fraction in it is a sentence.
    of = re.fullmatch(
        rf"{_TRIED}(?:成功率|success(?:\s*rate)?|sr)?\s*[:：=]?\s*{_OF.pattern}\s*(?:成功)?", beside, re.IGNORECASE
    )
    spoken = _SPOKEN.fullmatch(beside)
    counted = (of[1], of[2]) if of is not None else (spoken[2], spoken[1]) if spoken is not None else None
    if counted is not None:
        successes, tries = map(int, counted)
        if not tries or successes > tries:
            raise ValueError(f"{successes}/{tries} 不是成功率")
        return Trial(successes / tries, successes, tries, step)
    said = re.sub(rf"^{_TRIED}", "", beside)
    rate = _RATE.fullmatch(said if said == beside or "%" not in said else re.sub(r"^(?=\d)", "成功率", said))
    if rate is None:
        return None
    value = float(rate[1]) / (100.0 if rate[2] or float(rate[1]) > 1 else 1.0)
    if not 0 <= value <= 1:
        raise ValueError(f"成功率要在 0 到 100% 之间，现在是 {rate[1]}")
    return Trial(value, step=step)
