"""What a function's process prints → lines in its log stream, and the last 4 KB of an invocation.

The pipe is ours, so that it can be emptied the moment an answer arrives: what was printed before it is then in the log
before REPORT, and in the tail that Invoke returns.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable

LINE_BYTES_MAX = 256 * 1024  # of a log event on AWS
TAIL_BYTES = 4096
READ_BYTES = 64 * 1024
READS_MAX = 16  # at once, so that a process which prints for ever does not hold the loop


class Journal:
    """Log of one process; `write_end` becomes its standard output and error."""

    def __init__(self, write_line: Callable[[str], None]) -> None:
        self._write_line = write_line
        self._pending = b""
        self._tail = bytearray()
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._open = True
        asyncio.get_running_loop().add_reader(self._read_end, self.drain)

    def write(self, line: str) -> None:
        """A line of Lambda's own, after everything printed so far."""
        self._flush()
        self._emit(line)

    def drain(self) -> None:
        """Takes what the process has printed so far."""
        for _ in range(READS_MAX):
            try:
                chunk = os.read(self._read_end, READ_BYTES) if self._open else b""
            except BlockingIOError:
                return
            if not chunk:
                self._stop_reading()
                return
            self.take(chunk)

    def begin_tail(self) -> None:
        self._tail.clear()

    def tail(self) -> bytes:
        return bytes(self._tail)

    def started(self) -> None:
        """The process has its own copy of the write end; ours would keep the pipe open for ever."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def close(self) -> None:
        self.started()
        self.drain()
        self._flush()
        self._stop_reading()

    def take(self, chunk: bytes) -> None:
        """Some output, cut anywhere."""
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        for line in lines:
            self._emit_bytes(line)
        while len(self._pending) > LINE_BYTES_MAX:
            self._emit_bytes(self._pending[:LINE_BYTES_MAX])
            self._pending = self._pending[LINE_BYTES_MAX:]

    def _flush(self) -> None:
        if self._pending:
            self._emit_bytes(self._pending)
            self._pending = b""

    def _emit_bytes(self, line: bytes) -> None:
        # awslambdaric joins the lines of a traceback with carriage returns, so that they stay one event.
        text = line.decode("utf-8", "replace").replace("\r", "\n")
        if text.strip():
            self._emit(text)

    def _emit(self, line: str) -> None:
        self._tail += line.encode() + b"\n"
        del self._tail[:-TAIL_BYTES]
        self._write_line(line)

    def _stop_reading(self) -> None:
        if self._open:
            self._open = False
            with contextlib.suppress(RuntimeError):  # the loop is gone already
                asyncio.get_running_loop().remove_reader(self._read_end)
            os.close(self._read_end)
