"""The page of a game pack: states, layers, transitions and stings to be heard, in one file, without a network."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from firmus.production.game import godot
from firmus.production.game.joins import FADE_BEATS

TEMPLATE = Path(__file__).with_name("page.html")


def html(folder: Path, rows: Sequence[Mapping[str, Any]]) -> str:
    """The page, with the Ogg Vorbis files of a folder in it."""
    clips = [
        {**{name: row[name] for name in ("kind", "name", "from", "to", "layer", "key", "bpm", "bars", "frames")},
         "voiceLeading": row["voice_leading"],
         "data": base64.b64encode((folder / godot.name(row)).read_bytes()).decode()}
        for row in rows
        if row["layer"] != "mix"
    ]  # fmt: skip
    document = json.dumps({"fadeBeats": FADE_BEATS, "clips": clips}, ensure_ascii=False)
    return TEMPLATE.read_text(encoding="utf-8").replace("/*PACK*/null", document.replace("</", "<\\/"))
