"""A service's cache behind TLS: believed only with a certificate that this machine trusts."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from homeport.local.data.certificates import load_certificates
from homeport.local.home import Home

pytestmark = pytest.mark.integration
LIBRARY = Path(__file__).parents[2] / "examples" / "magicbook" / "services" / "library"
Ask = Callable[[str, str], subprocess.CompletedProcess[str]]
ASK = (
    "import django; django.setup(); from django.core.cache import cache; cache.set('a', 'kept'); print(cache.get('a'))"
)


def pump(source: socket.socket, target: socket.socket) -> None:
    """Copies one direction of a connection, until it ends."""
    with closing(target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            return


@contextmanager
def tls_in_front_of(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """The port on which TLS is spoken for a server that cannot."""
    with socket.create_server(("", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    inner = context.wrap_socket(listener.accept()[0], server_side=True)
                except ssl.SSLError:
                    continue  # a client that does not believe us
                except OSError:
                    return
                outer = socket.create_connection(("127.0.0.1", port))
                for pair in ((inner, outer), (outer, inner)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def cache(tmp_path: Path, redis_port: int) -> Iterator[tuple[str, Path]]:
    """The URL of a Redis behind TLS, and the file of authorities that vouch for it."""
    certificates = load_certificates(Home(tmp_path / "home"))
    with tls_in_front_of(redis_port, certificates.server_context()) as port:
        yield f"rediss://127.0.0.1:{port}/0", certificates.bundle


@pytest.fixture
def ask(python: Path, laptop: dict[str, str]) -> Ask:
    """Uses the cache as the library does: by its URL, and the file of the authorities that it believes."""

    def run(url: str, authorities: str) -> subprocess.CompletedProcess[str]:
        own = {"DJANGO_SETTINGS_MODULE": "library.settings", "REDIS_URL": url, "SSL_CERT_FILE": authorities}
        return subprocess.run(
            [python, "-c", ASK], cwd=LIBRARY, env={**laptop, **own}, capture_output=True, text=True, timeout=60
        )

    return run


def test_a_certificate_that_this_machine_trusts_opens_the_cache(ask: Ask, cache: tuple[str, Path]) -> None:
    url, authorities = cache
    done = ask(url, str(authorities))
    assert done.stdout.strip() == "kept", done.stderr


def test_a_certificate_of_a_stranger_does_not(ask: Ask, cache: tuple[str, Path]) -> None:
    url, _ = cache
    done = ask(url, "/dev/null")
    assert done.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr


def test_a_certificate_for_another_name_does_not(ask: Ask, cache: tuple[str, Path]) -> None:
    url, authorities = cache
    done = ask(url.replace("127.0.0.1", "127.0.0.2"), str(authorities))
    assert done.returncode != 0
    assert "IP address mismatch" in done.stderr
