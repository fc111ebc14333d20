"""The key of an installation: it signs what is written here, and no other installation has it.

The folder is ``FIRMUS_KEY``, or ``keys`` in the user's data folder. It is made at first use, with a file that its owner
alone may read; one that everybody may read is made private again. Whoever has the file can sign in its owner's name;
nothing ever shows or logs it.
"""

from __future__ import annotations

import hmac
import os
import stat
import tempfile
from base64 import b64decode, b64encode
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.errors import FirmusError
from firmus.runtime.watermark import PUBLIC_KEY

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FILE = "signing.pem"
VARIABLE = "FIRMUS_KEY"
WATERMARKS = 4  # keys of a kind of watermark


def folder() -> Path:
    """Folder of the key."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    import platformdirs

    return platformdirs.user_data_path("firmus", appauthor=False) / "keys"


def signing_key() -> Ed25519PrivateKey:
    """The private key (Ed25519) of this installation, made where there is none.

    Raises
    ------
    FirmusError
        Where it can be neither read nor made.
    """
    return _load(folder() / FILE)


def public_key() -> str:
    """The public key of this installation: its 32 bytes in base64."""
    return b64encode(signing_key().public_key().public_bytes_raw()).decode()


def sign(data: bytes) -> str:
    """Signature of some bytes, in base64."""
    return b64encode(signing_key().sign(data)).decode()


def private_pem() -> bytes:
    """The private key as a signer of other formats takes it (PKCS #8, PEM); never to be shown or logged."""
    return _pem(signing_key())


def watermark_keys(kind: str) -> tuple[bytes, ...]:
    """Keys of a kind of watermark, of which each piece has one: under a single key all pieces would go on alike.

    Parameters
    ----------
    kind : str
        ``"public"``, ``"private"`` (of this installation alone), or ``"off"``: one that is empty.
    """
    if kind == "off":
        return (b"",)
    key = PUBLIC_KEY
    if kind == "private":
        key = hmac.digest(signing_key().private_bytes_raw(), b"watermark", "sha256")
    return tuple(hmac.digest(key, bytes([number]), "sha256") for number in range(WATERMARKS))


def exists() -> bool:
    """Whether this installation has a key already."""
    return (folder() / FILE).is_file()


def can_sign() -> bool:
    """Whether this installation has a key or can make one; a file that is no key is an error."""
    try:
        signing_key()
    except FirmusError:
        if exists():
            raise
        return False
    return True


def is_signed(data: bytes, signature: str, public: str) -> bool:
    """Whether a signature of some bytes was made with the private key of a public one, both in base64."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(b64decode(public, validate=True)).verify(
            b64decode(signature, validate=True), data
        )
    except (ValueError, InvalidSignature):
        return False
    return True


@cache
def _load(path: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        if not path.exists():
            _create(path)
        if path.stat().st_mode & stat.S_IRWXO:  # a group's access may be meant, everybody's is not
            with suppress(OSError):  # of a mounted secret, which nobody can change
                path.chmod(0o600)
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise FirmusError(
            f"{path}: {error.strerror or error}: name a folder for the key of this installation in FIRMUS_KEY"
        ) from None
    except (ValueError, TypeError):
        raise FirmusError(
            f"{path} holds no Ed25519 key: put the right file there, or remove it for a new key"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise FirmusError(f"{path} holds no Ed25519 key: put the right file there, or remove it for a new key")
    return key


def _create(path: Path) -> None:
    """Write a new key; where another process was faster, its key stays."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_once(path, _pem(Ed25519PrivateKey.generate()))


def _pem(key: Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write_once(path: Path, data: bytes) -> None:
    """Write a file that its owner alone may read; one that is there stays."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
