"""An append-only file of records: written before an API call is answered, read back after a crash.

One `write` per record is enough against the death of the process (not of the machine, for which AWS's own durability
would be needed). A record cut off by the crash was never answered; it and what follows is left out.
"""

import errno
import os
import pickle
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEADER = struct.Struct("<II")  # length, checksum


class Journal:
    """Appends to one file."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.size = os.fstat(self._descriptor).st_size

    def append(self, record: Any) -> None:
        """Returns when the record is in the file."""
        payload = pickle.dumps(record, pickle.HIGHEST_PROTOCOL)
        frame = HEADER.pack(len(payload), zlib.crc32(payload)) + payload
        written = os.write(self._descriptor, frame)
        if written != len(frame):  # a full disk: take the half record back, or later ones would be lost behind it
            os.ftruncate(self._descriptor, self.size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.size += written

    def close(self) -> None:
        os.close(self._descriptor)


def read_records(path: Path) -> Iterator[Any]:
    """Records in order, up to the first damaged one."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    offset = 0
    while offset + HEADER.size <= len(data):
        length, checksum = HEADER.unpack_from(data, offset)
        payload = data[offset + HEADER.size : offset + HEADER.size + length]
        if len(payload) != length or zlib.crc32(payload) != checksum:
            return
        yield pickle.loads(payload)
        offset += HEADER.size + length
