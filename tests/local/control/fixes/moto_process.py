"""A process that answers as moto does, with Homeport's fixes or without: `moto_process.py fixed|stock`."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from homeport.local.control import embedded


async def serve(fixed: bool) -> None:
    from homeport.local.control import accounts, fixes
    from homeport.local.control.server import create_server

    if fixed:
        fixes.apply_all()
    accounts.select_by_access_key()
    runner = web.ServerRunner(create_server(ThreadPoolExecutor(8), none_of_ours))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.read)  # until the tests are over


async def none_of_ours(_: web.BaseRequest) -> web.Response:
    return web.Response(status=404)


if __name__ == "__main__":
    embedded.prepare()
    asyncio.run(serve(sys.argv[1] == "fixed"))
