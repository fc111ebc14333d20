"""States of a game: moods with names, their keys on one tonic, and tempi in simple ratios to the theme's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import mean

from firmus.errors import InvalidBrief
from firmus.harmony import Key
from firmus.production import scenes
from firmus.production.scoring import TONICS, mode_of, tempo_of

FEWEST, MOST = 2, 7
"""States; with a clip for each transition, eight would be more clips than Godot's 63."""
RATIOS = (2 / 3, 3 / 4, 1.0, 5 / 4, 4 / 3, 3 / 2)
BEATS = 4  # a bar


@dataclass(frozen=True, slots=True)
class State:
    """A state: its name, valence and arousal from -1 to 1, key, and quarter notes a minute."""

    name: str
    valence: float
    arousal: float
    key: Key
    bpm: float


def read(text: str, key: str | None = None, seed: int = 0) -> tuple[Key, float, tuple[State, ...]]:
    """Key and tempo of the theme, and the states, of names divided by commas.

    Parameters
    ----------
    text : str
        Moods of scenes, ``"calm,tense,danger"``; or any names with a mood behind each, ``"village=calm"``.
    key : str, optional
        Of the theme; the states have its tonic.
    seed : int

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> home, bpm, states = read("village=calm, cave=mystery, fight=danger", "D minor")
    >>> home.text, bpm, [(state.name, state.key.text, round(state.bpm, 1)) for state in states]
    ('D minor', 92.0, [('village', 'D major', 69.0), ('cave', 'D minor', 92.0), ('fight', 'D minor', 115.0)])
    """
    entries = [each.strip() for each in text.replace("，", ",").replace("、", ",").split(",") if each.strip()]
    if not FEWEST <= len(entries) <= MOST:
        raise InvalidBrief(f"{len(entries)} states: a game pack has {FEWEST} to {MOST}, such as calm,tense,danger")
    moods = []
    for entry in entries:
        name, _, word = entry.rpartition("=")
        moods.append((_name(name or word), *scenes.valence_arousal(word.strip())))
    names = [name for name, *_ in moods]
    if len(set(names)) < len(names):
        raise InvalidBrief(f"states {', '.join(names)}: each needs its own name, such as village=calm, inn=calm")
    home = Key.parse(key) if key else None
    mode = home.mode if home else mode_of(mean(valence for _, valence, _ in moods), "major")
    tonic = home.tonic if home else TONICS[seed % len(TONICS)]
    bpm = 4.0 * round(tempo_of(mean(arousal for *_, arousal in moods)) / 4)
    states = []
    for name, valence, arousal in moods:
        ratio = min(RATIOS, key=lambda each: abs(each - tempo_of(arousal) / bpm))
        states.append(State(name, valence, arousal, Key(0, tonic, mode_of(valence, mode)), bpm * ratio))
    return Key(0, tonic, mode), bpm, tuple(states)


def _name(text: str) -> str:
    name = re.sub(r"[^\w]+", "-", text.strip().lower()).strip("-")[:40]
    if not name:
        raise InvalidBrief(f"state {text[:40]!r} needs a name of letters or digits")
    return name
