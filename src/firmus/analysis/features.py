"""Plain measures of a Score: range, density, polyphony, scale, length, and a summary.

Conventions: pitches are MIDI numbers, density is in notes a quarter note, seconds follow the Score's tempi.
Drums count for density and length, never for pitch.
"""

from __future__ import annotations

from typing import Any

from firmus.pitch import fifths, note_name
from firmus.score import TICKS_PER_QUARTER, Key, Meter, Note, Part, Score
from firmus.timing import bars, beat, seconds

QUALITIES = ("density", "register", "syncopation")
SIXTEENTH = TICKS_PER_QUARTER // 4

SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")


def range_of(part: Part) -> tuple[int, int] | None:
    """Lowest and highest pitch of a part; None for drums and for a part without notes.

    Examples
    --------
    >>> range_of(Part("", (Note(0, 480, 60), Note(480, 480, 67))))
    (60, 67)
    """
    if part.is_drums or not part.notes:
        return None
    pitches = [note.pitch for note in part.notes]
    return min(pitches), max(pitches)


def density(music: Part | Score) -> float:
    """Notes a quarter note, over the whole length; 0 for what is empty.

    Examples
    --------
    >>> density(Part("", (Note(0, 480, 60), Note(480, 480, 67))))
    1.0
    """
    notes = _notes(music)
    return len(notes) * TICKS_PER_QUARTER / music.end if notes else 0.0


def polyphony(music: Part | Score) -> float:
    """Mean number of pitched notes that sound at once, over the time in which any sounds; 0 for none.

    Examples
    --------
    >>> polyphony(Part("", (Note(0, 480, 60), Note(0, 480, 64), Note(480, 480, 67))))
    1.5
    """
    notes = _pitched(music)
    sounding = _sounding_ticks(notes)
    return sum(note.duration for note in notes) / sounding if sounding else 0.0


def register(music: Part | Score) -> float:
    """Mean pitch of the pitched notes; 0 for none.

    Examples
    --------
    >>> register(Part("", (Note(0, 480, 60), Note(480, 480, 67))))
    63.5
    """
    pitches = [note.pitch for note in _pitched(music)]
    return sum(pitches) / len(pitches) if pitches else 0.0


def syncopation(score: Score) -> float:
    """How much stronger, on the mean, the strongest place that a note sounds or leaves silent is than where it begins.

    0 where every note begins on the strongest place up to the next one. Places of a bar have the weights 0 (its first
    beat), -1 (its middle, where beats are even), -2 (other beats), -3 (halves or thirds of a beat) and -4 (anything
    else); after Longuet-Higgins & Lee, *The Rhythmic Interpretation of Monophonic Music* (1984), with the mean over the
    notes of all parts in place of their sum.

    Examples
    --------
    >>> on_the_beat = tuple(Note(480 * i, 480, 60) for i in range(8))
    >>> off_the_beat = tuple(Note(480 * i + 240, 480, 60) for i in range(7))
    >>> syncopation(Score((Part("", on_the_beat),))), syncopation(Score((Part("", off_the_beat),)))
    (0.0, 1.5714285714285714)
    """
    weights: dict[int, int] = {}
    for bar in bars(score):
        for tick in range(bar.start, min(bar.end, score.end + 1), SIXTEENTH):
            weights[tick // SIXTEENTH] = _weight(tick - bar.start + bar.place, bar.meter)
    excesses: list[int] = []
    for part in score.parts:
        onsets = sorted({(note.start + SIXTEENTH // 2) // SIXTEENTH for note in part.notes})
        for onset, following in zip(onsets, [*onsets, score.end // SIXTEENTH][1:], strict=True):
            weight = weights.get(onset, 0)
            excesses.append(
                max((weights.get(step, weight) - weight for step in range(onset + 1, following)), default=0)
            )
    return sum(max(each, 0) for each in excesses) / len(excesses) if excesses else 0.0


def _weight(place: int, meter: Meter) -> int:
    """Weight of a place, in ticks, of a bar."""
    unit = beat(meter)
    if place == 0:
        return 0
    if place % unit == 0:
        return -1 if meter.bar // unit % 2 == 0 and place * 2 == meter.bar else -2
    return -3 if place % (unit // (3 if unit % 720 == 0 else 2)) == 0 else -4


def qualities(score: Score) -> dict[str, float]:
    """Density, syncopation and, where anything is pitched, register: attributes that steer a latent model.

    Examples
    --------
    >>> sorted(qualities(Score((Part("", (Note(0, 480, 60),)),))))
    ['density', 'register', 'syncopation']
    """
    values = {"density": density(score), "syncopation": syncopation(score)}
    return values | ({"register": register(score)} if _pitched(score) else {})


def is_monophonic(part: Part) -> bool:
    """Whether no two notes of a part sound at once (an overlap of less than a 32nd note is legato, not a chord).

    Examples
    --------
    >>> is_monophonic(Part("", (Note(0, 500, 60), Note(480, 480, 64))))
    True
    """
    slack = TICKS_PER_QUARTER // 8
    reached, latest = 0, -slack
    for note in part.notes:
        if note.start < reached - slack or note.start == latest:
            return False
        reached, latest = max(reached, note.end), note.start
    return True


def overlap(part: Part) -> float:
    """Share of notes that begin while an earlier one sounds on (for longer than a 32nd note).

    Examples
    --------
    >>> overlap(Part("", (Note(0, 960, 60), Note(480, 480, 64), Note(960, 480, 65))))
    0.3333333333333333
    """
    reached, overlapping = 0, 0
    for note in part.notes:
        overlapping += note.start < reached - TICKS_PER_QUARTER // 8
        reached = max(reached, note.end)
    return overlapping / max(len(part.notes), 1)


def scale_share(score: Score, key: Key) -> float:
    """Share of pitched notes, 0 to 1, that belong to a key's scale (melodic minor in minor); 1 where there are none.

    Examples
    --------
    >>> scale_share(Score((Part("", (Note(0, 480, 60), Note(480, 480, 61))),)), Key(0, "C"))
    0.5
    """
    notes = _pitched(score)
    scale = set(key.scale)
    return sum(note.pitch % 12 in scale for note in notes) / len(notes) if notes else 1.0


def duration_seconds(score: Score) -> float:
    """Seconds from the first tick to the end.

    Examples
    --------
    >>> duration_seconds(Score((Part("", (Note(0, 1920, 60),)),)))
    2.0
    """
    return seconds(score, score.end)


def pitch_name(pitch: int, key: Key | None = None) -> str:
    """Name of a pitch with its octave, C4 being middle C; flats where the key has flats.

    Examples
    --------
    >>> pitch_name(60), pitch_name(70), pitch_name(70, Key(0, "F"))
    ('C4', 'A#4', 'Bb4')
    """
    if key is not None and key.mode == "minor" and pitch % 12 == (key.pitch_class - 1) % 12:
        return f"{note_name(fifths(key.tonic) + 5)}{pitch // 12 - 1}"  # the raised leading note: F# in G minor
    names = FLAT_NAMES if key is not None and key.signature < 0 else SHARP_NAMES
    return f"{names[pitch % 12]}{pitch // 12 - 1}"


def summary(score: Score) -> dict[str, Any]:
    """The main facts about a Score, as plain values that JSON can hold.

    Returns
    -------
    dict
        ``title``, ``composer``; ``key`` (written, or else estimated), ``key_is_estimated``; ``meter`` and
        ``tempo`` (bpm) at the beginning, ``meters`` and ``tempi``, how many there are; ``bars``, ``seconds``,
        ``notes``, ``density``, ``polyphony``; ``parts``, each with ``name``, ``program``, ``is_drums``,
        ``notes``, ``range`` (such as ``["C4", "G5"]``, or None) and ``is_monophonic``.

    Examples
    --------
    >>> facts = summary(Score((Part("Flute", (Note(0, 480, 72),), program=73),)))
    >>> facts["bars"], facts["seconds"], facts["parts"][0]["range"]
    (1, 0.5, ['C5', 'C5'])
    """
    key = _key(score)
    return {
        "title": score.title,
        "composer": score.composer,
        "key": key.text if key else None,
        "key_is_estimated": key is not None and not score.keys,
        "meter": score.meters[0].text,
        "meters": len(score.meters),
        "tempo": score.tempi[0].bpm,
        "tempi": len(score.tempi),
        "bars": sum(bar.number > 0 for bar in bars(score)),
        "seconds": round(duration_seconds(score), 3),
        "notes": sum(len(part.notes) for part in score.parts),
        "density": round(density(score), 3),
        "polyphony": round(polyphony(score), 3),
        "parts": [_part_summary(part, key) for part in score.parts],
    }


def _part_summary(part: Part, key: Key | None) -> dict[str, Any]:
    limits = range_of(part)
    return {
        "name": part.name,
        "program": part.program,
        "is_drums": part.is_drums,
        "notes": len(part.notes),
        "range": [pitch_name(pitch, key) for pitch in limits] if limits else None,
        "is_monophonic": is_monophonic(part),
    }


def _key(score: Score) -> Key | None:
    from firmus.analysis.keys import estimate

    if score.keys:
        return score.keys[0]
    estimated = estimate(score)
    return estimated.key if estimated else None


def _notes(music: Part | Score) -> list[Note]:
    parts = (music,) if isinstance(music, Part) else music.parts
    return [note for part in parts for note in part.notes]


def _pitched(music: Part | Score) -> list[Note]:
    parts = (music,) if isinstance(music, Part) else music.parts
    return [note for part in parts if not part.is_drums for note in part.notes]


def _sounding_ticks(notes: list[Note]) -> int:
    """Ticks in which at least one note sounds."""
    total, reached = 0, 0
    for note in sorted(notes, key=lambda each: each.start):
        if note.end > reached:
            total += note.end - max(note.start, reached)
            reached = note.end
    return total
