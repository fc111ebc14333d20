"""How many notes are spelled as their editions print them.

    python benchmarks/spelling.py --count 25 --seed 1

A random ``--count`` of files from each of the OpenScore sets (Lieder, String Quartets) is read, which forgets all
names of notes but keeps key signatures, and spelled anew. Counted are the notes with the edition's name, all and
those outside the scale of the key signature. Ties count once; transposing parts, which are printed otherwise than they
sound, are left out. Floor: the name in the key that is nearest on the line of fifths, whatever stands around it.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.formats._written.assembly import Assembly
from firmus.formats._written.measures import WrittenMeasure, WrittenNote
from firmus.formats.musicxml import parts as reading
from firmus.formats.musicxml import reader
from firmus.formats.musicxml.load import elements, unpacked
from firmus.notation.spelling import spell, spelled
from firmus.pitch import STEPS
from firmus.score import Key, Score
from musicxml import files

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SETS = ("openscore-lieder", "openscore-quartets")
Named = dict[tuple[int, int], str]  # start and pitch to name


class NamingReader(reading.PartReader):
    """Remembers the names of notes, by measure, start and pitch."""

    def read(self, element: Element, measure: WrittenMeasure) -> list[WrittenNote]:
        """Read one measure."""
        self.__dict__.setdefault("names", []).append({})
        return super().read(element, measure)

    def _note(self, element: Element) -> None:
        count = len(self.notes)
        super()._note(element)
        pitch = element.find("pitch")
        if len(self.notes) > count and pitch is not None and not self.notes[-1].tied_from:
            alteration = int(float(pitch.findtext("alter") or 0))
            sign = "#" * alteration if alteration > 0 else "b" * -alteration
            note = self.notes[-1]
            self.__dict__["names"][-1][note.start, note.pitch] = (pitch.findtext("step") or "") + sign


def named(data: bytes) -> tuple[Score, list[Named | None]]:
    """A Score as written, without repeats, and the names of its parts' notes; None for parts that transpose."""
    reader.PartReader = NamingReader  # type: ignore[misc]
    file = reader.ScoreFile()
    for part, element in elements(unpacked(data)):
        file.feed(part, element)
    assembly = Assembly(file.written, range(len(file.written.measures)))
    names: list[Named | None] = []
    for part in file.written.parts:
        if part not in file.readers:
            continue
        found = file.readers[part]
        by_measure = found.__dict__["names"]
        shifted = any(found.transpose.values())
        names.append(None if shifted else {
            (start + at, pitch): name
            for start, measure in zip(assembly.starts, by_measure, strict=False)
            for (at, pitch), name in measure.items()
        })  # fmt: skip
    return assembly.score(), names


def compare(score: Score, names: list[Named | None]) -> list[tuple[bool, bool, bool]]:
    """Of every note: whether it is outside the scale, named by Firmus as printed, named by the floor as printed."""
    results = []
    found = spell(score)
    for index, (part, known) in enumerate(zip(score.parts, names, strict=True)):
        if known is None or part.is_drums:
            continue
        for note, (letter, alteration, _) in zip(part.notes, found[index], strict=True):
            name = known.get((note.start, note.pitch))
            if name is None:
                continue
            key = next((key for key in reversed(score.keys) if key.start <= note.start), Key(0, "C"))
            floor = spelled(note.pitch, key)
            signature = {(tonic + key.signature) * 7 % 12 for tonic in range(-1, 6)}
            ours = letter + ("#" * alteration if alteration > 0 else "b" * -alteration)
            nearest = floor[0] + ("#" * floor[1] if floor[1] > 0 else "b" * -floor[1])
            pitch_class = (STEPS[name[0]] + name.count("#") - name.count("b")) % 12
            results.append((pitch_class not in signature, ours == name, nearest == name))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for name in SETS:
        found = sorted(files(arguments.data / name))
        results = []
        for _, data in random.Random(arguments.seed).sample(found, min(arguments.count, len(found))):
            results += compare(*named(data))
        for label, counted in (("all", results), ("outside the scale", [each for each in results if each[0]])):
            ours, floor = (100 * sum(each[place] for each in counted) / len(counted) for place in (1, 2))
            print(f"{name:20} {label:18} {len(counted):8,} notes  {ours:6.2f}%  floor {floor:6.2f}%")


if __name__ == "__main__":
    main()
