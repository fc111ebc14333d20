"""Instruments of spines: programs, names, and the hands of a keyboard."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from firmus.formats._written.instruments import program_of
from firmus.formats._written.measures import WrittenPart
from firmus.notation.grand_staff import ORGANS
from firmus.notation.layout import KEYBOARDS
from firmus.score import Part

_CODES = {
    "soprn": "Soprano", "mezzo": "Mezzo-soprano", "calto": "Alto", "alto": "Alto", "tenor": "Tenor",
    "barit": "Baritone", "bass": "Bass", "vox": "Voice", "canto": "Voice", "cantus": "Voice",
    "male": "Voice", "feme": "Voice",
    "nfant": "Voice", "quinto": "Voice", "sesto": "Voice", "coro": "Choir", "violn": "Violin", "viola": "Viola",
    "viole": "Viola", "violt": "Viola", "violb": "Cello", "cello": "Cello", "cbass": "Contrabass", "arpa": "Harp",
    "guitr": "Guitar", "lute": "Lute", "liuto": "Lute", "mando": "Mandolin", "zithr": "Dulcimer", "picco": "Piccolo",
    "flt": "Flute", "flts": "Recorder", "oboe": "Oboe", "cangl": "English horn", "clars": "Clarinet",
    "clara": "Clarinet", "clarb": "Bass clarinet", "clarp": "Clarinet", "fagot": "Bassoon", "fag_c": "Contrabassoon",
    "dulc": "Bassoon", "cor": "Horn", "corno": "Horn", "cornt": "Cornet", "clrno": "Trumpet", "tromp": "Trumpet",
    "tromb": "Trombone", "tromt": "Trombone", "troma": "Trombone", "tuba": "Tuba", "ophic": "Tuba", "serp": "Tuba",
    "timpa": "Timpani", "glock": "Glockenspiel", "piano": "Piano", "forte": "Piano", "klav": "Piano",
    "clavi": "Clavichord", "cemba": "Harpsichord", "organ": "Organ", "physh": "Harmonium",
}  # fmt: skip
_DRUMS = {
    "bdrum": 35, "drum": 38, "drumP": 38, "snare": 38, "tom": 45, "piatt": 49, "gong": 52, "tambn": 54, "castg": 75,
    "casts": 75, "trngl": 81,
}  # fmt: skip
_TIMPANI = 41  # the drum of General MIDI that is nearest, where they are written without pitch
_CLASSES = {"vox": "Voice", "klav": "Piano", "str": "Strings ensemble", "bras": "Brass section", "ww": "Flute"}
_HANDS = ("Left Hand", "Right Hand")


@dataclass(slots=True)
class Labels:
    """What the interpretations of a spine say of its instrument, its part and its staves."""

    name: str = ""
    code: str = ""
    family: str = ""
    part: str = ""
    staves: set[str] = field(default_factory=set)

    def read(self, token: str) -> None:
        r"""Take an interpretation; the first of a kind counts.

        Examples
        --------
        >>> labels = Labels()
        >>> for token in ('*I"Violino I', "*Ivioln", "*ICstr", "*staff1/2", "*clefG2"):
        ...     labels.read(token)
        >>> labels.name, labels.code, labels.family, sorted(labels.staves), labels.program
        ('Violino I', 'violn', 'str', ['1', '2'], 40)
        """
        if token.startswith('*I"'):
            self.name = self.name or re.sub(r'[\[\]"]', "", one_line(token[3:203])).strip(" .:;,")
        elif token.startswith("*IC"):
            self.family = self.family or token[3:23]
        elif token.startswith("*I") and token[2:3].islower():
            code = token[2:42].partition("&")[0].partition("|")[0]
            self.code = self.code or ("" if code == "empty" else code)
        elif token.startswith("*part"):
            self.part = self.part or token[5:25]
        elif token.startswith("*staff"):
            self.staves.update(token[6:206].split("/"))

    @property
    def program(self) -> int | None:
        """General MIDI program; None where nothing says it."""
        for words in (_CODES.get(self.code), self.name, _CLASSES.get(self.family)):
            program = program_of(words) if words else None
            if program is not None:
                return program
        return None

    @property
    def is_drums(self) -> bool:
        """Whether it is percussion without pitch."""
        return self.code in _DRUMS

    @property
    def drum_key(self) -> int:
        """General MIDI drum key of notes without pitch."""
        return _DRUMS.get(self.code, _TIMPANI)


def one_line(text: str) -> str:
    """Text in usual letters (s for ſ) and single blanks.

    Examples
    --------
    >>> one_line("Baſso  continuo")
    'Basso continuo'
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())


def written_parts(labels: Sequence[Labels]) -> list[WrittenPart]:
    """Parts of spines, from the left (the lowest staff) to the right; the staves of a keyboard are its hands."""
    parts = [WrittenPart(each.name or _CODES.get(each.code, ""), each.program or 0, each.is_drums) for each in labels]
    players = [group for group in _groups(labels) if _has_hands([parts[place] for place in group])]
    for group in players:
        name = next((parts[place].name for place in group if parts[place].name), "") if len(players) > 1 else ""
        program = next((program for place in group if (program := labels[place].program) is not None), 0)
        for place, hand in zip(group, ("Pedal", *_HANDS)[-len(group) :], strict=True):
            parts[place].name, parts[place].program = f"{name} {hand}".strip(), program
    return parts


def _groups(labels: Sequence[Labels]) -> list[list[int]]:
    """Neighbouring spines of one part, or of one instrument by name and code."""
    groups: list[list[int]] = []
    for place, each in enumerate(labels):
        first = labels[groups[-1][0]] if groups else Labels()
        is_same = each.name and each.code and (each.name, each.code) == (first.name, first.code)
        if is_same or (each.part and each.part == first.part):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _has_hands(parts: Sequence[WrittenPart]) -> bool:
    """Whether one player reads these staves: two of a keyboard or harp, three of an organ."""
    programs = [part.program for part in parts if not part.drum_channel]
    if len(parts) == 3:
        return len(programs) == 3 and any(program in ORGANS for program in programs)
    return len(programs) == len(parts) == 2 and all(program in KEYBOARDS for program in programs)


def code_of(part: Part) -> str:
    """Instrument code of a part; "" where there is none for its program.

    Examples
    --------
    >>> code_of(Part("Violine", program=40)), code_of(Part("Kit", is_drums=True)), code_of(Part("Lead", program=80))
    ('violn', 'drum', '')
    """
    if part.is_drums:
        return "drum"
    voice = next((code for code, name in _CODES.items() if name == part.name), "")
    if voice and program_of(part.name) == part.program:
        return voice
    return next((code for code, name in _CODES.items() if program_of(name) == part.program), "")
