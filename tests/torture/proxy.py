"""A TCP proxy before one server: what passes can be cut off, and nothing let in, whenever a test likes."""

import contextlib
import socket
import threading

PIECE_BYTES = 1 << 18


class Proxy:
    """Forwards 127.0.0.1:`port` to a port of this machine."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._accept, name=f"proxy {to_port}", daemon=True).start()

    def drop(self) -> int:
        """Cut all connections, without a word to either end; how many."""
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        return len(ends) // 2

    def close(self) -> None:
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.drop()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to_port), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._open |= {near, far}
            left = threading.Semaphore(0)
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._forward, args=(one, other, left), daemon=True).start()
            threading.Thread(target=self._end, args=(near, far, left), daemon=True).start()

    @staticmethod
    def _forward(one: socket.socket, other: socket.socket, left: threading.Semaphore) -> None:
        """Until one end is gone; then the other end hears of it."""
        try:
            while piece := one.recv(PIECE_BYTES):
                other.sendall(piece)
        except OSError:
            pass
        finally:
            for end in (one, other):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            left.release()

    def _end(self, near: socket.socket, far: socket.socket, left: threading.Semaphore) -> None:
        left.acquire()
        left.acquire()
        with self._lock:
            self._open -= {near, far}
        near.close()
        far.close()
