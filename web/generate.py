"""Writes ``src/music/vocabulary.json``: chord qualities, instruments and words that the Studio shares with Firmus.

``python web/generate.py`` writes it; a test fails if the file is out of date.
"""

from __future__ import annotations

import json
from pathlib import Path

from firmus.composing.styles import styles
from firmus.pitch import QUALITIES, QUALITY_SPELLINGS
from firmus.render.instruments import DRUMS, PROGRAMS, played_as
from firmus.translation import vocabulary

TARGET = Path(__file__).parent / "src" / "music" / "vocabulary.json"


def written() -> str:
    """The whole file."""
    document = {
        "qualities": QUALITIES,
        "spellings": QUALITY_SPELLINGS,
        "programs": PROGRAMS,
        "presets": [played_as(program) for program in range(128)],
        "drums": DRUMS,
        "styles": {name: [style.title, vocabulary.STYLES[name][0]] for name, style in styles().items()},
        "parts": {name: words[0] for name, words in vocabulary.PARTS.items()},
        "moods": {name: words[0] for name, words in vocabulary.MOODS.items()},
    }
    lines = (f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in document.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
