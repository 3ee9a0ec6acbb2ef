"""What a person types -> which run, or which runs. Pure.

Forgiving: people paste links from a chat, quote, and type with a Chinese input method. Wrong input raises ValueError
with one Chinese sentence that says what was understood and gives an example.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

from bot.sources.files.record import ENDINGS
from bot.sources.swanlab import record as swanlab
from bot.sources.swanlab.record import PREFIX, SWANLAB
from bot.sources.tensorboard.record import MARK
from bot.sources.wandb.record import WANDB, parts, run_of

EXAMPLE = "team/robot/64wxlc3y"
_LONGEST = 512
_DELIMITER = re.compile(r"[%&+#;?|\s]")
_QUOTES = "`'\"“”‘’「」『』《》<>＜＞"
# Only these full-width characters: they are structure. Others may belong to a display name.
_WIDTH = {ord(c): unicodedata.normalize("NFKC", c) for c in "／？＆＝：．－＿～｜　"} | {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}


@dataclass(frozen=True, slots=True)
class RunRef:
    """One run of a tracker. `run` is its id, or its display name: only the tracker can tell (an id holds no slash).

    `typed`: the text as it was written; perhaps a display name as a whole.
    """

    entity: str
    project: str
    run: str
    typed: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.entity}/{self.project}/{self.run}"


@dataclass(frozen=True, slots=True)
class RunFilter:
    """The runs of a project that carry every one of `tags` and belong to one of `users` (empty: anybody's)."""

    entity: str
    project: str
    tags: tuple[str, ...] = ()
    users: tuple[str, ...] = ()

    def __str__(self) -> str:
        """A text that `parse_filter` reads as the same filter, whatever the defaults."""
        pairs = [("tag", tag) for tag in self.tags] + [("user", user) for user in self.users]
        project = f"{self.entity}/{self.project}"
        query = "&".join(f"{key}={_DELIMITER.sub(lambda c: quote(c[0]), value)}" for key, value in pairs)
        return f"{project}?{query}" if query else f"{project}/*"


def project_of(ref: str) -> tuple[str, str] | None:
    """Entity and project of a full reference, of a run or a filter; None for a file, which belongs to none."""
    parts = ref.partition("?")[0].split("/")
    return None if ref.startswith((".", "/", "~")) or len(parts) < 2 else (parts[0], parts[1])


@dataclass(frozen=True, slots=True)
class Home:
    """Where short references belong: the host people see in links, and the default entity and project."""

    host: str = WANDB.home
    entity: str | None = None
    project: str | None = None
    swanlab: str = SWANLAB.home


def parse(text: str, home: Home) -> RunRef | Path:
    """Text -> a run of the tracker, or the path of a file or directory.

    Raises ValueError: a Chinese sentence with an example.
    """
    clean = _clean(text)
    if not clean:
        raise ValueError(f"没写是哪个 run，例如 {EXAMPLE}")
    if len(clean) > _LONGEST or not clean.isprintable():
        raise ValueError(f"这不像一个 run，写法例如 {EXAMPLE}")
    if (link := _link(clean, home)) is not None:
        return _from_link(link, home)
    if _is_path(clean):
        return Path(os.path.expanduser(clean))  # noqa: PTH111  (pathlib's raises for an unknown user)
    if clean.count("/") == 1 and "?" in clean:
        raise ValueError(f"{clean} 是一组 run 的筛选条件，这里要写一个 run，例如 {EXAMPLE}")
    parts = [part.strip() for part in clean.split("/")]
    if parts[0].startswith(PREFIX):
        return _of_swanlab(parts, clean)
    match parts:
        case [run]:
            entity, project = _default(home.entity, clean), _default(home.project, clean)
        case [project, run]:
            if project == home.entity and project != home.project:
                raise ValueError(f"{clean} 是项目，不是 run；写法例如 {clean}/64wxlc3y")
            entity = _default(home.entity, clean)
        case [entity, project, run]:
            pass
        case _ if home.entity and home.project:  # a display name may hold slashes: lr=1e-4/wd=0.1/seed=1
            return RunRef(home.entity, home.project, clean.removeprefix(f"{home.entity}/{home.project}/"), clean)
        case _:
            raise ValueError(f"{clean} 的斜杠太多，写法例如 {EXAMPLE}")
    entity, project, run = (_segment(part, clean) for part in (entity, project, run))
    return RunRef(entity, project, run, _trim(text))


def _of_swanlab(parts: list[str], clean: str) -> RunRef:
    if len(parts) != 3 or not all(parts) or parts[0] == PREFIX:
        raise ValueError(f"{SWANLAB.name} 的 run 要写全，“{clean}”写成 {PREFIX}{EXAMPLE} 这样")
    workspace, project, run = (_segment(part, clean) for part in (parts[0].replace(f"{PREFIX}@", PREFIX), *parts[1:]))
    return RunRef(workspace, project, run, run)


def parse_filter(text: str, home: Home) -> RunFilter | None:
    """`entity/project[?tag=x&user=y]`, `entity/project/*` or a project's link -> the filter; None when it is no filter.

    `a/b` alone is a filter when `a` is the default entity, or when there is none; otherwise it is project/run_id.
    Raises ValueError for a filter with a condition that does not exist.
    """
    clean = _clean(text)
    if _is_path(clean):
        return None
    if (link := _link(clean, home)) is not None:
        if link.netloc.lower().removeprefix("www.") != home.host:
            return None  # `parse` says what is wrong with it
        path, query = parts(link.path), ""
        if len(path) == 3 and path[2] in ("workspace", "runs", "table", "overview"):
            path.pop()
        explicit = True
    else:
        address, mark, query = clean.partition("?")
        path = address.rstrip("/").split("/")
        explicit = bool(mark) or (len(path) == 3 and path[2] == "*")
        if len(path) == 3 and path[2] == "*":
            path.pop()
    if len(path) != 2 or not (explicit or home.entity in (None, path[0]) or path[0].startswith(PREFIX)):
        return None
    tags: list[str] = []
    users: list[str] = []
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in ("tag", "user") or not value.strip():
            raise ValueError(f"筛选条件“{key}={value}”看不懂，只认 tag 和 user，例如 team/robot?tag=prod&user=alice")
        (tags if key == "tag" else users).append(value.strip())
    entity, project = (_segment(part.strip(), clean) for part in path)
    return RunFilter(entity, project, tuple(dict.fromkeys(tags)), tuple(dict.fromkeys(users)))


def _trim(text: str) -> str:
    return text.strip().strip(_QUOTES + " 　").strip("。，；,;!！ 　")


def _clean(text: str) -> str:
    """The reference in a person's text: without quotes and brackets, `<url|label>` opened, width normalised."""
    clean = _trim(text).translate(_WIDTH).strip().strip(_QUOTES)
    if "://" in clean:
        clean = clean.partition("|")[0]
    return clean.strip().rstrip("/") if clean != "/" else clean


def _is_path(clean: str) -> bool:
    """Whether it is written like a path. A bare word never is: a directory has to say so (`./run`)."""
    name = clean.rsplit("/", 1)[-1].lower()
    return (
        clean.startswith(("/", "./", "../", "~/"))
        or clean in (".", "..")
        or name.endswith(ENDINGS)
        or MARK in name
        or name == "latest-run"
        or re.fullmatch(r"(offline-)?run-\d{8}_\d{6}-\S+", name) is not None
    )


def _link(clean: str, home: Home) -> SplitResult | None:
    """The parts of a link, also of one pasted without its scheme; None when it is none."""
    if re.match(r"https?://", clean, re.IGNORECASE):
        return urlsplit(clean)
    return urlsplit(f"https://{clean}") if clean.lower().startswith((f"{home.host}/", f"{home.swanlab}/")) else None


def _from_link(link: SplitResult, home: Home) -> RunRef:
    host = link.netloc.rpartition("@")[2].lower()
    if host.removeprefix("www.") == home.swanlab and "@" not in link.netloc:
        named = swanlab.run_of(parts(link.path))
        if named is None:
            raise ValueError(f"这个链接不是 run 的页面，例如 {SWANLAB.page(home.swanlab, *EXAMPLE.split('/'))}")
        workspace, project, run = (_segment(part, "链接") for part in named)
        return RunRef(workspace, project, run, run)
    if host.removeprefix("www.") != home.host or "@" in link.netloc:
        raise ValueError(f"这里接的是 {home.host}，读不了 {host[:60]} 的链接；例如 {_example_link(home)}")
    named = run_of(parts(link.path))
    if named is None:
        raise ValueError(f"这个链接不是 run 的页面，例如 {_example_link(home)}")
    entity, project, run = (_segment(part, "链接") for part in named)
    return RunRef(entity, project, run, run)


def _example_link(home: Home) -> str:
    return WANDB.page(home.host, *EXAMPLE.split("/"))


def _default(value: str | None, clean: str) -> str:
    if not value:
        raise ValueError(f"没有配置默认项目，“{clean}”要写全，例如 {EXAMPLE}")
    return value


def _segment(part: str, clean: str) -> str:
    """One part of a reference, refused when it could lead elsewhere (`..` becomes a directory name downstream)."""
    if not part or part in (".", "..") or "/" in part or "\\" in part or not part.isprintable():
        raise ValueError(f"“{clean}”不是 run 的写法，例如 {EXAMPLE}")
    return part
