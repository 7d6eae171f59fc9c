"""A file → its text, whatever the file is: a folder, a pipe, binary, too large, in another encoding."""

import codecs
import stat
from pathlib import Path

from homeport.heroku.files.findings import Place
from homeport.heroku.records import Doubt

BYTES_MAX = 1_000_000  # of what people write
LOCK_BYTES_MAX = 10_000_000  # of what tools write: locks, captured answers
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(file: Path, place: Place, bytes_max: int = BYTES_MAX) -> tuple[str | None, tuple[Doubt, ...]]:
    """The text with `\\n` at the ends of lines, or None; and what was odd. A file that is not there is no doubt."""
    try:
        raw, problem = _bytes(file, bytes_max)
    except FileNotFoundError:
        return None, ()
    except (OSError, ValueError) as error:  # ValueError: a NUL in a name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name is no file name"
        return None, (Doubt(place.path, f"cannot be read: {reason}; it is left out"),)
    if problem:
        return None, (Doubt(place.path, f"{problem}; it is left out"),)
    return _decode(raw, place)


def is_file(file: Path) -> bool:
    """Is there something to read or to doubt? A broken link, an unreadable file and a folder are."""
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:
        return True
    return True


def _bytes(file: Path, bytes_max: int) -> tuple[bytes, str]:
    mode = file.stat().st_mode
    if stat.S_ISDIR(mode):
        return b"", "is a folder, where a file is expected"
    if not stat.S_ISREG(mode):  # a pipe would be waited for forever
        return b"", "is not a regular file"
    with file.open("rb") as stream:
        raw = stream.read(bytes_max + 1)
    if len(raw) > bytes_max:
        return b"", f"is larger than {bytes_max // 1_000:,} kB"
    return raw, ""


def _decode(raw: bytes, place: Place) -> tuple[str | None, tuple[Doubt, ...]]:
    doubts: tuple[Doubt, ...] = ()
    if raw.startswith(UTF_16):
        text = raw.decode("utf-16", "replace")
        doubts = (Doubt(place.path, "is in UTF-16; Heroku reads UTF-8 only. It was read as UTF-16"),)
    elif b"\0" in raw:
        return None, (Doubt(place.path, "is binary, where a text is expected; it is left out"),)
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            doubts = (Doubt(place.at(line), "is not UTF-8; the file was read as Windows-1252"),)
            text = raw.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""), doubts
