"""moto's backends → bytes and back, with Python's own C pickler and an answer for the few things it refuses.

A backend is pickled as its attributes. Another backend that it refers to is pickled as its name, and is that very
object again after loading. Locks are made anew, keys and certificates go through PEM, lambdas through dill.
"""

import io
import pickle
import threading
import types
import weakref
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import dill
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from homeport.local.control.changes import Unit

LOCKS: dict[type, Callable[[], Any]] = {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
    threading.Condition: threading.Condition,
    threading.Event: threading.Event,
}
PRIVATE_KEYS = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)
PUBLIC_KEYS = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)


def dump(state: Any) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(state)
    return buffer.getvalue()


def load(data: bytes) -> Any:
    return pickle.loads(data)


def unit_of(backend: Any) -> Unit:
    """The unit that a backend object is."""
    return Unit(_service_of(type(backend)), backend.account_id, backend.region_name)


def backend_of(unit: Unit) -> Any:
    """The live backend of a unit, made as moto makes it if there is none yet."""
    from moto.backends import get_backend

    return get_backend(unit.service)[unit.account][unit.region]


def bare_backend_of(unit: Unit) -> Any:
    """A backend without attributes, for `load` to fill: moto's constructors would make default networks and more."""
    from moto.backends import get_backend

    regions = get_backend(unit.service)[unit.account]
    backend = regions.backend.__new__(regions.backend)
    dict.__setitem__(regions, unit.region, backend)
    return backend


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind in _plain:
            return NotImplemented
        reduced = _reduced(obj, kind)
        if reduced is NotImplemented and kind is not types.FunctionType:
            _plain.add(kind)
        return reduced


_plain: set[type] = set()  # pickle knows what to do with their objects; most of a save went into asking for each anew


def _reduced(obj: Any, kind: type) -> Any:
    if kind in LOCKS:
        return LOCKS[kind], ()
    if kind is types.FunctionType and _has_no_name(obj):
        return dill.loads, (dill.dumps(obj),)
    if isinstance(obj, defaultdict) and kind is not defaultdict:  # its constructor may ask for more
        return _bare_defaultdict, (kind, obj.default_factory), obj.__dict__, None, iter(obj.items())
    if kind is weakref.WeakValueDictionary:
        return _weak_values, (dict(obj),)
    if reduced := _reduced_key(obj):
        return reduced
    from moto.core.base_backend import BaseBackend

    if isinstance(obj, BaseBackend):
        return backend_of, (unit_of(obj),)
    return NotImplemented


def _reduced_key(obj: Any) -> Any:
    if isinstance(obj, PRIVATE_KEYS):
        encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
        return _private_key, (obj.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none),)
    if isinstance(obj, PUBLIC_KEYS):
        pem = obj.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return _public_key, (pem,)
    if isinstance(obj, x509.Certificate):
        return _certificate, (obj.public_bytes(serialization.Encoding.PEM),)
    return None


def _certificate(pem: bytes) -> Any:
    return x509.load_pem_x509_certificate(pem)  # the function itself is one that pickle cannot find


def _public_key(pem: bytes) -> Any:
    return serialization.load_pem_public_key(pem)


def _private_key(pem: bytes) -> Any:
    return serialization.load_pem_private_key(pem, password=None)


def _bare_defaultdict(kind: Any, factory: Any) -> Any:
    bare: Any = kind.__new__(kind)
    bare.default_factory = factory
    return bare


def _weak_values(values: dict[Any, Any]) -> Any:
    return weakref.WeakValueDictionary(values)


def _has_no_name(function: Any) -> bool:
    return "<" in function.__qualname__  # a lambda, or a function inside another


_services: dict[type, str] = {}


def _service_of(kind: type) -> str:
    from moto.core.base_backend import BackendDict

    if kind not in _services:
        _services.update({found.backend: found.service_name for found in BackendDict._instances})
    return _services[kind]
