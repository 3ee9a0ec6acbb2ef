"""Charts are drawn by a process of their own: a chart is a third of a second of Python, and whoever hears and answers
would wait for it all the while.

It is a plain child with two pipes: a picture goes in, a PNG comes out. It has none of our sockets and files, ends when
we do, however that comes, and one that dies or hangs is replaced.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
from typing import IO, cast

import structlog

from bot.render.picture import Picture

log = structlog.get_logger(__name__)

_DEADLINE_S = 30.0  # of a chart, the start of the process included; a command is given up after 60
_TRIES = 2
_MOST = 1000  # charts of one process: what a library leaks stays bounded
_SIZE = struct.Struct("<?Q")  # whether it went well, bytes that follow


class DrawingError(Exception):
    """A picture could not be drawn."""


class ChartProcess:
    """One picture at a time, in a process that is started with the first one, or by `start`. Thread-safe."""

    def __init__(self, *, deadline_s: float = _DEADLINE_S, most: int = _MOST) -> None:
        self._deadline_s, self._most = deadline_s, most
        self._child: _Child | None = None
        self._turn = threading.Lock()
        self._stopped = False

    @property
    def pid(self) -> int | None:
        return self._child.process.pid if self._child is not None else None

    def start(self) -> None:
        """So that the first picture does not wait for it."""
        with self._turn, contextlib.suppress(DrawingError):
            self._ready()

    def draw(self, picture: Picture) -> bytes:
        """The PNG. A process that dies meanwhile, whatever it dies of, gets one successor. Raises DrawingError."""
        request = pickle.dumps(picture, protocol=pickle.HIGHEST_PROTOCOL)
        with self._turn:
            for _ in range(_TRIES):
                with contextlib.suppress(EOFError):
                    return self._drawn(request)
        raise DrawingError("画图的进程两次没了")

    def stop(self) -> None:
        """At once; a picture that is being drawn is not."""
        self._stopped = True
        child = self._child
        if child is not None:
            child.kill()

    def _drawn(self, request: bytes) -> bytes:
        """Raises EOFError when the process is gone."""
        child = self._ready()
        try:
            good, answer = child.ask(request, self._deadline_s)
        except (EOFError, OSError, ValueError):  # its pipes are closed once it is gone
            child.kill()
            self._child = None
            if child.late:
                raise DrawingError(f"{self._deadline_s:g} 秒没画完") from None
            raise EOFError from None
        child.drawn += 1
        if child.drawn >= self._most:
            child.kill()
            self._child = None
        if not good:
            raise DrawingError(answer.decode())
        return answer

    def _ready(self) -> _Child:
        if self._stopped:
            raise DrawingError("正在退出")
        if self._child is None or self._child.gone:
            try:
                self._child = _Child()
            except OSError as error:
                raise DrawingError(f"画图的进程起不来：{error.strerror}") from None
            if self._stopped:  # meanwhile
                self._child.kill()
        return self._child


class _Child:
    """The process, seen from its parent. `late`: it was killed for that. `drawn`: how many pictures."""

    def __init__(self) -> None:
        program = f"import sys; sys.path[:] = {sys.path!r}; from bot.charting import serve; serve()"
        self.process = subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"OPENBLAS_NUM_THREADS": "1", **os.environ},  # its threads would have nothing to do
        )
        self._into, self._out = cast("IO[bytes]", self.process.stdin), cast("IO[bytes]", self.process.stdout)
        self.late, self.drawn = False, 0
        self._killed = False
        threading.Thread(target=self._wait, name="chart-process", daemon=True).start()

    def ask(self, request: bytes, deadline_s: float) -> tuple[bool, bytes]:
        """Raises EOFError or OSError when the process ends, or is ended because it takes too long."""
        late = threading.Timer(deadline_s, self._give_up)
        late.daemon = True
        late.start()
        try:
            _write(self._into, True, request)
            return _read(self._out)
        finally:
            late.cancel()

    @property
    def gone(self) -> bool:
        return self.process.returncode is not None

    def kill(self) -> None:
        self._killed = True
        self.process.kill()

    def _give_up(self) -> None:
        self.late = True
        self.kill()

    def _wait(self) -> None:
        """So that no dead child stands about."""
        code = self.process.wait()
        if not self._killed or self.late:
            log.warning("画图的进程没了，下一张图用新的", late=self.late, exit_code=code)
        for pipe in (self._into, self._out):
            with contextlib.suppress(OSError):
                pipe.close()


def _write(pipe: IO[bytes], good: bool, content: bytes) -> None:
    pipe.write(_SIZE.pack(good, len(content)))
    pipe.write(content)
    pipe.flush()


def _read(pipe: IO[bytes]) -> tuple[bool, bytes]:
    """Raises EOFError."""
    good, size = _SIZE.unpack(_exactly(pipe, _SIZE.size))
    return good, _exactly(pipe, size)


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    found = pipe.read(size)
    if len(found) < size:
        raise EOFError
    return found


def serve() -> None:
    """The process itself: until its parent is gone."""
    # A terminal and a service manager signal all processes of a group: this one is there until the last answer is sent.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints
    asked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, asked), daemon=True).start()
    from bot.render.drawing import png  # noqa: PLC0415  (the parent never loads it)

    while True:
        try:
            good, answer = True, png(pickle.loads(asked.get()))  # noqa: S301  (our parent's)
        except Exception as error:
            good, answer = False, f"{type(error).__name__}: {error}".encode()
        _write(out, good, answer)


def _listen(pipe: IO[bytes], asked: queue.SimpleQueue[bytes]) -> None:
    """In a thread of its own, so that the parent's end is seen while a picture is drawn."""
    try:
        while True:
            asked.put(_read(pipe)[1])
    except EOFError:
        os._exit(0)
