"""Writes ``public/starter-*.json``: the three pieces with which the Studio opens.

``python web/starters.py`` composes them. The seeds were chosen by reading the best of twelve.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import firmus
from firmus.formats import json

TARGET = Path(__file__).parent / "public"
BRIEFS: dict[str, dict[str, Any]] = {
    "chorale": {"style": "chorale", "bars": 12, "key": "G major", "seed": 1},
    "folk": {"style": "folk", "bars": 16, "form": "AABA", "key": "D major", "meter": "6/8", "seed": 1},
    "piano": {"style": "piano", "bars": 16, "key": "A minor", "meter": "3/4", "mood": "calm", "tempo": 92, "seed": 5},
}


def main() -> None:
    """Compose and write all."""
    for name, brief in BRIEFS.items():
        (TARGET / f"starter-{name}.json").write_bytes(json.write(firmus.compose(**brief).score))


if __name__ == "__main__":
    main()
