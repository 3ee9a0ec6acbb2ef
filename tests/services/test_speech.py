"""What people say, and what is understood: the sentences, and laws that hold for any."""

from __future__ import annotations

import re
import time
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.commands import amounts, likeness, speech, table
from bot.services.commands.command import Command
from bot.services.refusals import UsageError
from bot.sources import spotting
from tests.services.sentences import HERE, SENTENCES, URL

ROOM = Path(__file__).parent
OTHERS = (
    *("act-uot-v3", "pi0-ft-fold", "dpo-beta01", "dpo-beta03", "grpo-7b-r2", "sac-walker-s3"),
    *("dp-pusht-512", "ppo-go2-rough", "dp-cup-v4", "sft-qwen-32k", "moe-16e", "ppo-humanoid"),
    *("rm-v4", "grpo-7b-r3", "ppo-go2-stairs", "td3-reach", "vla-mix-b"),
    *(
        "act-fold-v4",
        "act-fold-v5",
        "act-fold-base",
        "dp-pour-v2",
        "dp-pour-ema",
        "lerobot-so101-pick",
        "smolvla-pick-ft",
        "act-insert-k100",
        "dp-tshirt-r18",
        "dp-tshirt-dino",
        "act-peg-s0",
        "act-peg-s1",
        "ppo-g1-walk",
        "sac-cube-v2",
        "pi0-lora-drawer",
        "lerobot-koch-sort",
        "dp-mug-chunk8",
        "dp-mug-chunk16",
        "act-zip-v1",
        "act-zip-v2",
        "vla-sft-0.5b",
        "vla-grpo-r1",
        "so100-stack-act",
        "smolvla-base-ft",
        "dp-mug-old",
        "sft-32b-v4",
        "sft-32b-v5",
        "pt-1b3-dense",
        "rm-8b-v2",
        "pt-7b-main",
        "pt-7b-anneal",
        "pt-moe-16x",
        "sft-qwen-a",
        "sft-qwen-b",
        "grpo-math-01",
        "grpo-math-02",
        "dpo-helpful",
        "dpo-safe",
        "ppo-rlhf-s1",
        "rlhf-14b-kl002",
        "rlhf-14b-kl005",
        "gspo-32b-code",
        "sft-cot-long",
        "sft-cot-short",
        "dpo-iter2",
        "dpo-iter3",
        "pt-3b-wsd",
        "rm-pair-v7",
        "grpo-agent-01",
    ),
    *(
        "act-fold-v1",
        "act-fold-v2",
        "act-pour-s1",
        "act-pour-s2",
        "bc-rnn-drawer",
        "cpt-13b-zh",
        "dp-mug-ema",
        "dp-peg-1024",
        "dp-stack-ema",
        "dp3-pour-a",
        "dp3-pour-b",
        "dpo-ipo-02",
        "dpo-zh-01",
        "dpo-zh-02",
        "grpo-code-r3",
        "grpo-math-14b",
        "lerobot-cloth-3",
        "octo-ft-bin",
        "orpo-lr2e6",
        "pi05-ft-cup",
        "pi05-towel-b",
        "ppo-anymal-flat",
        "ppo-h1-stairs",
        "qwen7b-grpo-k8",
        "qwen7b-sft-a",
        "qwen7b-sft-b",
        "qwen7b-sft-r3",
        "rloo-14b-r1",
        "rm-llama8b",
        "sac-reach-s1",
        "sft-mix-0418",
        "smolvla-pick",
        "td3-hop-s5",
        "td3-hop-s7",
        "td3-hopper-s1",
        "tdmpc2-door",
    ),
)
NAMES = {
    "act-uot-live": "team/robot/xxxxxxx1",
    "act-uot-base": "team/robot/xxxxxxx2",
    "pi0-fold-towel-v3": "team/robot/xxxxxxx3",
    "act-uot-v2": "team/robot/xxxxxxx4",
    "64wxlc3y.parquet": "/runs/64wxlc3y.parquet",
    "8k2mf0qd.parquet": "/runs/8k2mf0qd.parquet",
    "act_uot_live.csv": "/runs/live.csv",
    **{name: name for name in OTHERS},
}
CHANGES = re.compile(r"(?:watch|unwatch|mute|ack|wrong|note|digest o)")
BLAMES = re.compile(r"W&B|WANDB|API|key|网络|服务器|文件|配置")


def said(text: str, run: str | None = None) -> tuple[str, str]:
    understood = speech.understand(text, table.vocabulary(run))
    return understood.name, understood.rest


def sets() -> dict[str, list[tuple[str, str | None, str]]]:
    """Name -> texts, with the run of the thread that each stands in, and what is to be understood."""
    found: dict[str, list[tuple[str, str | None, str]]] = {}
    for line in (ROOM / "sets.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            found[line[1:-1]] = rows = []
        elif line and not line.startswith("#"):
            where, expected, text = line.split("\t")
            rows.append((text.replace("\\n", "\n"), HERE if where == "t" else None, expected.replace("HERE", HERE)))
    return found


def understood(text: str, run: str | None) -> str:
    """The command and what is handed to it, or `ask`."""
    try:
        request = speech.understand(text, table.vocabulary(run, NAMES))
        table.parse(text, run=run, names=NAMES)
    except UsageError as error:
        assert not BLAMES.search(str(error).partition("例如")[0])
        return "ask"
    return "ask" if request.name == speech.ASK else f"{request.name or 'card'} {request.rest}"


def is_right(text: str, run: str | None, expected: str) -> bool:
    literally = str.maketrans({"[": "[[]", "?": "[?]"})
    got = understood(text, run)
    wanted = [w if " " in w else f"{w} *" for w in expected.split("||")]
    return any(fnmatchcase(got, w.translate(literally)) for w in wanted) or (got == "ask" and "ask" in expected)


@pytest.mark.parametrize("name", sets())
def test_a_set(name: str) -> None:
    rows = sets()[name]
    wrong = [(text, understood(text, run)) for text, run, expected in rows if not is_right(text, run, expected)]
    assert len(wrong) <= len(rows) // 20, wrong


@pytest.mark.parametrize("name", sets())
def test_a_set_by_the_examples_of_others(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no example of its own is understood by its likeness to others."""
    rows = sets()[name]
    own = {tuple(likeness.pieces(spotting.blanked(t, spotting.spots(t, NAMES)))) for t, _, _ in rows}
    lines = likeness.spelt_out((Path(likeness.__file__).parent / "examples.txt").read_text("utf-8"))
    others = [line for line in lines if line[:1] in "[#" or tuple(likeness.pieces(line)) not in own]
    examples = likeness.prepared("\n".join(others))
    monkeypatch.setattr(likeness, "known", lambda: examples)
    wrong = [(text, understood(text, run)) for text, run, expected in rows if not is_right(text, run, expected)]
    assert len(wrong) <= len(rows) // 10, wrong


def test_what_asks_for_nothing_changes_nothing() -> None:
    lines = [x.split("\t") for x in (ROOM / "no_wishes.txt").read_text("utf-8").splitlines() if x[1:2] == "\t"]
    changed = [text for where, text in lines if CHANGES.match(understood(text, HERE if where == "t" else None))]
    assert len(lines) > 100
    assert len(changed) <= 2, changed


@pytest.mark.parametrize(("text", "in_thread", "name", "rest"), SENTENCES)
def test_a_sentence(text: str, in_thread: bool, name: str, rest: str) -> None:
    assert said(text, HERE if in_thread else None) == (name, rest)


@pytest.mark.parametrize(("text", "in_thread", "name", "rest"), SENTENCES)
def test_whatever_is_understood_is_a_command_that_takes_it(text: str, in_thread: bool, name: str, rest: str) -> None:
    command = next((c for c in table.COMMANDS if c.name == name), None)
    if command is not None:
        command.read(rest)


@pytest.mark.parametrize(
    "text", ["Full 64wxlc3y", "full 64wxlc3y 谢谢", "完整报告64wxlc3y吧", "64wxlc3y full report please"]
)
def test_one_command_said_in_several_ways(text: str) -> None:
    assert said(text) == ("full", "64wxlc3y")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "train/loss 降不下去",
            "val/acc_top1 多少",
            "2026/11/28 那次",
            "lr=1e-4/wd=0.1",
            "3/4 的数据",
            "src/models/net.py 改了",
        ),
        *(
            "训了 100000steps",
            "用 resnet50",
            "seed1234 的",
            "12345678",
            "abcdefgh",
            "a@b12345c.com",
            "@u1234abc 你看",
            "and/or",
        ),
        *("https://github.com/a/b/pull/64wxlc3y", "第 2 条", "2.5x 快了", "5e-4 太大"),
    ],
)
def test_what_is_no_run(text: str) -> None:
    assert [s.text for s in spotting.spots(text) if s.kind != "name"] == []


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("64wxlc3y 和 robot/64wxlc3y", ["64wxlc3y"]),
        ("64wxlc3y https://wandb.ai/team/robot/runs/64wxlc3y/logs", ["64wxlc3y"]),
        ("（64wxlc3y）、「a1b2c3d4」", ["64wxlc3y", "a1b2c3d4"]),
        ("https://wandb.ai/team/机器人/runs/64wxlc3y看下", ["https://wandb.ai/team/机器人/runs/64wxlc3y"]),
        ("http://wandb.lab:8080/t/p/runs/64wxlc3y?nw=x#a，", ["http://wandb.lab:8080/t/p/runs/64wxlc3y?nw=x#a"]),
        ("[run](https://wandb.ai/t/p/runs/64wxlc3y)", ["https://wandb.ai/t/p/runs/64wxlc3y"]),
        ("./wandb/offline-run-20261128_101010-64wxlc3y", ["64wxlc3y"]),
        ("team/robot/act-uot 呢", ["team/robot/act-uot"]),
        ("64WXLC3Y 呢", ["64WXLC3Y"]),
    ],
)
def test_where_runs_stand(text: str, runs: list[str]) -> None:
    assert [s.text for s in spotting.spots(text)] == runs


@pytest.mark.parametrize(
    ("text", "span"),
    [
        *(("两小时", "2h"), ("半个小时", "30m"), ("一个半小时", "90m"), ("1.5h", "90m"), ("十二个小时", "12h")),
        *(
            ("20 min", "20m"),
            ("三天", "3d"),
            ("半个钟", "30m"),
            ("一刻钟", "15m"),
            ("仨小时", "3h"),
            ("一天半", "36h"),
            ("一百二十分钟", "2h"),
            ("2 hours", "2h"),
            ("90 s", "90s"),
            ("一周", "7d"),
            ("十分好", None),
            ("for an hour", "1h"),
            ("half an hour", "30m"),
            ("a couple of days", "2d"),
            ("twenty minutes", "20m"),
            ("an idea", None),
            ("5", None),
        ),
    ],
)
def test_spans(text: str, span: str | None) -> None:
    assert amounts.span(text) == span


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("静音到下午三点", "15:00"),
        ("3 点前别报", "15:00"),
        ("静音到晚上九点半", "21:30"),
        ("静音到周五", "fri"),
        ("这周别报了", "mon"),
        ("上周五那个静音", ""),
        ("3 号静音", ""),
        ("明早九点再说", "tomorrow"),
        ("跑完之前别报", "run"),
        ("mute半小时", "30m"),
        ("明天下午三点前别报", "tomorrow 15:00"),
        ("明晚八点后再说", "tomorrow 20:00"),
        ("snooze til tmr 10am", "tomorrow 10:00"),
        ("周一上午十点再报", "mon 10:00"),
        ("until monday", "mon"),
        ("到后天", "后天"),
        ("静音到晚8", "20:00"),
        ("以上5次别报", ""),
        ("mute until it finishes", "run"),
        ("下班前六点半再报", "18:30"),
    ],
)
def test_how_long(text: str, until: str) -> None:
    assert amounts.silence(text) == until


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("success_rate 掉到百分之五十以下报一下", "success_rate below 50%"),
        ("成功率低于六成半喊我", "success_rate below 65%"),
        ("loss 超过零点五报警", "loss above 0.5"),
        ("grad_norm 大于一百二十叫我", "grad_norm above 120"),
        ("loss 超过一万报警", "loss above 10000"),
        ("reward 低于 -5 喊我", "reward below -5"),
        ("给 kl 设个上限 0.05", "kl above 0.05"),
        ("loss 比 5 大就喊", "loss above 5"),
        ("train/loss 连着仨点到 3 以上就报", "train/loss above 3 for 3"),
        ("loss 超过 2 天没降", ""),
        ("loss 超过一半时间在涨", ""),
        ("loss 低于 1e-6 了", "loss below 1e-6"),
        ("alert me if gpu_util drops below 30", "gpu_util below 30"),
    ],
)
def test_limits(text: str, limit: str) -> None:
    assert amounts.threshold(text) == limit


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("如果没人管，3 号我认领", "ack 3"),
        ("听说 3 号是误报", "wrong 3"),
        ("3 号可能是误报，不确定", "wrong 3"),
        ("先别静音 3 号", "unmute 3"),
        ("3 号不是误报", "wrong 3 undo"),
        ("要是明天还飞，就把 3 号静音两小时", "mute 3 2h"),
    ],
)
def test_what_is_not_wanted_for_sure_is_asked(text: str, asks: str) -> None:
    assert said(text) == (speech.ASK, asks)
    assert table.parse(text).value.commands[0][1] == f"/curve {asks}"


@pytest.mark.parametrize(
    "text",
    ["导师说了 3 号是误报，标上吧", "3 号误报，师兄确认过", "方便的话把 3 号静音两小时", "3 号我认领，再不看就晚了"],
)
def test_who_is_sure_is_not_asked(text: str) -> None:
    assert said(text)[0] in ("wrong", "mute", "ack")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("act uot live 咋样", "act-uot-live"),
        ("ActUotLive 崩了没", "act-uot-live"),
        ("act_uot live 静音两小时", "act-uot-live"),
        ("这个 run 1 小时没动了", ""),
        ("actor loss 怎么样", ""),
    ],
)
def test_a_known_name_without_what_joins_its_words(text: str, name: str) -> None:
    names = {"act-uot-live": "team/robot/r1", "run-1": "team/robot/r2", "act-or": "team/robot/r3"}
    assert [s.text for s in spotting.spots(text, names)] == ([names[name]] if name else [])


def test_the_number_of_a_quoted_alert_is_meant() -> None:
    assert said("> #3 act-uot：loss 发散\n静音两小时") == ("mute", "3 2h")
    assert said("> #3 act-uot：loss 发散\n4 号我来") == ("ack", "4")
    assert said("> loss 又 3 了\n我来处理") == ("ack", "")


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("每天早上9点发个日报", "on 09:00 daily"),
        ("工作日 18:30 日报", "on 18:30 weekdays"),
        ("日报改到晚上八点", "on 20:00"),
        ("来份日报", "now"),
        ("把日报关了吧", "off"),
        ("日报几点发", ""),
        ("周末也发日报", "on daily"),
        ("周末别发日报", "on weekdays"),
        ("每天九点发日报，周末就不用了", "on 09:00 weekdays"),
        ("每天九点发日报，周末别停", "on 09:00 daily"),
        ("日报改到 10 点", "on 10:00"),
        ("每天下班前六点半发个总结到群里", "on 18:30 daily"),
        ("日报改五点半下午", "on 17:30"),
    ],
)
def test_digests(text: str, digest: str) -> None:
    assert said(text) == ("digest", digest)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1 号和 2 号都我来", "1,2"),
        ("#1 #2 误报", "1,2"),
        ("1 2 都静音", "1,2"),
        ("3 号我 10 分钟后看", "3"),
        ("2 号 loss 到 5 了我来", "2"),
        ("7 8 我一起看", "7,8"),
    ],
)
def test_numbers_of_alerts(text: str, numbers: str) -> None:
    assert amounts.numbered(amounts.without(text)) == numbers


def test_a_line_with_many_slots_is_said_in_some_ways_and_with_every_choice() -> None:
    choices = [["a", "b", "c"], ["d", "e"], ["f", "g", "h", "i"], ["j", "k"]]
    ways = likeness.spelt_out("".join("{" + "|".join(slot) + "}" for slot in choices))
    assert len(ways) == len(set(ways)) < 48
    assert set("".join(ways)) == set("abcdefghijk")


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("21 为啥报的", "why", "21"),
        ("告警12 怎么触发的", "why", "12"),
        ("3 不静音了", "unmute", "3"),
        ("15 mine", "ack", "15"),
        ("4号 alert 静音一小时", "mute", "4 1h"),
    ],
)
def test_an_alert_by_its_number_alone(text: str, name: str, rest: str) -> None:
    assert said(text) == (name, rest)


def test_a_word_alone_is_a_name_where_nothing_is_known_that_it_could_be_about() -> None:
    assert said("mine") == ("", "mine")
    assert said("mine", HERE) == ("ack", HERE)


@pytest.mark.parametrize("text", ["日报先别关", "这 bug 我修过", "64wxlc3y 等收敛了取关", "64wxlc3y 我没关注吧"])
def test_what_is_not_to_be_done_is_not(text: str) -> None:
    assert not CHANGES.match(understood(text, None))


def test_of_what_a_tracker_prints_only_the_run_is_read() -> None:
    printed = f"wandb: 🚀 View run act-uot at: {URL}\nwandb: ⭐️ View project at: https://wandb.ai/team/robot"
    assert said(printed) == ("", URL)
    assert said(f"{printed}\n帮我盯着") == ("watch", URL)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("act-uot 咋样", []),  # three are called like that
        ("pi0-fold 咋样", [NAMES["pi0-fold-towel-v3"]]),
        ("grad-norm 咋样", []),
    ],
)
def test_a_run_by_the_beginning_of_its_name(text: str, runs: list[str]) -> None:
    assert [s.text for s in spotting.spots(text, NAMES)] == runs


PIECES = st.sampled_from(
    [
        *(
            "64wxlc3y",
            "a1b2c3d4",
            "https://wandb.ai/t/p/runs/64wxlc3y",
            "team/robot?tag=x",
            "act-uot-v3",
            "“",
            "”",
            "\n",
            "> ",
            " ",
        ),
        *(
            "静音",
            "关注",
            "完整",
            "对比",
            "为什么",
            "日报",
            "误报",
            "备注",
            "认领",
            "取消静音",
            "阈值",
            "规则",
            "help",
            "watch",
            "every",
            "/curve",
        ),
        *(
            "2h",
            "两小时",
            "第二条",
            "9点",
            "每 5 分钟",
            "一下",
            "这个",
            "吧",
            "？",
            "咋样",
            "谢谢",
            "和",
            "vs",
            "/",
            "|",
            "<",
            "train/loss",
            "3",
        ),
    ]
)


@given(
    st.one_of(
        st.text(max_size=60), st.lists(PIECES, max_size=9).map("".join), st.lists(PIECES, max_size=9).map(" ".join)
    )
)
def test_any_text_is_answered(text: str) -> None:
    """In a thread or not: a command that exists, or one sentence that blames nobody."""
    for run in (None, HERE):
        try:
            request = table.parse(text, run=run, names={"act-uot-v3": HERE})
        except UsageError as error:
            sentence = str(error)
            assert sentence and "\n" not in sentence
            if not any(isinstance(c, Command) for c in table.COMMANDS if c.name and c.name in sentence):
                assert not BLAMES.search(sentence.partition("这一版")[0])
        else:
            assert request.command.answer is not None


@given(st.text(alphabet="今天吃啥好的吗呢为什么梯度爆了怎么办老板开会loss lr，。？! 你我他", max_size=30))
def test_talk_without_run_reads_nothing(text: str) -> None:
    """No run and no word of ours: nothing is looked up."""
    try:
        request = table.parse(text)
    except UsageError:
        return
    target = getattr(request.value, "target", "")
    assert target == "" or " " not in text.strip()


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("help", False),
        ("/curve list", False),
        ("静音 2h", False),
        ("认领 3", False),
        ("rules grad-spike", False),
        ("wacth 64wxlc3y", False),
        ("", False),
        ("64wxlc3y", True),
        ("完整", True),
        ("compare a b", True),
        ("watch team/robot/r1", True),
        ("误报 3", True),
    ],
)
def test_what_reads_no_run_waits_for_none(text: str, reads: bool) -> None:
    assert table.reads(text) == reads


@pytest.mark.parametrize(
    "heap", ["3" * 4000, "a" * 4000, "a-" * 2000, "一" * 4000, "-" * 4000], ids=["3", "a", "a-", "一", "-"]
)
def test_what_was_pasted_takes_no_time(heap: str) -> None:
    likeness.known()
    start = time.process_time()
    understood(heap, HERE)
    assert understood(f"64wxlc3y 静音两小时 {heap}", None) == "mute 64wxlc3y 2h"
    assert time.process_time() - start < 1.0  # seconds each, when all of it was read
