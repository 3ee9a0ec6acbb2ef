"""The command line as a person or script meets it: what it prints, exit codes, no traceback."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import settings
from bot.__main__ import main
from bot.cli.chat import USUAL_PORT, listen
from bot.settings import SettingsError
from bot.store.store import Store
from tests.fakes.server import PATIENCE_S

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "bot" / "samples" / "64wxlc3y.parquet"
HEAVY = ("lark_oapi", "wandb", "pandas", "matplotlib", "slack_bolt", "slack_sdk", "sqlalchemy", "numpy", "pyarrow")


def environment(**variables: str) -> dict[str, str]:
    """The machine's, without anything that configures curvebot."""
    names = {*settings.variable_names()}
    return {k: v for k, v in os.environ.items() if k.removesuffix("_FILE") not in names} | variables


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def curvebot(*args: str | Path, cwd: Path, **variables: str) -> Done:
    """One command in this process: to import everything again for each would take most of the time."""
    out, err, before = io.StringIO(), io.StringIO(), dict(os.environ)
    given = environment(**variables)
    os.environ.clear()
    os.environ.update(given)
    try:
        with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(map(str, args)))
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert "Traceback" not in err.getvalue()
    return Done(code, out.getvalue(), err.getvalue())


def process(*args: str | Path, cwd: Path, **variables: str) -> Done:
    """The same as a process of its own."""
    env = environment(**variables) | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot", *map(str, args)]
    done = subprocess.run(
        command, cwd=cwd, env=env, check=False, capture_output=True, encoding="utf-8", timeout=PATIENCE_S
    )
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def test_help_imports_nothing_heavy() -> None:
    """So it is fast: benchmarks.speed says how fast."""
    command = [sys.executable, "-X", "importtime", "-m", "bot", "--help"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, encoding="utf-8")
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}

    assert done.returncode == 0
    assert all(command in done.stdout for command in ("demo", "chat", "serve", "report", "replay", "check", "rules"))
    assert [name for name in imported if name.split(".")[0] in HEAVY] == []


def test_what_serves_holds_no_library_that_it_does_not_use() -> None:
    """pandas and pyarrow are 80 MB; a file brings the latter when it is read."""
    parts = "bot.app, bot.cli.serve, bot.chats.slack.chat, bot.chats.feishu.chat, wandb"
    program = f"import sys, {parts}; print(*(name for name in ('pandas', 'pyarrow') if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, capture_output=True, encoding="utf-8")

    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("args", "part"),
    [
        ([], "命令"),
        (["nonsense"], "nonsense"),
        (["report"], "RUN"),
        (["report", "x", "--format", "pdf"], "pdf"),
        (["replay", "x.parquet", "--every", "0"], "正整数"),
        (["serve", "--http", "8080"], "127.0.0.1:8080"),
    ],
)
def test_wrong_usage_is_one_line_and_2(tmp_path: Path, args: list[str], part: str) -> None:
    done = curvebot(*args, cwd=tmp_path)

    assert done.returncode == 2
    assert done.stdout == ""
    assert part in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("args", [["serve"], ["rules"], ["report", "x"], ["replay", "x.csv"], ["check"], ["chat"]])
def test_a_wrong_configuration_is_named_and_2(tmp_path: Path, args: list[str]) -> None:
    (tmp_path / "c.yaml").write_text("alerts: {budgt: 3}\nwatch: {interval: soon}\n")

    done = curvebot(*args, "--config", "c.yaml", cwd=tmp_path)

    assert done.returncode == 2
    told = done.stdout + done.stderr
    assert "alerts.budgt" in told and "是不是 budget？" in told and "watch.interval" in told


def test_a_real_process_exits_with_the_code(tmp_path: Path) -> None:
    done = process("report", "./missing.csv", cwd=tmp_path, PYTHONIOENCODING="ascii", LC_ALL="C")

    assert done.returncode == 3
    assert "missing.csv" in done.stderr and done.stderr.count("\n") == 1


def hears_ctrl_c() -> None:
    """What is started from the background of a script, these tests may be, ignores it otherwise."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_a_replay_of_many_files_without_a_word(tmp_path: Path) -> None:
    """A terminal interrupts every process of the command, those of the pool as they start too."""
    files = [str(SAMPLE)] * 1_000  # minutes of work, however busy the machine
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "replay", *files],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(ROOT)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=hears_ctrl_c,  # noqa: PLW1509  # no thread holds a lock that it needs
        encoding="utf-8",
    )
    assert running.stdout is not None
    running.stdout.readline()
    os.killpg(running.pid, signal.SIGINT)
    _, told = running.communicate(timeout=PATIENCE_S)

    assert (running.returncode, told) == (130, "")


def test_serve_without_credentials_says_what_is_missing(tmp_path: Path) -> None:
    done = curvebot("serve", cwd=tmp_path)

    assert done.returncode == 2
    assert "SLACK_BOT_TOKEN" in done.stderr and "FEISHU_APP_ID" in done.stderr


def test_the_terminal_without_a_place_for_its_state_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = curvebot("chat", cwd=tmp_path, CURVEBOT_STATE_DIR="file/state")

    assert done.returncode == 2
    assert "CURVEBOT_STATE_DIR" in done.stderr and done.stderr.count("\n") == 1


def test_rules_as_json_say_where_each_threshold_came_from(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "diagnoses: {grad-spike: {ratio: 9}}\nthresholds: [{name: floor, metric: m, below: 1e-6}]\n"
    )

    done = curvebot("rules", "--json", "--config", "c.yaml", cwd=tmp_path)

    assert done.returncode == 0
    found = {rule["id"]: rule for rule in json.loads(done.stdout)}
    assert found["grad-spike"]["thresholds"]["ratio"] == {"value": 9.0, "unit": "倍", "from": "config"}
    assert found["threshold:floor"]["thresholds"]["limit"]["value"] == 1e-6
    assert set(found["overfit"]) == {"id", "title", "meaning", "severity", "thresholds"}


def test_rules_for_people(tmp_path: Path) -> None:
    done = curvebot("rules", cwd=tmp_path)

    assert done.returncode == 0
    assert "grad-spike  " in done.stdout and "ratio" not in done.stdout


def test_one_rule_for_people_and_for_scripts(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("diagnoses: {grad-spike: {ratio: 9}}\n")
    shown = curvebot("rules", "grad-spike", "--config", "c.yaml", cwd=tmp_path)
    listed = curvebot("rules", "grad-spike", "--json", "--config", "c.yaml", cwd=tmp_path)

    assert shown.returncode == listed.returncode == 0
    assert "ratio = 9 倍（已改）" in shown.stdout
    assert shown.stdout.count("（已改）") == 1
    assert [rule["id"] for rule in json.loads(listed.stdout)] == ["grad-spike"]


@pytest.mark.parametrize(("typed", "hint"), [("grad-spkie", "是不是 grad-spike？"), ("xyzzy", "全部见 curvebot rules")])
def test_a_rule_that_is_none_is_wrong_usage(typed: str, hint: str, tmp_path: Path) -> None:
    done = curvebot("rules", typed, cwd=tmp_path)

    assert done.returncode == 2
    assert hint in done.stderr and done.stderr.count("\n") == 1


def report(tmp_path: Path, *args: str | Path, **variables: str) -> Done:
    return curvebot("report", *args, cwd=tmp_path, **variables)


def test_a_folder_that_exists_is_meant_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "metrics.csv").write_text("_step,loss\n1,2.0\n", encoding="utf-8")
    done = curvebot("report", "logs", cwd=tmp_path)

    assert done.returncode == 3
    assert "logs 里没有 .wandb 文件，可以直接给里面的 metrics.csv" in done.stderr


def test_report_as_json_is_the_contract(tmp_path: Path) -> None:
    done = report(tmp_path, SAMPLE, "--format", "json")

    assert done.returncode == 0
    found: Mapping[str, Any] = json.loads(done.stdout)
    assert set(found) == {"schema", "run", "verdict", "metrics", "findings", "not_applicable", "coverage"}
    assert found["run"]["rows"] == 1200
    assert [f["id"] for f in found["findings"] if f["suppressed_by"] is None and f["severity"] != "info"] == [
        "ot-mass-collapse",
        "overfit",
        "data-bound",
    ]


@pytest.mark.parametrize(
    ("form", "part"), [("text", "🔴"), ("markdown", "# 训练曲线分析报告"), ("html", "<!doctype html>")]
)
def test_report_in_other_forms(tmp_path: Path, form: str, part: str) -> None:
    done = report(tmp_path, SAMPLE, "--format", form, "--chart", "c.png")

    assert done.returncode == 0
    assert part.lower() in done.stdout.lower()
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


NAN_FROM_31 = {n: 3 / n if n < 31 else math.nan for n in range(1, 61)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("train.log", "".join(f"Epoch {n}/90\nTrain Loss: {x}\n" for n, x in NAN_FROM_31.items())),
        ("metrics.json", json.dumps({"epoch": list(NAN_FROM_31), "loss": list(NAN_FROM_31.values())})),
        ("log.csv", "# of mine\nepoch, loss\n" + "".join(f"{n}, tensor({x})\n" for n, x in NAN_FROM_31.items())),
    ],
)
def test_logs_as_people_have_them(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    told = json.loads(report(tmp_path, name, "--format", "json").stdout)
    nan = next(f for f in told["findings"] if f["severity"] == "critical")
    assert (told["run"]["last_step"], nan["onset_step"]) == (60, 31)
    assert told["run"]["planned_steps"] == (90 if name == "train.log" else None)

    played = curvebot("replay", name, "--json", cwd=tmp_path)
    fired = [json.loads(line) for line in played.stdout.splitlines()]
    assert (nan["id"], 31) in [(event["id"], event["onset_step"]) for event in fired if event["event"] == "fired"]


@pytest.mark.parametrize(("level", "code"), [("critical", 1), ("warning", 1), (None, 0)])
def test_fail_on(tmp_path: Path, level: str | None, code: int) -> None:
    assert report(tmp_path, SAMPLE, *(["--fail-on", level] if level else [])).returncode == code


def test_fail_on_a_healthy_run(tmp_path: Path) -> None:
    rows = "\n".join(f"{i * 10},{2.0 / (1 + i / 50):.6f}" for i in range(100))
    (tmp_path / "calm.csv").write_text(f"_step,train/loss\n{rows}\n")

    assert report(tmp_path, "calm.csv", "--fail-on", "warning").returncode == 0


@pytest.mark.parametrize(
    ("content", "name"),
    [(None, "missing.parquet"), (b"not parquet", "bad.parquet"), (b"name,city\nx,y\n", "no-numbers.csv")],
)
def test_a_run_that_cannot_be_read_is_3_with_one_sentence(tmp_path: Path, content: bytes | None, name: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    done = report(tmp_path, f"./{name}")

    assert done.returncode == 3
    assert name in done.stderr and done.stderr.count("\n") == 1


def test_check_names_every_mistake_of_file_and_environment(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("alerts: {budget: 0}\ntimezone: Nowhere\n")

    done = curvebot("check", "--config", "c.yaml", cwd=tmp_path, FEISHU_APP_ID="cli_1")

    assert done.returncode == 2
    for part in ("alerts.budget", "timezone", "FEISHU_APP_SECRET"):
        assert part in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("url", "driver", "part"),
    [
        ("nonsense://x", True, "网址写得不对"),
        ("sqlite:////proc/no/x.db", True, "没有写权限"),
        ("postgresql://u:canary@127.0.0.1:9/x", True, "连不上"),
        ("postgresql://u:canary@127.0.0.1:9/x", False, "curvebot[postgres]"),
    ],
)
def test_a_database_that_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, driver: bool, part: str
) -> None:
    if not driver:  # as if the extra was not installed
        monkeypatch.setitem(sys.modules, "psycopg", None)
    tokens = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}

    done = [
        curvebot("check", "--online", cwd=tmp_path, CURVEBOT_DATABASE_URL=url),
        curvebot("serve", cwd=tmp_path, CURVEBOT_DATABASE_URL=url, **tokens),
    ]

    for one in done:
        assert one.returncode == 2
        assert "CURVEBOT_DATABASE_URL" in one.stdout + one.stderr and part in one.stdout + one.stderr
        assert "canary" not in one.stdout + one.stderr


def test_check_names_watches_that_access_forbids(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        """
        access: {projects: [team/robot], slack: {channels: [C1]}}
        watch:
          runs:
            - {run: team/robot/r1, to: ['slack:C1']}
            - {run: other/secret/r1, to: ['slack:C1']}
            - {filter: 'other/secret?tag=x', to: ['slack:C1', 'slack:C2']}
        """
    )

    done = curvebot("check", "--config", "c.yaml", cwd=tmp_path)

    assert done.returncode == 2
    assert [line.partition("：")[0] for line in done.stdout.splitlines()] == [
        "✗ watch.runs[1].run",
        "✗ watch.runs[2].filter",
        "✗ watch.runs[2].to[1]",
    ]


def test_check_of_a_good_configuration(tmp_path: Path) -> None:
    done = curvebot("check", "--config", str(ROOT / "config" / "curvebot.example.yaml"), cwd=tmp_path)

    assert done.returncode == 0


def test_the_terminal_is_a_chat(tmp_path: Path) -> None:
    """Answers in the order of the questions; a path only below the roots; the end of input is the end."""
    (tmp_path / "runs").mkdir()
    for ending in ("parquet", "json"):
        (tmp_path / "runs" / f"r.{ending}").write_bytes(SAMPLE.with_suffix(f".{ending}").read_bytes())
    (tmp_path / "other.csv").write_text("_step,loss\n1,1\n")
    (tmp_path / "c.yaml").write_text(f"local: {{roots: [{tmp_path / 'runs'}]}}\n")
    said = "/curve ./r.parquet\nwacth r\n/curve ../other.csv\n列表\n"

    done = subprocess.run(
        [sys.executable, "-m", "bot", "chat", "--config", "c.yaml"],
        cwd=tmp_path,
        check=False,
        input=said,
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
    )

    assert (done.returncode, done.stderr) == (0, "")
    parts = ["🔴 act-uot-64wxlc3y", "是不是 watch", "local.roots", "还没有关注"]
    places = [done.stdout.find(part) for part in parts]
    assert -1 not in places and places == sorted(places), done.stdout
    charts = list((tmp_path / ".curvebot" / "charts").glob("*.png"))
    assert len(charts) == 1 and charts[0].read_bytes().startswith(b"\x89PNG")


def test_who_sits_at_the_terminal_is_told_what_to_type(tmp_path: Path) -> None:
    """And where files are read from, which a script that pipes its questions in knows."""
    typed, keyboard = pty.openpty()
    os.write(typed, b"exit\n")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "chat"],
        cwd=tmp_path,
        check=False,
        stdin=keyboard,
        env=environment(PYTHONPATH=str(ROOT)),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=PATIENCE_S,
    )
    os.close(typed)
    os.close(keyboard)

    assert done.returncode == 0
    assert "64wxlc3y.parquet" in done.stdout and "WANDB_API_KEY" in done.stdout and "local.roots" in done.stdout


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("0.0.0.0:0", "只能用本机地址"),
        ("[::]:0", "只能用本机地址"),
        ("no.such.host.invalid:80", "没有 no.such.host.invalid 这个地址"),
        ("8765", "不是地址"),
    ],
)
def test_the_page_is_for_this_machine_only(tmp_path: Path, address: str, part: str) -> None:
    done = curvebot("chat", "--web", address, cwd=tmp_path)

    assert done.returncode == 2
    assert part in done.stderr and done.stderr.count("\n") == 1


def test_the_page_takes_the_usual_port_or_a_free_one_but_no_other_than_it_was_told() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # somebody has it already
            other.bind(("127.0.0.1", USUAL_PORT))
            other.listen()
        server = listen(lambda environ, start: [], "127.0.0.1", 0)
        server.start()

        with pytest.raises(SettingsError, match="127.0.0.1:8765 用不了".replace(".", r"\.")):
            listen(lambda environ, start: [], "127.0.0.1", USUAL_PORT)
    assert server.port not in {0, USUAL_PORT}
    server.stop()


def test_a_chat_of_ones_own_takes_up_no_watch_or_digest_of_the_server(tmp_path: Path) -> None:
    """Its messages would wait for ever in a database that no Slack is connected to."""
    (tmp_path / "c.yaml").write_text(
        'watch: {runs: [{run: team/robot/r1, to: ["slack:C0TEAM"]}]}\ndigests: [{to: "slack:C0TEAM", at: "09:00"}]\n'
    )
    state = tmp_path / "state"
    subprocess.run(
        [sys.executable, "-m", "bot", "chat", "--config", str(tmp_path / "c.yaml")],
        input="exit\n",
        env=os.environ | {"CURVEBOT_STATE_DIR": str(state)},
        check=True,
        capture_output=True,
        text=True,
    )
    store = Store.open(f"sqlite:///{state / 'chat.db'}")
    found = store.watches(), store.digests.all()
    store.close()
    assert found == ([], [])
