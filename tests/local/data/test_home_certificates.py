"""The home's own authority: private, for loopback only, made again before it ends."""

import datetime
import ssl
import stat

from cryptography import x509

from homeport.local.data.certificates import load_certificates
from homeport.local.home import Home


def test_keys_are_private_and_kept(home: Home) -> None:
    made = load_certificates(home)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700
    assert load_certificates(home).key.read_bytes() == made.key.read_bytes()


def test_programs_trust_the_system_and_us(home: Home) -> None:
    made = load_certificates(home)
    system = ssl.get_default_verify_paths().cafile
    assert made.authority.read_text() in made.bundle.read_text()
    assert system is None or len(made.bundle.read_bytes()) > len(made.authority.read_bytes()) + 1000


def test_the_authority_may_speak_for_this_machine_only(home: Home) -> None:
    authority = x509.load_pem_x509_certificate(load_certificates(home).authority.read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert {str(name.value) for name in constraints.value.permitted_subtrees or ()} == {"localhost", "127.0.0.0/8"}


def test_the_authoritys_key_is_not_kept(home: Home) -> None:
    load_certificates(home)
    assert [file.name for file in home.keys.glob("*.key")] == ["server.key"]


def test_certificates_that_soon_end_are_made_again(home: Home) -> None:
    made = load_certificates(home).certificate.read_bytes()
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=800)
    assert load_certificates(home, later).certificate.read_bytes() != made


def test_a_file_cut_short_is_made_again(home: Home) -> None:
    load_certificates(home).certificate.write_text("-----BEGIN")
    assert x509.load_pem_x509_certificate(load_certificates(home).certificate.read_bytes())
