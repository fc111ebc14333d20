"""The page of an explanation: one self-contained HTML file, in English and Chinese."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from firmus.render import heat
from firmus.render.drawing import xml_text
from firmus.score import Score
from firmus.translation import translate


def page(
    explanation: dict[str, Any],
    score: Score,
    locations: Mapping[tuple[int, int], tuple[int, str]],
    focus: str,
    language: str = "en",
) -> str:
    """HTML of an explanation.

    Parameters
    ----------
    explanation : dict
        As `firmus.tasks.explain.Explanation.as_dict` gives it.
    score : Score
    locations : mapping of (int, int) to (int, str)
        Number of the bar and name of the part of every note, by the indices of its part and of itself.
    focus : str
        Id of the note that is shown first, ``"0-12"``.
    language : {"en", "zh"}
        In which the page opens; a button changes it.
    """
    bits = {note["id"]: note["bits"] for note in explanation["notes"]}
    shades = {
        (part, index): heat.SURPRISE[heat.surprise_step(bits[f"{part}-{index}"])]
        for part, index in locations
        if f"{part}-{index}" in bits
    }
    texts = [explanation["title"], explanation["style"], *explanation["parts"], *explanation["unknown"].values()]
    data = explanation | {
        "chinese": {text: translate(text, "zh") for text in texts if text},
        "focus": focus,
        "first": min((bar for bar, _ in locations.values()), default=1),
        "places": {f"{part}-{index}": place for (part, index), place in locations.items()},
        "order": [note["id"] for note in explanation["notes"]],
        "starts": [[note.start for note in part.notes] for part in score.parts],
        "steps": {"surprise": len(heat.SURPRISE), "influence": heat.BORDERS},
    }
    template = (resources.files("firmus") / "assets" / "pages" / "explain.html").read_text(encoding="utf-8")
    values = {
        "TITLE": xml_text(translate(explanation["title"], language) or "Firmus"),
        "LANGUAGE": "zh" if language.startswith("zh") else "en",
        "LIGHT": _variables(heat.SURPRISE, heat.INFLUENCE),
        "DARK": _variables(heat.SURPRISE_DARK, heat.INFLUENCE_DARK),
        "STYLE": _classes(),
        "ROLL": heat.on_roll(score, shades, language=language),
        "SCORE": heat.on_score(score, shades),
        "DATA": json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
    }
    head, *rest = template.split("__")
    output = [head]
    for name, text in zip(rest[::2], rest[1::2], strict=True):
        output += [values[name], text]
    return "".join(output)


def _variables(surprise: tuple[str, ...], influence: tuple[str, ...]) -> str:
    """Shades as variables of the page's style."""
    named = [(f"--s{step}", shade) for step, shade in enumerate(surprise)]
    named += [(f"--i{step}", shade) for step, shade in enumerate(influence)]
    return " ".join(f"{name}: {shade};" for name, shade in named)


def _classes() -> str:
    """A class of notes for each shade."""
    names = [f"s{step}" for step in range(len(heat.SURPRISE))] + [f"i{step}" for step in range(len(heat.INFLUENCE))]
    rules = [f"  .note.{name} {{ fill: var(--{name}); color: var(--{name}); }}" for name in names]
    return "\n".join([*rules, f"  .note.given {{ fill: {heat.UNEXPLAINED}; color: {heat.UNEXPLAINED}; }}"])
