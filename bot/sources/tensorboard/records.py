"""The records of an event file, one after the other, also while it is being written.

TFRecord: length (8 bytes), its checksum, the payload, its checksum. The first checksum is compared, since everything
depends on the length; what is wrong in a payload, protobuf finds or nobody can see.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_HEAD = struct.Struct("<QI")
_TAIL = 4
_LARGEST = 16 << 20  # bytes; no record of scalars comes near it: pictures, graphs and embeddings are stepped over


class DamagedError(Exception):
    """From here on the file is not what it should be. `at`: which byte."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def records(path: Path, at: int) -> Iterator[tuple[int, bytes]]:
    """(where the next one begins, payload) of every whole record from a position on. Raises DamagedError, OSError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(at)
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            if checksum != _masked(head[:8]):
                if not any(head) and not any(file.read(_LARGEST)):
                    return  # zeros that a crash of the machine left
                raise DamagedError(at)
            end = at + _HEAD.size + length + _TAIL
            if end > size:
                return
            payload = file.read(length) if length <= _LARGEST else b""
            if length <= _LARGEST and len(payload) < length:
                return
            file.seek(end)
            yield end, payload
            at = end


def _table() -> list[int]:
    def shifted(rest: int) -> int:
        for _ in range(8):
            rest = (rest >> 1) ^ (0x82F63B78 if rest & 1 else 0)
        return rest

    return [shifted(byte) for byte in range(256)]


_CRC32C = _table()


@lru_cache(maxsize=4096)
def _masked(data: bytes) -> int:
    """CRC-32C, rotated and shifted as TFRecord has it. Lengths repeat, so that few are worked out."""
    rest = 0xFFFFFFFF
    for byte in data:
        rest = _CRC32C[(rest ^ byte) & 0xFF] ^ (rest >> 8)
    rest ^= 0xFFFFFFFF
    return (((rest >> 15) | (rest << 17)) + 0xA282EAD8) & 0xFFFFFFFF
