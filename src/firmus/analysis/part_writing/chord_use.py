"""Rules of chords: doubling, resolution, inversions and progressions; see `rules` for what each means."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, permutations

from firmus.analysis.part_writing.harmony import Sonority, changes, sonorities, sonority, sounding_beats
from firmus.analysis.part_writing.rules import Finding, finding
from firmus.analysis.part_writing.voices import Texture, Tone
from firmus.pitch import QUALITIES
from firmus.score import Key

SEVENTH = 3
STEP = 2  # semitones


def doubling(texture: Texture) -> Iterator[Finding]:
    """A leading tone or a seventh in two voices."""
    following = {one.tick: two for one, two in changes(texture)}
    for chord in sonorities(texture):
        leading = -1 if _leads_elsewhere(following.get(chord.tick), texture) else _leading(chord, texture)
        for rule, member in (("seventh doubled", SEVENTH), ("leading tone doubled", leading)):
            voices = [voice for voice, each in enumerate(chord.members) if each == member]
            if len(voices) > 1:
                yield finding(rule, chord.tick, voices, [chord.tones[voice] for voice in voices])


def _leading(chord: Sonority, texture: Texture) -> int:
    """Member of a dominant or leading-tone chord that is the leading tone of the key; -1 for none."""
    key = texture.key(chord.tick)
    if key is None:
        return -1
    leading = (key.pitch_class - 1) % 12
    if (chord.root - key.pitch_class) % 12 == 7 and chord.quality in ("", "7"):
        return 1
    return 0 if chord.root == leading and chord.quality in ("dim", "m7b5", "dim7") else -1


def _leads_elsewhere(following: Sonority | None, texture: Texture) -> bool:
    """Whether the next chord, neither tonic, sixth degree nor dominant, shows that the one before was no dominant."""
    key = texture.key(following.tick) if following else None
    if following is None or key is None:
        return False
    return (following.root - key.pitch_class) % 12 not in (0, 7, 8, 9, 11)


def leading_tones(texture: Texture) -> Iterator[Finding]:
    """A leading tone in an outer voice that does not rise when the dominant goes to the tonic."""
    outer = (0, len(texture.voices) - 1)
    for one, tick, tones in _resolutions(texture):
        member, key = _leading(one, texture), texture.key(one.tick)
        if key is None or member < 0 or not _is_tonic(tones, key):
            continue
        for voice in outer:
            if one.members[voice] == member and not _goes(texture, voice, one, tick, (1,)):
                yield finding("leading tone unresolved", tick, (voice,), (one.tones[voice], tones[voice]))


def sevenths(texture: Texture) -> Iterator[Finding]:
    """A seventh that neither falls by step nor stays; it may rise with the bass from V43 to I6."""
    for one, tick, tones in _resolutions(texture):
        rises = one.inversion == 2 and tones[-1].pitch - one.tones[-1].pitch in (1, 2)
        for voice, member in enumerate(one.members):
            if member != SEVENTH or rises or _goes(texture, voice, one, tick, (0, -1, -2)):
                continue
            if not _is_taken_over(texture, one, tick, voice):
                yield finding("seventh unresolved", tick, (voice,), (one.tones[voice], tones[voice]))


def _resolutions(texture: Texture) -> Iterator[tuple[Sonority, int, list[Tone]]]:
    """Each sure chord, and the tick and tones of the next beat, where they are another chord."""
    beats = list(sounding_beats(texture))
    for (begin, before), (tick, tones) in pairwise(beats):
        one = sonority(begin, before)
        members = {(one.root + interval) % 12 for interval in QUALITIES[one.quality]} if one else set()
        if one and not {tone.pitch % 12 for tone in tones} <= members:
            yield one, tick, tones


def _is_tonic(tones: list[Tone], key: Key) -> bool:
    """Whether all tones are of the tonic triad, and the bass is its root or third."""
    degrees = [(tone.pitch - key.pitch_class) % 12 for tone in tones]
    return {*degrees} <= {0, 3, 4, 7} and 0 in degrees and degrees[-1] != 7


def _goes(texture: Texture, voice: int, one: Sonority, tick: int, by: tuple[int, ...]) -> bool:
    """Whether a voice goes by such a step until a tick, or after it, where it holds its tone over."""
    begin, end = texture.place(voice, one.tick), texture.place(voice, tick)
    line = texture.voices[voice]
    moves = [tone.pitch - one.tones[voice].pitch for tone in line[begin + 1 : end + 1 + (line[end].start < tick)]]
    return any(move in by for move in moves) or (end == begin and 0 in by)


def _is_taken_over(texture: Texture, one: Sonority, tick: int, voice: int) -> bool:
    """Whether another voice takes the seventh over before it resolves."""
    for other, line in enumerate(texture.voices):
        first, last = texture.place(other, one.tick), texture.place(other, tick)
        taken = (tone.pitch % 12 == one.tones[voice].pitch % 12 for tone in line[first + 1 : last + 1])
        if other != voice and any(taken):
            return True
    return False


def thirds(texture: Texture) -> Iterator[Finding]:
    """A bare fifth on a beat."""
    for tick, tones in sounding_beats(texture):
        classes = {tone.pitch % 12 for tone in tones}
        is_bare = len(classes) == 2 and min((one - two) % 12 for one, two in permutations(classes, 2)) == 5
        if is_bare and all(_stays(texture, voice, tone, tick) for voice, tone in enumerate(tones)):
            yield finding("no third", tick, range(len(tones)), tones)


def _stays(texture: Texture, voice: int, tone: Tone, tick: int) -> bool:
    """Whether a tone lasts for the whole beat: no suspension, and not passing."""
    return tone.start == tick and (tone.end - tone.start >= 480 or tone is texture.voices[voice][-1])


def six_fours(texture: Texture) -> Iterator[Finding]:
    """A triad over its fifth that is neither cadential, passing, over a held bass, nor part of the same chord."""
    beats = list(sounding_beats(texture))
    for place, (tick, tones) in enumerate(beats):
        chord = sonority(tick, tones)
        if chord is None or chord.inversion != 2 or chord.quality not in ("", "m"):
            continue
        line, here = texture.voices[-1], texture.place(len(tones) - 1, tick)
        before, after = line[here - 1 : here], line[here + 1 : here + 2]
        around = [each.pitch - line[here].pitch for each in (*before, *after)]
        near = [sonority(*beats[other]) for other in (place - 1, place + 1) if 0 <= other < len(beats)]
        same_chord = any(each and each.root == chord.root for each in near)
        is_held = line[here].start < tick or line[here].end > tick + 480 or any(move % 12 == 0 for move in around)
        is_passing = all(abs(move) <= STEP for move in around)
        if around and not (same_chord or is_held or is_passing):
            yield finding("six-four chord", tick, (len(tones) - 1,), tones)


def diminished_triads(texture: Texture) -> Iterator[Finding]:
    """A diminished triad with its root in the bass."""
    for chord in sonorities(texture):
        if chord.quality == "dim" and chord.inversion == 0 and chord.tones[-1].start == chord.tick:
            yield finding("diminished triad in root position", chord.tick, (len(chord.tones) - 1,), chord.tones[-1:])


def dissonances(texture: Texture) -> Iterator[Finding]:
    """A note on a beat, without which the rest is a chord, that is approached and left by leap."""
    for tick, tones in sounding_beats(texture):
        if sonority(tick, tones) is not None:
            continue
        for voice, tone in enumerate(tones):
            others = [each for each in tones if each is not tone]
            place, line = texture.place(voice, tick), texture.voices[voice]
            around = [each for each in (*line[place - 1 : place], *line[place + 1 : place + 2]) if place]
            leaps = len(around) == 2 and all(abs(each.pitch - tone.pitch) > STEP for each in around)
            if leaps and tone.start == tick and sonority(tick, others) is not None and _is_dissonant(tone, others):
                yield finding("dissonance by leap", tick, (voice,), (tone,))


def _is_dissonant(tone: Tone, others: list[Tone]) -> bool:
    """Whether a tone is a second, a seventh or a tritone from another."""
    return any((tone.pitch - other.pitch) % 12 in (1, 2, 6, 10, 11) for other in others)


def progressions(texture: Texture) -> Iterator[Finding]:
    """The dominant in root position that goes to the subdominant in root position."""
    for one, two in changes(texture):
        key = texture.key(one.tick)
        if key is None or one.quality not in ("", "7") or one.inversion or two.inversion or len(set(two.members)) < 3:
            continue
        if [(each.root - key.pitch_class) % 12 for each in (one, two)] == [7, 5]:
            yield finding("backward progression", two.tick, range(len(two.tones)), two.tones)


def ending(texture: Texture) -> Iterator[Finding]:
    """A piece that ends on neither the tonic nor the dominant."""
    key = texture.main_key
    whole = [(tick, [tone for tone in tones if tone]) for tick, tones in texture.moments if all(tones)]
    if key is None or not whole:
        return
    tick, tones = whole[-1]
    if not _closes(tones[-1], key):
        yield finding("no cadence", tick, range(len(tones)), tones)


def _closes(bass: Tone, key: Key) -> bool:
    return (bass.pitch - key.pitch_class) % 12 in (0, 7)


CHECKS = (
    doubling, leading_tones, sevenths, thirds, six_fours, diminished_triads, dissonances, progressions, ending,
)  # fmt: skip
