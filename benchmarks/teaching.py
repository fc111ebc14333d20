"""Assessment of part writing: false alarms in music by masters, and how many planted faults are found.

Protocol: "false alarms" are findings in the chorales by J. S. Bach of music21's corpus that have four voices, for every
1,000 beats on which all voices sound (some of them are there: he breaks rules, and takes breath between phrases). Most
faults are planted in those same chorales, one at a time: a voice is led a fifth or an octave from another at two onsets
in a row, set beyond its neighbour, moved out of its range or by an augmented step, a leading tone or seventh is doubled
or led elsewhere. It counts as found where the rule is reported at that place, and was not before. The corpus trains
nothing.

    python benchmarks/teaching.py [--count 500] [--planted 100]
    python benchmarks/teaching.py --learn ../shared/data     writes assets/tables/chorales.json anew
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import music21
import numpy as np

import firmus
from firmus import formats
from firmus.analysis.excerpt import tied
from firmus.analysis.part_writing import VOICES, assess
from firmus.analysis.part_writing.harmony import Sonority, changes, sonorities
from firmus.analysis.part_writing.motion import RANGES, moves
from firmus.analysis.part_writing.rules import RULES, SEVERITIES
from firmus.analysis.part_writing.voices import Texture, Tone, read_voices
from firmus.composing.styles import CHOIR
from firmus.score import Note, Part, Score
from firmus.tasks.teach.musicality import SIZES, nats
from firmus.timing import bars

Planted = tuple[Score, int] | None
"""An altered score, and the tick at which the fault is."""


def chorales(count: int) -> dict[str, Score]:
    """Chorales in four voices, by name."""
    folder = Path(music21.__file__).parent / "corpus" / "bach"
    found = {path.stem: formats.read(path) for path in sorted(folder.glob("*.mxl"))[:count]}
    return {name: score for name, score in found.items() if len(read_voices(score).voices) == VOICES}


def altered(score: Score, changed: dict[Tone, int]) -> Score:
    """A score in which some tones have another pitch."""
    parts = list(score.parts)
    for tone, pitch in changed.items():
        notes = list(parts[tone.part].notes)
        notes[tone.note] = replace(notes[tone.note], pitch=pitch)
        parts[tone.part] = replace(parts[tone.part], notes=tuple(notes))
    return replace(score, parts=tuple(parts))


def parallel(size: int) -> Callable[[Texture, np.random.Generator], Planted]:
    """Two voices that move in parallel, so many semitones apart."""

    def plant(texture: Texture, generator: np.random.Generator) -> Planted:
        found = [move for move in moves(texture) if move.lower and abs(move.lower) <= 4 and move.voices != (0, 3)]
        move = found[generator.integers(len(found))]
        _, _, one, two = move.tones
        octaves = 12 * ((move.tones[0].pitch - one.pitch) // 12)
        upper = {move.tones[0]: one.pitch + octaves + size, move.tones[1]: two.pitch + octaves + size}
        return altered(texture.score, upper), move.tick

    return plant


def out_of_range(texture: Texture, generator: np.random.Generator) -> Planted:
    """A note that is a third beyond the range of its voice."""
    voice = int(generator.integers(VOICES))
    tone = texture.voices[voice][generator.integers(len(texture.voices[voice]))]
    return altered(texture.score, {tone: RANGES[voice][1] + 4 if voice == 0 else RANGES[voice][0] - 4}), tone.start


def crossed(texture: Texture, generator: np.random.Generator) -> Planted:
    """A tenor that is above the alto."""
    found = [tones for _, tones in texture.beats if tones[1] and tones[2] and tones[1].start == tones[2].start]
    tones = found[generator.integers(len(found))]
    alto, tenor = tones[1], tones[2]
    return (altered(texture.score, {tenor: alto.pitch + 3}), tenor.start) if alto and tenor else None


def spaced(texture: Texture, generator: np.random.Generator) -> Planted:
    """A soprano that is a tenth and more above the alto."""
    tick, tones = texture.beats[generator.integers(len(texture.beats))]
    return (altered(texture.score, {tones[0]: tones[1].pitch + 16}), tick) if tones[0] and tones[1] else None


def leaping(texture: Texture, generator: np.random.Generator) -> Planted:
    """A tenor that leaps up a tenth."""
    place = int(generator.integers(1, len(texture.voices[2])))
    one, two = texture.voices[2][place - 1 : place + 1]
    return (altered(texture.score, {two: one.pitch + 16}), two.start) if one.end == two.start else None


def doubled(member: int, quality: str) -> Callable[[Texture, np.random.Generator], Planted]:
    """The third of a dominant, or a seventh, that another voice has as well."""

    def plant(texture: Texture, generator: np.random.Generator) -> Planted:
        places = [each for each in _resolved(texture, quality) if Counter(each.members)[member] == 1]
        places = [each for each in places if any(_spare(each))]
        if not places:
            return None
        chord = places[generator.integers(len(places))]
        voice = generator.choice(np.flatnonzero(_spare(chord)))
        wanted, tone = chord.tones[chord.members.index(member)].pitch % 12, chord.tones[voice]
        near = sorted(range(tone.pitch - 6, tone.pitch + 7), key=lambda each: abs(each - tone.pitch))
        pitch = next(each for each in near if each % 12 == wanted)
        return altered(texture.score, {tone: pitch}), chord.tick

    return plant


def led_elsewhere(member: int, quality: str) -> Callable[[Texture, np.random.Generator], Planted]:
    """A seventh, or the leading tone of the soprano, that goes to the fifth of the next chord by leap."""

    def plant(texture: Texture, generator: np.random.Generator) -> Planted:
        pairs = []
        for one, two in _dominants(texture, quality):
            voice = one.members.index(member) if member in one.members else -1
            at_once = voice >= 0 and one.tones[voice].end == two.tick == two.tones[voice].start
            is_plain = two.quality in ("", "m") and max(one.inversion, two.inversion) < 2
            keeps_root = any(each == 0 and place != voice for place, each in enumerate(two.members))
            if at_once and (member == 3 or voice == 0) and is_plain and keeps_root:
                pairs.append((one, two, voice))
        if not pairs:
            return None
        one, two, voice = pairs[generator.integers(len(pairs))]
        wanted = (two.root + 7) % 12
        start = one.tones[voice].pitch
        pitch = next(each for each in range(start - 3, start - 16, -1) if each % 12 == wanted)
        return altered(texture.score, {two.tones[voice]: pitch}), two.tick

    return plant


def _spare(chord: Sonority) -> list[bool]:
    """Which voices have a member that another has too, and are not held."""
    return [
        Counter(chord.members)[each] > 1 and tone.start == chord.tick and voice < VOICES - 1
        for voice, (each, tone) in enumerate(zip(chord.members, chord.tones, strict=True))
    ]


def _dominants(texture: Texture, quality: str) -> list[tuple[Sonority, Sonority]]:
    """Dominants of the key and their tonics."""
    found = []
    for one, two in changes(texture):
        key = texture.key(one.tick)
        if key and one.quality == quality and one.root == (key.pitch_class + 7) % 12 and two.root == key.pitch_class:
            found.append((one, two))
    return found


def _resolved(texture: Texture, quality: str) -> list[Sonority]:
    return [one for one, _ in _dominants(texture, quality)]


PLANTS: dict[str, Callable[[Texture, np.random.Generator], Planted]] = {
    "parallel fifths": parallel(7),
    "parallel octaves": parallel(12),
    "range": out_of_range,
    "voice crossing": crossed,
    "spacing": spaced,
    "leap beyond an octave": leaping,
    "leading tone doubled": doubled(1, ""),
    "seventh unresolved": led_elsewhere(3, "7"),
    "leading tone unresolved": led_elsewhere(1, ""),
}


def learn(data: Path) -> None:
    """Write how likely real chorales are, those of jsb's split "valid", for `firmus.tasks.teach.musicality`."""
    text = lzma.decompress((data / "jsb" / "Jsb16thSeparated.train-valid.json.xz").read_bytes())
    scores = [of_raster(raster) for raster in json.loads(text)["valid"]]
    table: dict[str, object] = {
        "about": "nats a note of the first bars of the 76 validation chorales of JSB-Chorales-dataset, sorted",
        "command": "python benchmarks/teaching.py --learn ../shared/data",
    }
    for size in SIZES:
        table[str(size)] = sorted(round(nats(score, size), 3) for score in scores if len(bars(score)) >= size)
    path = Path(firmus.__file__).parent / "assets" / "tables" / "chorales.json"
    path.write_text(json.dumps(table) + "\n", encoding="utf-8")


def of_raster(raster: list[list[int]]) -> Score:
    """A chorale of a raster of sixteenths: soprano, alto, tenor, bass; -1 is silence."""
    parts = []
    for voice, column in zip(CHOIR, zip(*raster, strict=True), strict=True):
        notes = [Note(120 * step, 120, int(pitch)) for step, pitch in enumerate(column) if pitch >= 0]
        parts.append(Part(voice.name, tuple(notes), voice.program))
    return tied(Score(tuple(parts)))


def main() -> None:
    """Print both tables, or learn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--planted", type=int, default=100)
    parser.add_argument("--learn", metavar="DATA", type=Path)
    asked = parser.parse_args()
    if asked.learn:
        learn(asked.learn)
        return
    pieces = chorales(asked.count)
    textures = {name: read_voices(score) for name, score in pieces.items()}
    found = {name: assess(score) for name, score in pieces.items()}
    beats = sum(len(texture.beats) for texture in textures.values())
    chords = sum(len(sonorities(texture)) for texture in textures.values())
    print(f"{len(pieces)} chorales, {beats} beats, {chords} of them sure chords\n")
    counts = Counter(finding.rule for each in found.values() for finding in each)
    print("| rule | severity | false alarms in 1,000 beats |\n|-|-|-:|")
    for rule, count in counts.most_common():
        print(f"| {rule} | {RULES[rule].severity} | {1000 * count / beats:.1f} |")
    for severity in SEVERITIES:
        total = sum(count for rule, count in counts.items() if RULES[rule].severity == severity)
        print(f"| *all of this severity* | {severity} | {1000 * total / beats:.1f} |")
    print("\n| planted | pieces | found | share |\n|-|-:|-:|-:|")
    names, generator = sorted(pieces), np.random.default_rng(1)
    for rule, plant in PLANTS.items():
        tried = hits = 0
        for name in generator.permutation(names * 3).tolist():
            planted = plant(textures[name], generator)
            if planted is None or (rule, planted[1]) in {(each.rule, each.tick) for each in found[name]}:
                continue
            tried += 1
            hits += (rule, planted[1]) in {(each.rule, each.tick) for each in assess(planted[0])}
            if tried == asked.planted:
                break
        print(f"| {rule} | {tried} | {hits} | {hits / max(tried, 1):.0%} |", flush=True)


if __name__ == "__main__":
    main()
