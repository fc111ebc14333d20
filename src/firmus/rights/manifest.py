"""The record of a work: everything that its origin says, its notes, and a signed sidecar that holds it.

Source: *PROV-JSON serialization* (W3C member submission, 2013): entities, activities and agents, and what joins them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from firmus.rights import keys
from firmus.rights.content_credentials import stripped
from firmus.rights.labels import AIGC, NOTICE, PROVENANCE, module
from firmus.score import Note, Part, Score
from firmus.work import Origin, Work

SIGNATURE, RECORD = "firmus:signature", "firmus:manifest"
SYNTHETIC = "1"  # of GB 45438-2025: the content is AI-generated


def digest(data: bytes | str) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def canonical(document: Any) -> str:
    """JSON that is the same for the same values: keys in order, no blanks, ASCII.

    Examples
    --------
    >>> canonical({"b": 1, "a": [2.5]})
    '{"a":[2.5],"b":1}'
    """
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def notes_digest(score: Score) -> str:
    """Digest of onset and pitch of all notes, whatever part they are in.

    Examples
    --------
    >>> notes_digest(Score())[:8]
    '4f53cda1'
    """
    return digest(canonical(sorted([note.start, note.pitch] for part in score.parts for note in part.notes)))


def is_composed(work: Work, part: int, note: Note) -> bool:
    """Whether a model composed a note: it begins within a span that was open."""
    return any(first <= note.start < last for first, last, place in work.origin.composed if place == part)


def of_origin(origin: Origin) -> dict[str, Any]:
    """What made a work or a sound, and out of what."""
    return {
        "software": f"Firmus {origin.firmus}",
        "model": origin.model,
        "weights": origin.weights,
        "task": origin.task,
        "seed": origin.seed,
        "brief": origin.brief,
        "parents": [each for each in (*(step["source"] for step in origin.steps), origin.source) if each],
        "training": list(origin.credits),
        "watermark": origin.watermark,
    }


def of_work(work: Work) -> dict[str, Any]:
    """The record: what made the work, out of what, and which notes are whose. The same for the same work."""
    return {
        **of_origin(work.origin),
        "notes": notes_digest(work.score),
        "parts": [_share(work, place, part) for place, part in enumerate(work.score.parts)],
        "composed": [list(span) for span in work.origin.composed],
    }


def identifier(record: Mapping[str, Any]) -> str:
    """Identifier of a work, from its record: the same work has the same one."""
    return digest(canonical(record))[:32]


def label_texts(record: Mapping[str, Any], content: bytes, notice: str) -> dict[str, str]:
    """Texts of the label of one file, signed where this installation has a key.

    Parameters
    ----------
    record : mapping
        See `of_work` and `of_origin`.
    content : bytes
        Of the file, without a label.
    notice : str
        For people.
    """
    can_sign = keys.can_sign()
    provenance = {
        "work": identifier(record),
        "manifest": digest(canonical(record)),
        "notes": record.get("notes", ""),
        "content": digest(content),
        "software": record["software"],
        "model": record["model"],
        "key": keys.public_key() if can_sign else "",
    }
    label = {
        "Label": SYNTHETIC, "ContentProducer": record["software"], "ProduceID": provenance["work"], "ReservedCode1": "",
        "ContentPropagator": "", "PropagateID": "", "ReservedCode2": "",
    }  # fmt: skip
    signature = keys.sign(signed_bytes(label, provenance, notice)) if can_sign else ""
    return {
        AIGC: canonical({**label, "ReservedCode1": signature}),
        PROVENANCE: canonical(provenance),
        NOTICE: notice,
    }


def signed_bytes(label: Mapping[str, Any], provenance: Mapping[str, Any], notice: str) -> bytes:
    """What the signature of a label is of: all of it but ``ReservedCode1``, which is the signature."""
    return canonical([{**label, "ReservedCode1": ""}, provenance, notice]).encode()


def sidecar(work: Work, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The record of a work and of its files as PROV-JSON, signed where this installation has a key.

    Parameters
    ----------
    work : Work
    files : mapping of str to bytes
        The files as they are written, by name.
    """
    record = of_work(work)
    own, made = f"firmus:work-{identifier(record)}", f"firmus:{record['task']}-{identifier(record)}"
    model, parents = f"firmus:model-{record['model']}", [f"firmus:score-{each}" for each in record["parents"]]
    sources = {f"firmus:training-{number}": {"prov:label": text} for number, text in enumerate(record["training"], 1)}
    written = {f"firmus:{name}": _written(name, data) for name, data in files.items()}
    document: dict[str, Any] = {
        "prefix": {"firmus": "urn:firmus:"},
        "entity": {own: {RECORD: record}, **{each: {} for each in parents}, **sources, **written},
        "activity": {made: {"prov:endTime": datetime.now(UTC).isoformat(timespec="seconds")}},
        "agent": {
            model: {"prov:type": "prov:SoftwareAgent", "firmus:weights": record["weights"]},
            "firmus:person": {"prov:type": "prov:Person"},
        },
        "wasGeneratedBy": {"_:made": {"prov:entity": own, "prov:activity": made}},
        "wasAssociatedWith": {
            "_:model": {"prov:activity": made, "prov:agent": model, "prov:role": "composer of the open notes"},
            "_:person": {"prov:activity": made, "prov:agent": "firmus:person", "prov:role": "asked, and gave the rest"},
        },
        "wasDerivedFrom": {
            **{f"_:parent-{n}": _derived(own, each) for n, each in enumerate(parents, 1)},
            **{f"_:file-{n}": _derived(each, own) for n, each in enumerate(written, 1)},
        },
        "wasInfluencedBy": {
            f"_:learnt-{n}": {"prov:influencee": model, "prov:influencer": each} for n, each in enumerate(sources, 1)
        },
    }
    if keys.can_sign():
        value = keys.sign(canonical(document).encode())
        document[SIGNATURE] = {"algorithm": "Ed25519", "key": keys.public_key(), "value": value}
    return document


def _derived(later: str, earlier: str) -> dict[str, str]:
    return {"prov:generatedEntity": later, "prov:usedEntity": earlier}


def _written(name: str, data: bytes) -> dict[str, str]:
    ending = name[name.rfind(".") :]
    labels, bare = module(ending), stripped(data, ending).data
    return {"firmus:sha256": digest(data), "firmus:content": digest(labels.content(bare) if labels else bare)}


def _share(work: Work, place: int, part: Part) -> dict[str, Any]:
    composed = sum(is_composed(work, place, note) for note in part.notes)
    return {"name": part.name, "model": composed, "person": len(part.notes) - composed}
