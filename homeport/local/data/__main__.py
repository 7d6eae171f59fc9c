"""`python -m homeport.local.data --home DIR`: run the data plane until SIGTERM or SIGINT."""

import argparse
import asyncio
import logging
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop

from homeport.errors import HomeportError
from homeport.local.alone import only_plane
from homeport.local.data import plane
from homeport.local.home import Home

THREADS_MAX = 128  # long polls of queues hold one each; threads are made when needed


def main() -> int:
    """Exit code: 0 after an orderly stop, 1 for what the user can mend."""
    parser = argparse.ArgumentParser(prog="homeport.local.data", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    home = Home(parser.parse_args().home.resolve())
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        with only_plane(home, "data"), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(home))
    except HomeportError as error:
        sys.stderr.write(f"error: {error.message}\n\nhint: {error.hint}\n")
        return 1
    return 0


async def _serve(home: Home) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="blocking"))
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await plane.run(home, stopping)


if __name__ == "__main__":
    sys.exit(main())
