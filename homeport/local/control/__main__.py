"""`python -m homeport.local.control --home DIR [--port N]`: run the control plane until SIGTERM."""

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import sys
from pathlib import Path

from homeport.errors import HomeportError
from homeport.local.alone import only_plane
from homeport.local.control import embedded
from homeport.local.home import Home

log = logging.getLogger(__name__)


def main() -> int:
    """Exit code: 0 after an orderly stop, 1 for what the user can mend."""
    parser = argparse.ArgumentParser(prog="homeport.local.control", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    home = Home(arguments.home.resolve())
    gc.disable()  # what is imported stays; to look through it as it grows takes 0.3 s of a start
    try:
        with only_plane(home, "control"):
            embedded.prepare()
            asyncio.run(_serve(home, arguments.port))
    except HomeportError as error:
        sys.stderr.write(f"error: {error.message}\n\nhint: {error.hint}\n")
        return 1
    return 0


async def _serve(home: Home, port: int) -> None:
    from homeport.local.control.plane import ControlPlane

    plane = ControlPlane(home)
    try:
        url = await plane.start(port)
        gc.freeze()  # of what is there now, nothing is looked through again
        gc.enable()
        _write_address(home, url)
        log.info("ready at %s", url)
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await stopped.wait()
        log.info("stopping")
    finally:
        await plane.stop()


def _write_address(home: Home, url: str) -> None:
    draft = home.control.with_suffix(".new")
    draft.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    draft.replace(home.control)


if __name__ == "__main__":
    sys.exit(main())
