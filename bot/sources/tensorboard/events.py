"""One event file as far as it has been read: the scalars in it by tag, and the configuration. The next read goes on
where the last one stopped.
"""

from __future__ import annotations

import math
import struct
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from analysis.history import LAST_MOMENT, STEP_LIMIT
from analysis.model import Floats, Ints
from bot.sources.port import SourceError
from bot.sources.tensorboard.record import TENSORBOARD
from bot.sources.tensorboard.records import DamagedError, records

_HPARAMS = "_hparams_/session_start_info"
_MOST_SETTINGS = 5000
# DataType of a tensor -> (its bytes as `struct` has them, the field that holds the same as a number)
_NUMBERS = {
    1: ("<f", "float_val"),
    2: ("<d", "double_val"),
    3: ("<i", "int_val"),
    4: ("<B", "int_val"),
    5: ("<h", "int_val"),
    6: ("<b", "int_val"),
    9: ("<q", "int64_val"),
    14: ("<f", "half_val"),  # bfloat16: the upper half of a float32
    19: ("<e", "half_val"),
    22: ("<I", "uint32_val"),
    23: ("<Q", "uint64_val"),
}
_BFLOAT16 = 14


class Cells:
    """One tag, in the order in which it was written. `time`: seconds since epoch, 0 where unknown."""

    __slots__ = ("step", "time", "value")

    def __init__(self) -> None:
        self.step, self.time, self.value = array("q"), array("d"), array("d")

    def arrays(self) -> tuple[Ints, Floats, Floats]:
        """Copies: an array that is looked at cannot grow."""
        return np.array(self.step, np.int64), np.array(self.time, np.float64), np.array(self.value, np.float64)


class EventFile:
    """`since`: the step from which on the writer said it would go on; `damaged_at`: the byte where reading ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cells: dict[str, Cells] = {}
        self.count = 0
        self.config: dict[str, Any] = {}
        self.since: int | None = None
        self.begun_at, self.alive_at = math.inf, -math.inf  # the first and the last moment that an event states
        self.damaged_at: int | None = None
        self._at = 0
        self._identity: tuple[int, int] | None = None
        self._plugins: dict[str, str] = {}  # tag -> who draws it; said at its first value only

    def replaced(self) -> bool:
        """Whether the name stands for another file by now. Raises OSError."""
        there = self.path.stat()
        return self._identity not in (None, (there.st_dev, there.st_ino)) or there.st_size < self._at

    def read_on(self, most: int) -> bool:
        """Takes what has been written since, at most so many scalars; whether there was anything. Raises SourceError,
        OSError.
        """
        there = self.path.stat()
        self._identity = there.st_dev, there.st_ino
        before = self._at
        if there.st_size == before or self.damaged_at is not None:
            return False
        event, decode_error = _event_type()
        try:
            for end, payload in records(self.path, self._at):
                try:
                    self._take(event.FromString(payload))
                except decode_error:
                    raise DamagedError(self._at) from None
                self._at = end
                if self.count > most:
                    raise SourceError("unreadable", f"{self.path.name} 里的标量太多，一个 run 最多读 {most:,} 个")
        except DamagedError as damage:
            self.damaged_at = damage.at
        return self._at > before

    def _take(self, event: Any) -> None:
        # One without a moment has that of the one before.
        at = event.wall_time if 0 < event.wall_time <= LAST_MOMENT else max(0.0, self.alive_at)
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name:
                self._plugins[value.tag] = value.metadata.plugin_data.plugin_name
            if value.tag == _HPARAMS:
                self.config.update(_hparams(value.metadata.plugin_data.content))
            elif (number := _number(value, self._plugins.get(value.tag))) is not None and abs(event.step) < STEP_LIMIT:
                cells = self.cells.setdefault(value.tag, Cells())
                cells.step.append(event.step)
                cells.time.append(at)
                cells.value.append(number)
                self.count += 1
                self.begun_at, self.alive_at = min(self.begun_at, at), max(self.alive_at, at)
        if event.HasField("session_log") and event.session_log.status == 1:
            self.since = event.step


def _event_type() -> tuple[Any, type[Exception]]:
    """Imported when the first event is read: most who run the bot have none, and it takes half a second."""
    try:
        from google.protobuf.message import DecodeError  # noqa: PLC0415
        from tensorboardX.proto.event_pb2 import Event  # noqa: PLC0415
    except ImportError:
        raise SourceError("unreadable", f"读 {TENSORBOARD} 日志要先装一个包：pip install tensorboardX") from None
    return Event, DecodeError


def _number(value: Any, plugin: str | None) -> float | None:
    """The scalar of a summary value: as TensorFlow 1 and PyTorch write it, or TensorFlow 2 (a tensor of one number)."""
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return float(value.simple_value)
    if kind != "tensor" or plugin != "scalars":
        return None
    tensor = value.tensor
    if any(dim.size != 1 for dim in tensor.tensor_shape.dim):
        return None
    if tensor.dtype not in _NUMBERS:
        return None
    form, field = _NUMBERS[tensor.dtype]
    raw, said = tensor.tensor_content, getattr(tensor, field)
    if field == "half_val" and len(said) and 0 <= said[0] < 1 << 16:
        raw = said[0].to_bytes(2, "little")
    elif not raw:
        return float(said[0]) if len(said) else 0.0  # TensorFlow leaves zeros out
    if tensor.dtype == _BFLOAT16:
        raw = b"\0\0" + raw
    return float(struct.unpack(form, raw)[0]) if len(raw) == struct.calcsize(form) else None


def _hparams(content: bytes) -> dict[str, Any]:
    """The configuration, as the hparams plugin has it: numbers are all floats there."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415
    from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData  # noqa: PLC0415

    try:
        told = HParamsPluginData.FromString(content).session_start_info.hparams
    except DecodeError:
        return {}
    config: dict[str, Any] = {}
    for key, said in sorted(told.items())[:_MOST_SETTINGS]:
        kind = said.WhichOneof("kind")
        if kind == "number_value":
            number = said.number_value
            config[key] = int(number) if number.is_integer() else number
        elif kind in ("string_value", "bool_value"):
            config[key] = getattr(said, kind)
    return config
