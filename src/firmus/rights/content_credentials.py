"""Content credentials: a C2PA manifest in sound files, signed last, over the label too.

What it is: what players and platforms read that know C2PA; it says that the sound is a trained model's, or that with a
person's notes among them. It is written and validated by c2pa-python (the extra ``firmus[c2pa]``), and signed with the
key of the installation (`firmus.rights.keys`), for which a chain of certificates is made at first use. Nobody else
vouches for that chain: others call the manifest valid and its signer untrusted.

Source: *C2PA technical specification 2.2* (2025), A.3: a RIFF chunk ``C2PA``; in MP3 and FLAC a frame ``GEOB`` of an
ID3v2 tag before the sound.

Conventions: a file without its manifest is the file that was signed, byte for byte. Salts within a manifest are drawn:
the same sound, signed twice, differs in its manifest alone.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

from firmus.errors import FirmusError, FormatError
from firmus.rights import certificates, id3, keys

MEDIA_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".flac": "audio/flac"}
MODEL_ALONE, WITH_PERSON = (
    f"http://cv.iptc.org/newscodes/digitalsourcetype/{name}"
    for name in ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
)
VALID, INVALID, UNREAD = "valid", "invalid", "unread"
_FRAME = b"\x03application/c2pa\x00"


class Stripped(NamedTuple):
    """A file without its manifest, and whether it had one."""

    data: bytes
    had_one: bool


def is_installed() -> bool:
    """Whether manifests can be written and validated here."""
    return find_spec("c2pa") is not None


def check(endings: Sequence[str]) -> None:
    """Refuse to write manifests where none can be: files of no such ending, without the extra, without a key.

    Raises
    ------
    FormatError, FirmusError
    """
    if not any(ending.lower() in MEDIA_TYPES for ending in endings):
        raise FormatError(f"a C2PA manifest is for sound ({', '.join(MEDIA_TYPES)}), not for {', '.join(endings)}")
    if not is_installed():
        raise FirmusError("C2PA manifests need an extra that is not installed: pip install 'firmus[c2pa]'")
    certificates.chain()


def signed(data: bytes, ending: str, record: Mapping[str, Any]) -> bytes:
    """A sound file with a manifest of a record; as it is where files of its kind have none.

    Parameters
    ----------
    data : bytes
        With its label.
    ending : str
    record : mapping
        See `firmus.rights.manifest`.
    """
    media_type = MEDIA_TYPES.get(ending.lower())
    if media_type is None:
        return data
    check([ending])
    import c2pa

    name, _, version = str(record["software"]).partition(" ")
    has_person = any(part["person"] for part in record.get("parts", ()))
    action = {
        "action": "c2pa.created",
        "digitalSourceType": WITH_PERSON if has_person else MODEL_ALONE,
        "softwareAgent": {"name": name, "version": version},
        "description": f"model {record['model']}",
    }
    definition = {
        "claim_generator_info": [{"name": name, "version": version}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
    info = c2pa.C2paSignerInfo("ed25519", certificates.chain(), keys.private_pem(), None)
    target = io.BytesIO()
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(definition) as builder:
        builder.sign(signer, media_type, io.BytesIO(data), target)
    return target.getvalue()


def validity(data: bytes, ending: str) -> str:
    """``"valid"``, ``"invalid"`` or, without the extra, ``"unread"``: of a file's manifest; ``""`` without one.

    Whoever signed it, for nobody vouches for the certificates of an installation.
    """
    if not stripped(data, ending).had_one:
        return ""
    if not is_installed():
        return UNREAD
    import c2pa

    try:
        with c2pa.Reader(MEDIA_TYPES[ending.lower()], io.BytesIO(data)) as reader:
            state = json.loads(reader.json()).get("validation_state")
    except c2pa.C2paError:
        return INVALID
    return VALID if state in ("Valid", "Trusted") else INVALID


def stripped(data: bytes, ending: str) -> Stripped:
    """A file without its manifest: the file that was signed.

    Examples
    --------
    >>> stripped(b"RIFF....WAVE", ".wav")
    Stripped(data=b'RIFF....WAVE', had_one=False)
    """
    if ending.lower() == ".wav":
        return _without_chunk(data)
    if ending.lower() in MEDIA_TYPES:
        return _without_frame(data, is_own_tag=ending.lower() == ".flac")
    return Stripped(data, False)


def _without_chunk(data: bytes) -> Stripped:
    """A RIFF file without a last chunk ``C2PA``."""
    place = data.rfind(b"C2PA")
    size = int.from_bytes(data[place + 4 : place + 8], "little")
    if place < 0 or place + 8 + size + size % 2 != len(data):
        return Stripped(data, False)
    return Stripped(data[:4] + (place - 8).to_bytes(4, "little") + data[8:place], True)


def _without_frame(data: bytes, *, is_own_tag: bool) -> Stripped:
    """A file without a last frame of a manifest in its ID3 tag, and without the tag where nothing else is in it."""
    if not data.startswith(b"ID3\x04\x00\x00"):
        return Stripped(data, False)
    end, place = id3.HEADER + id3.number(data[6:10]), id3.HEADER
    while place + id3.HEADER <= end:
        size = id3.HEADER + id3.number(data[place + 4 : place + 8])
        if data[place : place + 4] == b"GEOB" and data[place + id3.HEADER : place + size].startswith(_FRAME):
            break
        place += size
    else:
        return Stripped(data, False)
    if place + size != end:
        return Stripped(data, False)
    frames = data[id3.HEADER : place]
    tag = b"" if is_own_tag and not frames else data[:6] + id3.size(len(frames)) + frames
    return Stripped(tag + data[end:], True)
