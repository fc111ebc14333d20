"""How a piece ends where its key is a rule: the dominant, then the tonic, on which every part comes to rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from firmus.pitch import NO_CHORD, pitch_class
from firmus.runtime.constraints import Chords, PartRules, Rules
from firmus.runtime.infilling import chord_rules
from firmus.score import Key, Note, Score
from firmus.timing import bar_at, bars, beat
from firmus.tokens.events import vocabulary


def triad(key: Key) -> frozenset[int]:
    """Pitch classes of the tonic triad."""
    tonic = key.pitch_class
    return frozenset({tonic, (tonic + (4 if key.mode == "major" else 3)) % 12, (tonic + 7) % 12})


def at_rest(rules: Rules, key: Key, score: Score, *, top: bool = False) -> Rules:
    """Rules by which every part holds a note of the tonic triad at the end, the last pitched part the tonic.

    The first one does not hold the fifth; with `top` it holds the tonic, too.

    A part in whose range there is none is free, and so are drums. Where chord symbols are composed, the last bar has
    the tonic's.
    """
    chord = vocabulary.CHORD + vocabulary.CHORDS.index((key.pitch_class, "" if key.mode == "major" else "m"))
    held = _held(rules, triad(key), key.pitch_class, score)
    tonic, fifth = frozenset({key.pitch_class}), frozenset({(key.pitch_class + 7) % 12})
    wanted = tonic if top else held.final[0] - fifth
    if held.final[0] and wanted & _within(rules.parts[0]):
        held = replace(held, final=(wanted, *held.final[1:]))
    return replace(held, final_chord=chord)


def on_last_chord(rules: Rules, score: Score) -> Rules:
    """Rules by which every part holds a note of the last chord symbol at the end, the last pitched part its bass.

    Where that chord comes in the last half bar, in which parts already rest, they rest on nothing: each sounds it on
    its beat.
    """
    chord, last_bar = score.chords[-1], bars(score)[-1]
    step = beat(score.meters[-1])
    if chord.start > last_bar.end - -(-(last_bar.end - last_bar.start) // 2 // step) * step:
        return rules
    tones = frozenset(chord.pitch_classes[:3] if not chord.bass else chord.pitch_classes)
    tones = tones if rules.scale is None else tones & rules.scale
    bass = pitch_class(chord.bass or chord.root) if tones else 0
    return _held(rules, tones, bass, score) if bass in tones else rules


def on_phrase_end(rules: Rules, score: Score, resting: Collection[int]) -> Rules:
    """Rules by which some parts rest on the last chord symbol of a score, and all sound its last two on their beats.

    Rules of chords that there are stay. Without chord symbols nothing is held.
    """
    if not score.chords or score.chords[-1].root == NO_CHORD:
        return rules
    ending, tones = on_last_chord(rules, score), frozenset(score.chords[-1].pitch_classes[:3])
    own = [tones if len(ending.final) == 1 else each for each in ending.final]  # a lone melody need not end on the bass
    final = tuple(each if place in resting else frozenset[int]() for place, each in enumerate(own))
    last_bar = bars(score)[-1].start
    chords = [chord for chord in score.chords[-2:] if chord.start >= last_bar - score.meters[-1].bar]
    held = chord_rules(score, tuple(chords))
    if rules.scale is not None:
        held = tuple((start, tones & rules.scale) for start, tones in held)
    return replace(rules, final=final, chords=rules.chords or ((0, frozenset[int]()), *held) if held else rules.chords)


def _held(rules: Rules, tones: frozenset[int], bass: int, score: Score) -> Rules:
    """Rules by which the pitched parts end on notes of a chord, the last of them on its bass."""
    pitched = [place for place, part in enumerate(score.parts) if not part.is_drums]
    wanted = [tones if place in pitched else frozenset[int]() for place in range(len(score.parts))]
    if pitched:
        wanted[pitched[-1]] = frozenset({bass})
    pairs = zip(wanted, rules.parts, strict=True)
    final = tuple(each if each & _within(part) else frozenset[int]() for each, part in pairs)
    return replace(rules, final=final)


def _within(part: PartRules) -> set[int]:
    """Pitch classes in the range of a part."""
    return {pitch % 12 for pitch in range(part.low, part.high + 1)}


def with_cadence(rules: Rules, key: Key, score: Score, led: Collection[int] = ()) -> Rules:
    """Rules, of a score that is empty at its end, for the dominant before the last bar and the tonic in it.

    On the beat before the last bar only notes of the dominant seventh sound, on the beats of the last bar only those
    of the tonic. Of parts, from 1, that are `led` to it, the first goes by step to the tonic, the last from the root of
    the dominant to it; a melody without chords within the last bar, others before it. One bar has no cadence.
    """
    last_bar, step = bars(score)[-1], beat(score.meters[-1])
    rest = last_bar.start
    if rest < step:
        return rules
    if led and len(rules.parts) == 1 and not score.chords:
        rest = last_bar.end - -(-(last_bar.end - rest) // 2 // step) * step
    chords = _cadence_chords(key, score, rest - step, rest)
    by_step = frozenset({(key.pitch_class + 2) % 12, (key.pitch_class + _leading(key)) % 12}) & frozenset(key.scale)
    ways = {1: by_step} if 1 in led else {}
    if (last := len(rules.parts)) > 1 and last in led:
        ways[last] = frozenset({(key.pitch_class + 7) % 12})
    ways = {part: tones for part, tones in ways.items() if tones & _within(rules.parts[part - 1])}
    return _led(rules, key, chords, tuple(ways.items())) if ways else replace(rules, chords=chords)


def led(rules: Rules) -> tuple[int, ...]:
    """Parts, from 1, that are led to the cadence."""
    return tuple(part for part, _ in rules.cadence)


def under_melody(rules: Rules, key: Key, score: Score, melody: Sequence[Note], *, is_led: bool = False) -> Rules:
    """Rules for the dominant on the beat before the last note of a given melody, and the tonic under that.

    Where parts `is_led` as voices, the lowest goes from the root of the dominant to the tonic, which all hold. Under a
    melody that cannot close so, or that ends off the beat, the rules stay as they are.
    """
    final, step, every = melody[-1], beat(score.meters[-1]), bars(score)
    before, index = final.start - step, bar_at(every, final.start)
    held = (every[-1].end - final.start) / vocabulary.UNIT
    sounding = [note.pitch % 12 for note in melody if note.start <= before < note.end]
    is_on_beat = (final.start - every[index].start + every[index].place) % step == 0 and held in vocabulary.DURATIONS
    if (
        not is_on_beat
        or index < len(every) - 2
        or not _dominant(key).issuperset(sounding)
        or not sounding
        or final.pitch % 12 not in triad(key)
    ):
        return rules
    chords = _cadence_chords(key, score, before, final.start)
    root = frozenset({(key.pitch_class + 7) % 12})
    return _led(rules, key, chords, ((len(rules.parts), root),)) if is_led else replace(rules, chords=chords)


def _leading(key: Key) -> int:
    """Semitones of the seventh degree above the tonic; church modes may have no leading note."""
    return 11 if (key.pitch_class + 11) % 12 in key.scale else 10


def _dominant(key: Key) -> frozenset[int]:
    """Pitch classes of the dominant seventh."""
    return frozenset((key.pitch_class + interval) % 12 for interval in (7, _leading(key), 2, 5)) & frozenset(key.scale)


def _cadence_chords(key: Key, score: Score, before: int, last: int) -> Chords:
    """Chords on beats: free up to a tick, the dominant there, the tonic from another on."""
    lead = score.meters[0].bar - score.pickup if score.pickup else 0  # rules count from where a full bar would begin
    goals = ((before, _dominant(key)), (last, triad(key)))
    return ((0, frozenset[int]()), *(((start + lead) // vocabulary.UNIT, tones) for start, tones in goals))


def _led(rules: Rules, key: Key, chords: Chords, ways: Sequence[tuple[int, frozenset[int]]]) -> Rules:
    """Rules by which parts, from 1, go from a note of their own at the dominant to the tonic."""
    rest, before = (chords[2][0], frozenset({key.pitch_class})), chords[1][0]
    return replace(rules, chords=chords, cadence=tuple((part, ((before, tones), rest)) for part, tones in ways))
