"""Harmonising and accompanying: a melody is given, the other parts are composed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from firmus.composing import controls as wishes
from firmus.composing import external as engine
from firmus.composing import latent, session
from firmus.composing import latent_space as windows
from firmus.composing.cadence import at_rest, triad
from firmus.composing.source import given, melody
from firmus.composing.styles import CHOIR, STYLES, Style, empty_parts
from firmus.errors import InvalidBrief
from firmus.runtime.constraints import PartRules
from firmus.runtime.weights import Card
from firmus.score import Key
from firmus.work import Brief, Work

ROOM = 12  # semitones that the melody must leave above the lowest note of the bass
ACCOMPANIED = ("song", "lead-sheet", "band")  # styles whose first part is a melody


def harmonise(brief: Brief | None = None, progress: session.Progress | None = None, **options: Any) -> list[Work]:
    """Set a melody for four voices.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords: `source`, `parts` (which part is the melody; the first with notes by default),
        `style` (``"chorale"``, ``"hymn"`` or ``"choir"``), and the controls. The melody stays as it is.
    progress : callable, optional

    Returns
    -------
    list of Work
        `count` of them, best first.
    """
    brief = brief or Brief.of(**options)
    chosen = session.choose_model(brief, "harmonise")
    style = _style(brief, chosen, [name for name, style in STYLES.items() if style.voices == CHOIR])
    lowest = min(note.pitch for note in melody(brief, "harmonise").notes)
    if lowest < CHOIR[-1].low + ROOM:
        raise InvalidBrief(
            f"the melody goes down to MIDI {lowest}: a bass below it would leave its range; transpose it up an octave"
        )
    return _set(brief, "harmonise", chosen, replace(style, rests=0), progress)


def accompany(brief: Brief | None = None, progress: session.Progress | None = None, **options: Any) -> list[Work]:
    """Compose an accompaniment to a melody: a piano, a band with drums, or chord symbols.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords: `source`, `parts` (which part is the melody; the first with notes by default),
        `style` (``"song"``: piano; ``"band"``: guitar, bass and drums; ``"lead-sheet"``: chord symbols), and the
        controls. The melody stays as it is. With a latent `model` (``"gan-band"``) all parts of the source are heard
        and stay, and those of drums, bass, guitar, keys and strings that it has not are painted.
    progress : callable, optional

    Returns
    -------
    list of Work
        `count` of them, best first.
    """
    brief = brief or Brief.of(**options)
    chosen = session.choose_model(brief, "accompany")
    if chosen.kind == "engine":
        return engine.accompany(brief, chosen, given(brief, "accompany"), progress)
    if chosen.kind == "latent":
        return latent.accompany(brief, windows.choose(brief, "accompany", chosen.name), progress)
    style = _style(brief, chosen, ACCOMPANIED)
    if brief.chords and len(style.voices) == 1:
        raise InvalidBrief(
            f"chords {brief.chords!r}: a {style.name} is the melody and chords; nothing is left to compose"
        )
    return _set(brief, "accompany", chosen, style, progress)


def _style(brief: Brief, chosen: Card, able: Sequence[str]) -> Style:
    """The style asked for, or the first that the model knows, among those that are able."""
    fitting = [name for name in able if name in chosen.styles]
    if (brief.style or (fitting or [""])[0]) not in fitting:
        known = " or ".join(fitting) or "no style that this model knows"
        raise InvalidBrief(f"style {brief.style!r}: a melody is set as {known}")
    return STYLES[brief.style or fitting[0]]


def _set(brief: Brief, task: str, chosen: Card, style: Style, progress: session.Progress | None) -> list[Work]:
    """Put the melody into the first part of a style, and compose the others."""
    source, tune = given(brief, task), melody(brief, task)
    first, *others = empty_parts(style.voices)
    tune = replace(tune, name=tune.name or "Melody", program=tune.program or first.program)
    score = replace(source, parts=(tune, *others), title=source.title or f"{style.title} on a Melody")
    if brief.chords:
        score = replace(score, chords=session.chords_over(brief.chords, score))
    wanted = session.ranges(brief, score)
    pitches = [note.pitch for note in tune.notes]
    part_rules = [PartRules(min(pitches), max(pitches), monophonic=False)]
    for index, voice in enumerate(style.voices[1:], 1):
        limits = wanted.get(index, (voice.low, voice.high))
        part_rules.append(PartRules(*limits, voice.monophonic and not voice.is_drums, style.rests))
    held = session.rules(brief, score, tuple(part_rules), score.chords if brief.chords else ())
    key = Key.parse(brief.key) if brief.key else score.keys[-1] if score.keys else None
    if key and brief.is_strict("key") and not brief.chords and tune.notes[-1].pitch % 12 in triad(key):
        held = at_rest(held, key, score)
    is_open = session.cells_between(score, [(0, score.end)], range(1, len(score.parts)))
    is_open[:, 0] = style.has_chords and not brief.chords
    single = all(limits.monophonic for limits in part_rules[1:])
    wishes.refuse_unknown(brief, chosen, style.name, single)
    made = session.Plan(score, is_open, style.name, held, source)
    return session.perform(brief, task, chosen, lambda _: made, progress)
