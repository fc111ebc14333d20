"""Whether a file is as it was written: by its own label, by the sidecar beside it, and what its notes alone say.

A valid signature says that whoever has the private key of the label's public key wrote exactly this; whose key that is,
only its owner can say. A label can be removed: a file without one is unknown, not innocent.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from firmus import formats
from firmus.errors import FirmusError, FormatError
from firmus.rights import content_credentials, keys, labels
from firmus.rights.files import SIDECAR
from firmus.rights.labels import AIGC, NOTICE, PROVENANCE
from firmus.rights.manifest import RECORD, SIGNATURE, canonical, digest, notes_digest, signed_bytes
from firmus.rights.watermark import Detection, detect

CLOCK = timedelta(days=1)  # that clocks may differ by


@dataclass(slots=True)
class Verification:
    """What can be said of a file.

    Parameters
    ----------
    file : str
    verdict : str
        ``"intact"``, ``"altered"`` or ``"unknown"``.
    altered : list of str
        What is not as it was written: ``"notes"``, ``"content"`` (other than notes), ``"tags"``, ``"sidecar"``,
        ``"credentials"``.
    findings : list of str
        What was found, in words.
    work, model, software, key : str
        As the label says; ``""`` without one.
    is_own : bool
        Whether this installation signed it.
    time : str
        When the work was written, by the clock of that machine; ``""`` without a sidecar.
    credentials : str
        Of a sound's C2PA manifest: ``"valid"``, ``"invalid"``, or ``"unread"`` without the extra ``firmus[c2pa]``;
        ``""`` without one.
    watermark : Detection, optional
        Of files of notes.
    """

    file: str
    verdict: str = "unknown"
    altered: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    work: str = ""
    model: str = ""
    software: str = ""
    key: str = ""
    is_own: bool = False
    time: str = ""
    credentials: str = ""
    watermark: Detection | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def change(self, what: str, finding: str) -> None:
        """Note something that is not as it was written."""
        self.altered += [] if what in self.altered else [what]
        self.findings.append(finding)


def verify(path: Path, *, watermark: bool = True) -> Verification:
    """Look at a file's label, at the sidecar in its folder, and, where the watermark is asked for, at its notes.

    Raises
    ------
    FormatError
        Where it cannot be read.
    """
    if path.is_dir():
        raise FormatError(f"{path} is a folder: name a file in it")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror or error}") from None
    found = Verification(path.name)
    score = _score(path)
    found.watermark = detect(score) if score and watermark else None
    document = _sidecar(path)
    found.credentials = content_credentials.validity(data, path.suffix)
    bare = content_credentials.stripped(data, path.suffix).data
    module = None if path.name.endswith(".prov.json") else labels.module(path.suffix)
    texts = module.read(bare) if module else {}
    provenance = _label(found, texts)
    if module and provenance:
        _check_content(found, module, bare, provenance, score)
    elif module and not texts and _label(found, labels.scattered(bare)):
        found.change("tags", "its tags were written anew: the label is there, but not as it was written")
    if found.credentials == content_credentials.INVALID:
        found.change("credentials", "the C2PA manifest does not fit the file")
    if document is not None:
        _check_sidecar(found, document, path, data, provenance)
    is_proven = bool(found.key) and (bool(provenance) or module is None)
    if not found.altered and not is_proven:
        found.findings.append("the label is not signed" if provenance else "it bears no label")
    found.verdict = "altered" if found.altered else "intact" if is_proven else "unknown"
    return found


def _score(path: Path) -> Any:
    if path.suffix.lower() not in formats.extensions():
        return None
    try:
        return formats.read(path)
    except FirmusError:
        return None


def _sidecar(path: Path) -> Any:
    """The sidecar of a file, or of its folder; None without one."""
    names = [path.name] if path.name.endswith(".prov.json") else [f"{path.stem}.prov.json", SIDECAR]
    for name in names:
        beside = path.with_name(name)
        if beside.is_file():
            try:
                return json.loads(beside.read_bytes())
            except ValueError:
                return {}
    return None


def _label(found: Verification, texts: dict[str, str]) -> dict[str, Any]:
    """Provenance of a label whose signature is valid, or that has none; else the tags are altered."""
    if not texts:
        return {}
    try:
        label, provenance = json.loads(texts[AIGC]), json.loads(texts[PROVENANCE])
        signature = label["ReservedCode1"]
        found.work, found.key, found.model, found.software = (
            str(provenance[name]) for name in ("work", "key", "model", "software")
        )
        bare = signed_bytes(label, provenance, texts[NOTICE])
    except (ValueError, KeyError, TypeError):
        found.change("tags", "the label is damaged")
        return {}
    if not found.key and not signature:
        return provenance  # says where it comes from, without proof
    if not keys.is_signed(bare, str(signature), found.key):
        found.change("tags", "the label is not as it was signed")
        return {}
    found.is_own = keys.exists() and found.key == keys.public_key()
    return dict(provenance)


def _check_content(
    found: Verification, module: ModuleType, data: bytes, provenance: dict[str, Any], score: Any
) -> None:
    content = module.content(data)
    if digest(content) != provenance.get("content"):
        is_same = score is not None and notes_digest(score) == provenance.get("notes")
        is_music = module.EXTENSIONS[0] in formats.extensions()
        if is_music and not is_same:
            found.change("notes", "notes are not those that were written")
        else:
            found.change("content", "the content is not what was written")
    elif not getattr(module, "is_packed", _never)(data) and module.write(content, module.read(data)) != data:
        found.change("tags", "the label does not stand as it was written")


def _never(data: bytes) -> bool:
    return False


def _check_sidecar(
    found: Verification, document: dict[str, Any], path: Path, data: bytes, provenance: dict[str, Any]
) -> None:
    if isinstance(document, dict) and "entity" in document and SIGNATURE not in document and not found.key:
        return  # of an installation that has no key, like the label
    try:
        signature = document.pop(SIGNATURE)
        key, value = signature["key"], signature["value"]
        works = {each: facts[RECORD] for each, facts in document["entity"].items() if RECORD in facts}
        written = document["entity"].get(f"firmus:{path.name}")
        found.time = str(next(iter(document["activity"].values()))["prov:endTime"])
        (work, record), *_ = works.items()
        is_late = datetime.fromisoformat(found.time) > datetime.now(UTC) + CLOCK
    except (KeyError, TypeError, AttributeError, ValueError, StopIteration):
        found.change("sidecar", "the sidecar is damaged, or not signed")
        return
    if not keys.is_signed(canonical(document).encode(), str(value), str(key)):
        found.change("sidecar", "the sidecar is not as it was signed")
        return
    if is_late:
        found.findings.append(f"written at {found.time}, which is to come: a clock was wrong")
    if path.name.endswith(".prov.json"):
        found.work, found.key = work.removeprefix("firmus:work-"), str(key)
    elif not found.work:
        if written:
            found.work = work.removeprefix("firmus:work-")
            if not found.altered:
                found.change("tags", "the label was removed: the sidecar has the file with one")
    elif work.removeprefix("firmus:work-") != found.work:
        found.findings.append("the sidecar is of another work")
    elif provenance and digest(canonical(record)) != provenance.get("manifest"):
        found.change("sidecar", "two works have one identifier: the sidecar is of the other")
    elif found.key and key != found.key:
        found.change("sidecar", "label and sidecar are signed with different keys")
    elif written and written["firmus:sha256"] != digest(data) and not found.altered:
        found.change("content", "the file is not the one that the sidecar names")
