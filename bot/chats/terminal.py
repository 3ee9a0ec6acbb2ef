"""The terminal as a chat: messages are printed, charts and files are written to a folder, lines are what people say."""

from __future__ import annotations

import io
import re
import shutil
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TextIO

from bot.address import Address
from bot.chats.port import Inbound, Post, Refused
from bot.render.text import render_text

ADDRESS = Address("console", "")
_GOODBYE = {"exit", "quit", "/exit", "/quit", "退出"}


class TerminalChat:
    """The Chat port on two text streams."""

    def __init__(self, out: TextIO, folder: Path, lines: Iterable[str] | None = None) -> None:
        """
        folder  for charts and files, made when needed
        lines   what to read; None for a terminal that only shows
        """
        self._out, self._folder, self._lines = _able(out), folder, lines
        self._writing = threading.Lock()
        self._sent: set[str] = set()
        self._over = threading.Event()

    def start(self, receive: Callable[[Inbound], None]) -> None:
        if self._lines is None:
            return
        threading.Thread(target=self._read, args=(receive, self._lines), name="terminal", daemon=True).start()

    def wait(self) -> None:
        """Until the input ends."""
        self._over.wait()

    def stop(self) -> None:
        """A read of a terminal cannot be broken off; its thread dies with the program."""

    def connected(self) -> bool:
        return not self._over.is_set()

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """A terminal hears nothing over HTTP."""
        return 404, {}, b""

    def send(self, post: Post) -> str:
        with self._writing:
            try:
                self._show(post)
                self._out.flush()
            except OSError as error:
                raise Refused(f"终端写不了：{error.strerror or type(error).__name__}") from None
            self._sent.add(post.key)
            return post.key  # of one session alone it would name another message in the next

    def find(self, post: Post, since: float) -> str | None:
        return post.key if post.key in self._sent else None

    def _show(self, post: Post) -> None:
        message = post.message
        if message is not None:
            width = shutil.get_terminal_size((100, 24)).columns
            self._out.write(f"\n{render_text(message, width=max(40, min(width, 120)))}\n")
        if post.chart is not None:
            self._out.write(f"[图] {self._keep(f'curve-{post.key[:12]}.png', post.chart)}\n")
        if message is not None and message.file is not None:
            self._out.write(f"[附件] {self._keep(message.file.name, message.file.content.encode())}\n")

    def _keep(self, name: str, content: bytes) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / (re.sub(r"[^\w.-]+", "-", name).lstrip(".") or "file")
        path.write_bytes(content)
        return path

    def _read(self, receive: Callable[[Inbound], None], lines: Iterable[str]) -> None:
        try:
            for line in lines:
                text = line.strip()
                if text.lower() in _GOODBYE:
                    break
                if text:
                    receive(Inbound(event_id=uuid.uuid4().hex, address=ADDRESS, text=text, direct=True))
        finally:
            self._over.set()


def _able(out: TextIO) -> TextIO:
    """The stream, made to take Chinese whatever the locale says."""
    if isinstance(out, io.TextIOWrapper):
        try:
            "曲线🔴".encode(out.encoding)
        except (LookupError, UnicodeEncodeError):
            out.reconfigure(encoding="utf-8")
        out.reconfigure(errors="replace")
    return out
