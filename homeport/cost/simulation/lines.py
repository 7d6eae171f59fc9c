"""A file of any size → its lines with their numbers, one at a time; gzip is unpacked on the way."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from homeport.errors import HomeportError

LINE_MAX = 32_768
GZIP = b"\x1f\x8b"


def read_lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Number and text, without the end of the line. Raises HomeportError if it cannot be read, at the line."""
    number = 0
    try:
        with _open(file) as stream:
            while line := stream.readline(LINE_MAX + 1):
                number += 1
                if len(line) > LINE_MAX:
                    raise HomeportError(f"{file}:{number}: a line is longer than {LINE_MAX} bytes; expected text lines")
                yield number, line.rstrip(b"\r\n")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise HomeportError(
            f"{file}:{number + 1}: the compressed file is damaged or cut off ({error})", "fetch it again"
        ) from None
    except OSError as error:
        raise HomeportError(f"{file}: {error.strerror or error}") from None


def first_line(file: Path) -> bytes:
    """The first line that is not empty. Raises HomeportError if there is none."""
    for _, line in read_lines(file):
        if line.strip():
            return line
    raise HomeportError(f"{file}: is empty; expected a traffic profile or an access log")


def _open(file: Path) -> IO[bytes] | gzip.GzipFile:
    stream = file.open("rb")
    magic = stream.read(2)
    stream.seek(0)
    if magic != GZIP:
        return stream
    stream.close()
    return gzip.open(file, "rb")
