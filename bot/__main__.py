"""The command line. Knows what to do before it imports anything heavy.

Exit codes: 0 fine; 1 only where asked for (`--fail-on`); 2 wrong usage or configuration; 3 the run could not be read;
70 a bug; 130 on Ctrl-C. A person never sees a traceback.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import NoReturn

FINE, FAILED, WRONG, UNREADABLE, BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130

EXAMPLES = """例：
  curvebot demo                                不用账号和网络，看它会说什么
  curvebot chat --web                          在浏览器里试，有自带的样例
  curvebot report team/robot/64wxlc3y          一次诊断
  curvebot report run.parquet --format json
  curvebot replay old/*.parquet                旧训练会触发哪些告警
  curvebot check --online                      配置、令牌、网络
  curvebot serve --http 0.0.0.0:8080           启动机器人
"""


class _Parser(argparse.ArgumentParser):
    """One line on stderr, and exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"{self.prog}: {message}（{self.prog} --help 看用法）\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="curvebot",
        description="看 W&B 训练曲线，用中文说清哪里不对。",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"curvebot {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="命令", required=True, parser_class=_Parser)

    def command(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        sub.set_defaults(run=run)
        return sub

    demo = command("demo", "离线演示：一次 /curve，一个越跑越坏的 run", _demo)
    out = "图和报告写到哪里（默认 ./curvebot-demo）"
    demo.add_argument("--out", type=Path, default=Path("curvebot-demo"), metavar="DIR", help=out)
    chat = command("chat", "把终端当聊天窗口用；--web 在浏览器里", _chat)
    web = "在浏览器里聊（默认 127.0.0.1 上的端口 8765，占用时换一个）；只有本机能打开"
    chat.add_argument("--web", nargs="?", type=_address, const=("127.0.0.1", 0), metavar="HOST:PORT", help=web)
    _config(chat)
    serve = command("serve", "启动机器人", _serve)
    _config(serve)
    serve.add_argument("--http", type=_address, metavar="HOST:PORT", help="同时提供 HTTP（健康检查、指标、报告、事件）")
    report = command("report", "诊断一个 run，写到标准输出", _report)
    report.add_argument("ref", metavar="RUN", help="entity/project/run_id、run_id、W&B 链接、名字，或本地文件、目录")
    report.add_argument("--format", choices=("text", "markdown", "json", "html"), default="text", help="默认 text")
    report.add_argument("--chart", type=Path, metavar="FILE.png", help="把图写到这个文件")
    report.add_argument("--fail-on", choices=("critical", "warning"), help="结论达到这个级别时以 1 退出")
    _config(report)
    replay = command("replay", "把旧训练逐行喂给在线检测，看会发什么", _replay)
    replay.add_argument("files", nargs="+", metavar="FILE", help=".parquet、.csv、.jsonl、.wandb 或 TensorBoard 日志")
    replay.add_argument("--every", type=_positive, default=1, metavar="N", help="一次喂 N 行（默认 1）")
    replay.add_argument("--json", action="store_true", help="每行一个 JSON 事件，包括不发的")
    replay.add_argument("--no-lifecycle", action="store_true", help="不合并、不等待、不抑制：每个发现第一次出现就算")
    _config(replay)
    check = command("check", "检查配置，一次列出所有错误", _check)
    check.add_argument("--online", action="store_true", help="再试令牌、权限、频道、长连接、W&B、时钟和数据库")
    _config(check)
    rules = command("rules", "列出所有规则；给 ID 时说明这条规则和当前阈值", _rules)
    rules.add_argument("id", nargs="?", metavar="ID", help="规则的 id，例如 grad-spike")
    rules.add_argument("--json", action="store_true", help="输出一个 JSON 数组")
    _config(rules)
    return parser


def _config(parser: argparse.ArgumentParser) -> None:
    default = "默认 $CURVEBOT_CONFIG 或 config/curvebot.yaml"
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"配置文件（{default}）")


def _version() -> str:
    try:
        return metadata.version("curvebot")
    except metadata.PackageNotFoundError:
        return "?"


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"“{text}”不是地址，要写成 127.0.0.1:8080 这样")
    return host.strip("[]"), int(port)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}”不是正整数")
    return int(text)


def _demo(args: argparse.Namespace) -> int:
    from bot.cli.demo import demo

    try:
        demo(args.out, sys.stdout)
    except OSError as error:
        raise _WrongUsageError(f"--out：写不了 {args.out}（{error.strerror}）") from None
    return FINE


def _chat(args: argparse.Namespace) -> int:
    from bot import settings
    from bot.cli import chat

    loaded = settings.load(args.config)
    return chat.terminal(loaded) if args.web is None else chat.page(loaded, args.web)


def _serve(args: argparse.Namespace) -> int:
    from bot import settings
    from bot.cli import serve

    return serve.serve(settings.load(args.config), args.http)


def _report(args: argparse.Namespace) -> int:
    from analysis import Severity, analyze
    from bot import settings
    from bot.render import html as html_page
    from bot.render import json as json_page
    from bot.render import markdown, text
    from bot.render.card import card

    loaded = settings.load(args.config)
    sources, profile = loaded.sources(command_line=True), loaded.profile
    try:
        here = Path(args.ref)  # what exists is meant, also where it is not written like a path
        run = sources.with_peers(sources.fetch(str(here.absolute()) if here.exists() else args.ref), profile)
    except ValueError as error:  # no reference at all
        raise _WrongUsageError(str(error)) from None
    report = analyze(run, loaded.diagnoses, profile)
    chart = None
    if args.chart is not None or args.format == "html":
        from bot.render.charts import chart as draw

        chart = draw(run, report)
    if args.chart is not None and chart is not None:
        _write(args.chart, chart)
    pages: dict[str, Callable[[], str]] = {
        "text": lambda: text.render_text(card(report)),
        "markdown": lambda: markdown.markdown(report),
        "json": lambda: json_page.to_json(report),
        "html": lambda: html_page.page(run, report, chart),
    }
    print(pages[args.format]().rstrip("\n"))
    limit = Severity.of(args.fail_on) if args.fail_on else None
    return FAILED if limit is not None and report.severity >= limit else FINE


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise _WrongUsageError(f"--chart：写不了 {path}（{error.strerror}）") from None


def _replay(args: argparse.Namespace) -> int:
    from bot import settings
    from bot.cli import replay

    job = replay.Job(settings.load(args.config), every=args.every, json=args.json, lifecycle=not args.no_lifecycle)
    code = FINE
    for result in replay.replay_files(job, args.files):
        for line in result.lines:
            print(line, flush=False)
        sys.stdout.flush()
        if result.error is not None:
            print(result.error, file=sys.stderr)
            code = UNREADABLE
    return code


def _check(args: argparse.Namespace) -> int:
    from bot.cli.check import check

    return FINE if check(args.config, online=args.online, out=sys.stdout) else WRONG


def _rules(args: argparse.Namespace) -> int:
    import json

    from analysis.diagnoses.configure import rules
    from bot import settings
    from bot.render.answers import rule_page
    from bot.render.text import render_text
    from bot.services.commands.about import named

    known = rules(settings.load(args.config).diagnoses)
    try:
        found = known if args.id is None else [named(known, args.id, listing="curvebot rules")]
    except ValueError as error:
        raise _WrongUsageError(str(error)) from None
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False))
    elif args.id is None:
        print(*(f"{rule['id']}  {rule['title']}  {rule['severity']}" for rule in found), sep="\n")
    else:
        print(render_text(rule_page(found[0])))
    return FINE


class _WrongUsageError(Exception):
    """Wrong usage found after parsing; the text is for the person."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    gc.set_threshold(50_000)  # half a million objects are imported for good: by default they are searched all along
    _speak_utf8()
    try:
        args = _parser().parse_args(argv)
    except SystemExit as stop:  # --help, --version, wrong usage: argparse has said it
        return int(stop.code or 0)
    try:
        code = int(args.run(args))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except Exception as error:
        return _explain(error)


def _explain(error: Exception) -> int:
    """The error as one line on stderr, and its exit code."""
    from bot.settings import SettingsError
    from bot.sources import SourceError

    if isinstance(error, SettingsError):
        print(*(f"配置：{mistake}" for mistake in error.mistakes), sep="\n", file=sys.stderr)
        return WRONG
    if isinstance(error, SourceError):
        print(error, file=sys.stderr)
        return UNREADABLE
    if isinstance(error, _WrongUsageError):
        print(error, file=sys.stderr)
        return WRONG
    if os.environ.get("CURVEBOT_DEBUG"):
        raise error
    print(f"内部错误：{type(error).__name__}（设 CURVEBOT_DEBUG=1 看细节）", file=sys.stderr)
    return BUG


def _speak_utf8() -> None:
    """Chinese must survive a C locale and a Windows console."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
