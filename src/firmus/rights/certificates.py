"""Certificates of an installation's key, as C2PA wants them: a root that is made for them alone, and the key's own.

The private key of the root is thrown away: nothing else is ever certified. Nobody vouches for such a root; that a file
was signed with a certain key, the certificate says all the same.

Source: RFC 5280; *C2PA technical specification 2.2* (2025), 14.5: certificate profile.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.rights import keys

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FILE = "certificates.pem"
VALID = timedelta(days=3650)
EARLIER = timedelta(days=1)  # that clocks may differ by


def chain() -> bytes:
    """Certificate of the key and its root (PEM), made where there are none, or where they are of another key.

    Raises
    ------
    FirmusError
        Where the key can be neither read nor made.
    """
    return _load(keys.folder() / FILE, keys.public_key())


@cache
def _load(path: Path, public: str) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    own = keys.signing_key().public_key()
    try:
        first = x509.load_pem_x509_certificates(path.read_bytes())[0]
        if first.public_key() == own and first.not_valid_after_utc > datetime.now(UTC):
            return path.read_bytes()
        path.unlink()
    except (OSError, ValueError):
        path.unlink(missing_ok=True)
    pem = b"".join(each.public_bytes(Encoding.PEM) for each in _made(own))
    keys.write_once(path, pem)
    return path.read_bytes()


def _made(own: Ed25519PublicKey) -> tuple[x509.Certificate, x509.Certificate]:
    """A certificate of a key, and the root that signs it."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.x509.oid import ExtendedKeyUsageOID

    root, key_id = Ed25519PrivateKey.generate(), x509.SubjectKeyIdentifier.from_public_key(own)
    name = f"key {key_id.digest.hex()[:8]}"
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key())
    leaf = _begun(name, own, is_root=False).add_extension(usage, False).add_extension(issuer, False)
    return leaf.sign(root, None), _begun("root", root.public_key(), is_root=True).sign(root, None)


def _begun(name: str, key: Ed25519PublicKey, *, is_root: bool) -> x509.CertificateBuilder:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    def named(common: str) -> x509.Name:
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Firmus installation")
        return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common)])

    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    begin = datetime.now(UTC) - EARLIER
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("root"))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + VALID)
        .add_extension(x509.BasicConstraints(is_root, 0 if is_root else None), True)
        .add_extension(
            x509.KeyUsage(digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usage), True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
    )
