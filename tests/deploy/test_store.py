"""One builder of a thing at a time."""

import subprocess
import threading
import time
from pathlib import Path

from homeport.deploy.store import locked


def test_a_lock_is_free_at_once_although_another_thread_is_starting_a_program(tmp_path: Path) -> None:
    with locked(tmp_path, "digest"):
        starting = threading.Thread(
            target=lambda: subprocess.run(["true"], preexec_fn=lambda: time.sleep(1.5), check=True)
        )
        starting.start()
        time.sleep(0.3)  # it has forked, and holds copies of all our files until it runs its program
    begun = time.monotonic()
    with locked(tmp_path, "digest"):
        assert time.monotonic() - begun < 1
    starting.join()
