"""Writes what the Studio shares with Firmus.

``src/music/vocabulary.json`` has chord qualities, instruments and words; ``src/uses/vocabulary.json`` the words of
scenes and sessions; ``tests/capabilities.json`` what kinds of job take, against which the declared uses are tested.
``python web/generate.py`` writes them; a test fails if one is out of date.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from firmus.brief_fields import Limits
from firmus.composing.rule_based.orchestration import CHINESE as ENSEMBLES_IN_CHINESE
from firmus.composing.rule_based.orchestration import ENSEMBLES
from firmus.composing.styles import styles
from firmus.pitch import QUALITIES, QUALITY_SPELLINGS
from firmus.production.scenes import CHINESE, LEAST_SECTION, WORDS, valence_arousal
from firmus.production.sessions.trajectory import BREATHS, MINUTES, PRESETS, STEPS
from firmus.production.timbres.neural import STEPS as MORPH_STEPS
from firmus.render.instruments import DRUMS, PROGRAMS, played_as
from firmus.service.http import schemas
from firmus.service.workers import handlers
from firmus.translation import vocabulary

WEB = Path(__file__).parent


def written() -> dict[Path, str]:
    """Every file, by its path."""
    return {
        WEB / "src" / "music" / "vocabulary.json": _lines(_music()),
        WEB / "src" / "uses" / "vocabulary.json": _lines(_uses()),
        WEB / "tests" / "capabilities.json": _lines(_capabilities()),
    }


def _music() -> dict[str, Any]:
    return {
        "qualities": QUALITIES,
        "spellings": QUALITY_SPELLINGS,
        "programs": PROGRAMS,
        "presets": [played_as(program) for program in range(128)],
        "drums": DRUMS,
        "styles": {name: [style.title, vocabulary.STYLES[name][0]] for name, style in styles().items()},
        "parts": {name: words[0] for name, words in vocabulary.PARTS.items()},
        "moods": {name: words[0] for name, words in vocabulary.MOODS.items()},
    }


def _uses() -> dict[str, Any]:
    presets = {name: asdict(preset) for name, preset in PRESETS.items()}
    for preset in presets.values():
        preset["from"] = valence_arousal(preset.pop("start"))
    return {
        "scenes": {name: [*mood, CHINESE[name][0]] for name, mood in WORDS.items()},
        "sessions": presets,
        "limits": {
            "minutes": _range(MINUTES),
            "breathing": _range(BREATHS),
            "steps": _range(STEPS),
            "timbre.steps": _range(MORPH_STEPS),
        },
        "leastSection": LEAST_SECTION,
        "ensembles": {name: _chinese_ensemble(name) for name in ENSEMBLES},
    }


def _capabilities() -> dict[str, Any]:
    kinds = {name: handlers.described(name) for name in handlers.KINDS}
    return {"brief": schemas.brief_schema()["properties"], **kinds}


def _range(limits: Limits) -> list[float]:
    return [limits.low, limits.high]


def _chinese_ensemble(name: str) -> str:
    return next(chinese for chinese, english in ENSEMBLES_IN_CHINESE.items() if english == name)


def _lines(document: dict[str, Any]) -> str:
    """A JSON document, an entry a line."""
    lines = (f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in document.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
