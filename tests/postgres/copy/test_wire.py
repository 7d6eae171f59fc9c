"""Sessions that do not come about."""

import gc
import socket
import threading
import warnings

import pytest

from homeport.postgres.copy.wire import ConnectionLost, Wire
from homeport.postgres.server import Server


def test_a_server_that_hangs_up_at_once_leaves_no_socket_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        def hang_up() -> None:
            near, _ = listening.accept()
            with near:
                near.recv(1024)

        thread = threading.Thread(target=hang_up)
        thread.start()
        server = Server("127.0.0.1", listening.getsockname()[1], "u", "d", "hush", ssl_mode="disable")
        with pytest.raises(ConnectionLost, match="closed the connection"):
            Wire(server, application="test")
        thread.join()
        gc.collect()
    assert [str(warning.message) for warning in caught if "unclosed" in str(warning.message)] == []
