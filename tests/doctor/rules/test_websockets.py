"""WebSockets, which API Gateway's HTTP API does not pass on."""

import pytest

from tests.doctor.cases import find, places, project

RULE = "websockets"
ROUTER = """from channels.routing import ProtocolTypeRouter
application = ProtocolTypeRouter({
    "http": http,
    "websocket": sockets,
})
"""


@pytest.mark.parametrize("file", ["web/asgi.py", "web/routing.py"])
def test_the_websocket_part_of_channels_router_is_an_error(file: str) -> None:
    (found,) = find(RULE, project("") | {file: ROUTER})
    assert (found.place, found.severity, found.patch) == (f"{file}:4", "error", None)


def test_channels_without_websockets_is_fine() -> None:
    only_http = ROUTER.replace('    "websocket": sockets,\n', "")
    assert places(RULE, project("") | {"web/asgi.py": only_http}) == []
