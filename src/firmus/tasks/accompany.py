"""Harmonising: a melody is given, the other voices are composed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from firmus.errors import InvalidBrief
from firmus.runtime.constraints import PartRules
from firmus.score import Key, Part
from firmus.tasks import _session as session
from firmus.tasks import _wishes as wishes
from firmus.tasks._styles import CHOIR, STYLES, empty_parts
from firmus.tasks.refine import given
from firmus.work import Brief, Work

ROOM = 12  # semitones that the melody must leave above the lowest note of the bass


def harmonise(brief: Brief | None = None, progress: session.Progress | None = None, **options: Any) -> list[Work]:
    """Set a melody for four voices.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords: `source`, `parts` (which part is the melody; the first with notes by default),
        `style` (``"chorale"`` or ``"hymn"``), and the controls. The melody stays as it is.
    progress : callable, optional

    Returns
    -------
    list of Work
        `count` of them, best first.
    """
    brief = brief or Brief.of(**options)
    chosen = session.choose_model(brief, "harmonise")
    source = given(brief, "harmonise")
    if brief.bars is not None or brief.seconds is not None:
        raise InvalidBrief("harmonise sets the whole melody: use infill for some bars of it")
    if len(brief.parts) > 1:
        raise InvalidBrief(f"parts {', '.join(brief.parts)}: name the one that is the melody")
    fitting = [name for name in chosen.styles if name in STYLES and STYLES[name].voices == CHOIR]
    style = brief.style or fitting[0]
    if style not in fitting:
        raise InvalidBrief(f"style {style!r}: a melody is set as {' or '.join(fitting)}")
    place = session.find_part(source, brief.parts[0]) if brief.parts else _first_melody(source.parts)
    melody = source.parts[place]
    highest, lowest = max(note.pitch for note in melody.notes), min(note.pitch for note in melody.notes)
    if lowest < CHOIR[-1].low + ROOM:
        raise InvalidBrief(
            f"the melody goes down to MIDI {lowest}: a bass below it would leave its range; transpose it up an octave"
        )
    voices = empty_parts(CHOIR)
    parts = (replace(melody, name=melody.name or "Melody"), *voices[1:])
    score = replace(source, parts=parts, title=source.title or "Harmonisation")
    if brief.chords:
        score = replace(score, chords=session.chords_over(brief.chords, score))
    wanted = session.ranges(brief, score)
    part_rules = [PartRules(lowest, highest, monophonic=False)]
    for index, voice in enumerate(CHOIR[1:], 1):
        part_rules.append(PartRules(*wanted.get(index, (voice.low, voice.high)), monophonic=True, no_rests=True))
    held = session.rules(brief, score, tuple(part_rules), score.chords if brief.chords else ())
    key = Key.parse(brief.key) if brief.key else score.keys[-1] if score.keys else None
    if key and brief.is_strict("key") and not brief.chords and melody.notes[-1].pitch % 12 in session.triad(key):
        held = replace(held, final=session.close(key, score.parts, held.parts))
    is_open = session.cells_between(score, [(0, score.end)], (1, 2, 3))
    wishes.refuse_unknown(brief, chosen, style, single=True)
    made = session.Plan(score, is_open, style, held, source)
    return session.perform(brief, "harmonise", chosen, lambda _: made, progress)


def _first_melody(parts: tuple[Part, ...]) -> int:
    """Place of the first pitched part with notes."""
    for place, part in enumerate(parts):
        if part.notes and not part.is_drums:
            return place
    raise InvalidBrief("the source has no pitched part with notes: there is no melody to harmonise")
