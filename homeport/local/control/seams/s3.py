"""S3: the bytes of objects are files, and what happens to an object is on disk before the call is answered.

moto keeps objects in memory. Terraform's state is an object here, so it must survive everything that a file survives.
A file is removed only after the change that made it superfluous is on disk, so no saved state refers to a missing one.
"""

import logging
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from homeport.local.control.changes import Unit, changes
from homeport.local.control.seams.replace import replace

log = logging.getLogger(__name__)
JOURNALED = ("put_object", "delete_object")  # copies and completed uploads are put, too


class Content:
    """An object's bytes in a file, with the few file methods that moto uses."""

    def __init__(self, path: str, drop: Callable[[str], None]) -> None:
        self.path, self._drop, self._position = path, drop, 0

    def seek(self, position: int) -> None:
        self._position = position

    def read(self, size: int = -1) -> bytes:
        with Path(self.path).open("rb") as file:
            file.seek(self._position)
            data = file.read(size)
        self._position += len(data)
        return data

    def close(self) -> None:
        """The object is gone, and its file with it soon."""
        self._drop(self.path)


class Objects:
    """The folder of objects' files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._superfluous: list[str] = []
        self._lock = threading.Lock()

    def write(self, data: bytes) -> Content:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / uuid.uuid4().hex
        try:
            path.write_bytes(data)
        except OSError:
            path.unlink(missing_ok=True)  # half of it would fill the disk even more
            raise
        return self.open(str(path))

    def open(self, path: str) -> Content:
        return Content(path, self._drop)

    def clean(self) -> None:
        """Remove the files of objects that are gone. Call when their going is on disk."""
        with self._lock:
            paths, self._superfluous = self._superfluous, []
        for path in paths:
            Path(path).unlink(missing_ok=True)

    def sweep(self, used: set[str]) -> None:
        """After loading: remove the files that no object refers to (a crash came between)."""
        for path in self._folder.glob("*"):
            if str(path) not in used:
                path.unlink(missing_ok=True)

    def _drop(self, path: str) -> None:
        with self._lock:
            self._superfluous.append(path)


def apply(folder: Path, journal: Callable[[Unit, Any], None]) -> Objects:
    """`journal(unit, record)` writes a record; `replay` takes it back."""
    from moto.s3.models import FakeKey, S3Backend

    objects = Objects(folder)
    _keep_in_files(FakeKey, objects)
    for name in JOURNALED:
        _journal(S3Backend, name, objects, journal)
    return objects


def replay(backend: Any, record: Any) -> None:
    """What became of one object: all its versions, or none."""
    bucket_name, key_name, keys, tags = record
    bucket = backend.buckets.get(bucket_name)
    if bucket is None:
        return  # the bucket was deleted later
    if keys:
        dict.__setitem__(bucket.keys, key_name, keys)
        for arn, values in tags.items():
            backend.tagger.tags[arn] = values
    else:
        dict.pop(bucket.keys, key_name, None)


def used_files() -> set[str]:
    """Files of every object and uploaded part there is."""
    from moto.s3.models import s3_backends

    keys: list[Any] = []
    for _, _, backend in s3_backends.iter_backends():
        for bucket in backend.buckets.values():
            for versions in dict.values(bucket.keys):
                keys += versions
            uploads = [*bucket.multiparts.values(), *(key.multipart for key in keys if getattr(key, "multipart", None))]
            keys += [part for upload in uploads for part in upload.parts.values()]
    return {key._value_buffer.path for key in keys if isinstance(getattr(key, "_value_buffer", None), Content)}


def _keep_in_files(key_class: Any, objects: Objects) -> None:
    def read(self: Any) -> bytes:
        content = self._value_buffer
        content.seek(0)
        data: bytes = content.read()
        return data

    def write(self: Any, value: bytes | str) -> None:
        data = value.encode() if isinstance(value, str) else value
        if isinstance(self._value_buffer, Content):
            self._value_buffer.close()
        self._value_buffer = objects.write(data)
        self.contentsize = len(data)

    def getstate(self: Any) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name not in ("_value_buffer", "lock")}
        return state | {"file": self._value_buffer.path}

    def setstate(self: Any, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._value_buffer = objects.open(self.__dict__.pop("file"))
        self.lock = threading.Lock()

    key_class.value = property(read, write)
    key_class.__getstate__, key_class.__setstate__ = getstate, setstate


def _journal(owner: Any, name: str, objects: Objects, journal: Callable[[Unit, Any], None]) -> None:
    @replace(owner, name)
    def change(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(backend, *args, **kwargs)
        bucket, key = kwargs.get("bucket_name") or args[0], kwargs.get("key_name") or args[1]
        # At the end of the call: headers and tags are set after the object is put.
        changes.at_end(("s3", bucket, key), lambda: _write(_owner(backend, bucket), bucket, key, objects, journal))
        return result


def _write(backend: Any, bucket_name: str, key_name: str, objects: Objects, journal: Callable[..., None]) -> None:
    bucket = backend.buckets.get(bucket_name)
    if bucket is None:
        return
    keys = list(bucket.keys.getlist(key_name, None) or ())
    tags = {key.arn: backend.tagger.tags[key.arn] for key in keys if getattr(key, "arn", None) in backend.tagger.tags}
    journal(Unit("s3", backend.account_id, backend.partition), (bucket_name, key_name, keys, tags))
    objects.clean()


def _owner(backend: Any, bucket_name: str) -> Any:
    """The backend that holds the bucket; another account may have been allowed to write into it."""
    from moto.s3.models import s3_backends

    partition, account = s3_backends.bucket_accounts.get(bucket_name, (backend.partition, backend.account_id))
    return s3_backends[account][partition]
