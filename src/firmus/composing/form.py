"""Form: sections by their letters, laid out over the bars of a piece, and the phrases that they are made of.

A form stands in a Score as its section marks: a letter, with ``'`` after it where a return is varied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from string import ascii_uppercase

import numpy as np

from firmus.analysis.form import likeness, notes_of_bars
from firmus.errors import InvalidBrief
from firmus.score import Score
from firmus.score import Section as SectionMark
from firmus.timing import bars

USUAL_BARS = 8
FEWEST_BARS = 2
PHRASE = 4  # bars
FROM_BARS = 16  # a piece of so many bars has a form, where none is asked for
LONG = 32  # bars of a piece beyond which keys leave and come back
THROUGH_COMPOSED = "none"  # what is asked for where nothing is to return


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a form, or a phrase of it.

    Parameters
    ----------
    label : str
        As the mark over it has it: a letter or a word, and ``'`` where it is a varied return.
    first, last : int
        Its first bar and the bar after its last, full bars from 0.
    repeats : int, optional
        Place of the section, or phrase, whose music comes back in it.
    is_varied : bool
        Whether it comes back varied.
    cadence : str
        How it ends: ``"half"``, ``"authentic"``, or ``""`` where that is left open.
    """

    label: str
    first: int
    last: int
    repeats: int | None = None
    is_varied: bool = False
    cadence: str = ""

    @property
    def letter(self) -> str:
        """What all its returns have in common."""
        return self.label.rstrip("'") or self.label


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is written: of each section its label, and its bars, if given.

    ``"none"`` is a piece that is composed through: it has no sections.
    """

    text: str
    sections: tuple[tuple[str, int | None], ...]

    @classmethod
    def parse(cls, text: str) -> Form:
        """Read letters, ``'`` after one whose return is varied, and, if need be, bars.

        Raises
        ------
        InvalidBrief
            Where it is no form.

        Examples
        --------
        >>> Form.parse("AB8A'").sections
        (('A', None), ('B', 8), ("A'", None))
        """
        plain = text.replace(" ", "").replace("’", "'")
        if plain == THROUGH_COMPOSED:
            return cls(text, ())
        marks = re.findall(r"([A-Z]'*)(\d*)", plain)
        if not marks or "".join("".join(mark) for mark in marks) != plain:
            raise InvalidBrief(f"form {text!r} must be capital letters such as AABA, ABA' or A8B4A8, or none")
        return cls(text, tuple((label, int(bars) if bars else None) for label, bars in marks))

    def lay_out(self, bars: int | None) -> tuple[Section, ...]:
        """Sections over so many bars (eight a section where None).

        Raises
        ------
        InvalidBrief
            Where it does not fit the bars.

        Examples
        --------
        >>> [(each.label, each.first, each.last, each.repeats) for each in Form.parse("ABA'").lay_out(24)]
        [('A', 0, 8, None), ('B', 8, 16, None), ("A'", 16, 24, 0)]
        """
        count = len(self.sections)
        if not count:
            return ()
        if any(length is not None for _, length in self.sections):
            lengths = [USUAL_BARS if length is None else length for _, length in self.sections]
            if bars is not None and sum(lengths) != bars:
                raise InvalidBrief(f"form {self.text!r} has {sum(lengths)} bars, not {bars}: give the length once")
        else:
            total = bars if bars is not None else USUAL_BARS * count
            edges = [round(total * place / count) for place in range(count + 1)]
            lengths = [stop - start for start, stop in pairwise(edges)]
        if min(lengths) < FEWEST_BARS:
            raise InvalidBrief(
                f"form {self.text!r} over {sum(lengths)} bars: a section needs {FEWEST_BARS} bars at least"
            )
        firsts = [sum(lengths[:place]) for place in range(count)]
        labels = [label for label, _ in self.sections]
        return placed(labels, firsts, sum(lengths))


def placed(labels: Sequence[str], firsts: Sequence[int], end: int) -> tuple[Section, ...]:
    """Sections that begin at some bars; a label that comes again repeats its music, one with ``'`` its letter's."""
    sections: list[Section] = []
    for label, (first, last) in zip(labels, pairwise([*firsts, end]), strict=True):
        new = Section(label, first, last)
        again = next((place for place, each in enumerate(sections) if each.label == label), None)
        kin = next((place for place, each in enumerate(sections) if each.letter == new.letter), None)
        sections.append(
            replace(new, repeats=kin if again is None else again, is_varied=again is None and kin is not None)
        )
    return tuple(sections)


def usual(forms: Sequence[str], through_composed: float, count: int, generator: np.random.Generator) -> Form | None:
    """A form for a piece of so many bars for which none is asked; None for a short one, or where there are no forms.

    In these forms the numbers are of phrases; what is left over goes to the last section. Drawn is one of the longest
    that the piece holds. A piece longer than any form repeats it.

    Parameters
    ----------
    forms : sequence of str
        Of a style, each as frequent as the others of its length.
    through_composed : float
        Share of pieces of up to `LONG` bars in which nothing comes back: each section of two phrases is new.
    count : int
        Bars.
    generator : numpy.random.Generator

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> [usual(("AA'", "AAB2"), 0.0, bars, generator).text for bars in (18, 32)]
    ['A4A4B10', 'A8A8B16']
    >>> usual(("AA'",), 1.0, 24, generator).text, usual(("AA'",), 1.0, 15, generator)
    ('A8B8C8', None)
    """
    if count < FROM_BARS or not forms:
        return None
    units = count // PHRASE
    if count <= LONG and generator.random() < through_composed:
        sections = [(letter, 2) for letter in ascii_uppercase[: units // 2]]
    else:
        sections = _longest(forms, units, generator)
    total = sum(size for _, size in sections)
    edges = [
        round(units * sum(size for _, size in sections[:place]) / total) * PHRASE for place in range(len(sections))
    ]
    lengths = [stop - start for start, stop in pairwise([*edges, count])]
    return Form.parse("".join(f"{label}{bars}" for (label, _), bars in zip(sections, lengths, strict=True)))


def _longest(forms: Sequence[str], units: int, generator: np.random.Generator) -> list[tuple[str, int]]:
    """Of the longest forms that so many phrases hold one: labels and phrases, repeated where they are far shorter."""
    parsed = [[(label, size or 1) for label, size in Form.parse(text).sections] for text in forms]
    totals = [sum(size for _, size in sections) for sections in parsed]
    longest = max((total for total in totals if total <= units), default=min(totals))
    fitting = [sections for sections, total in zip(parsed, totals, strict=True) if total == longest]
    chosen = fitting[int(generator.integers(len(fitting)))]
    return chosen * max(1, units // (2 * longest))


def marks(sections: Sequence[Section], score: Score) -> tuple[SectionMark, ...]:
    """Section marks of a form over the bars of a score."""
    return tuple(SectionMark(score.pickup + each.first * score.meters[0].bar, each.label) for each in sections)


def of_marks(score: Score) -> tuple[Section, ...]:
    """The form that a score's section marks write; the inverse of `marks`. Empty where it has none.

    A mark that comes again brings its music back, with ``'`` after it varied; marks may be words, such as *Verse*.
    """
    starts = [bar.start for bar in bars(score) if bar.number > 0]
    nearest = [min(range(len(starts)), key=lambda bar: abs(starts[bar] - mark.start)) for mark in score.sections]
    labels = {bar: mark.label.replace("’", "'") for bar, mark in zip(nearest, score.sections, strict=True)}
    firsts = sorted(labels)
    return placed([labels[bar] for bar in firsts], [0, *firsts[1:]], len(starts)) if firsts else ()


def phrases(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The phrases of four bars of which sections are made, each with how it ends; what is left over goes to the last.

    A section ends with a half cadence where it comes back varied at once, before the return of an earlier one, and
    where it is the first phrase of two; else with an authentic one, and so does what ends the piece each time that it
    comes.

    Examples
    --------
    >>> [(each.first, each.repeats, each.cadence) for each in phrases(Form.parse("A8A'4B6").lay_out(None))]
    [(0, None, ''), (4, None, 'half'), (8, 0, 'half'), (12, None, 'authentic')]
    """
    made: list[Section] = []
    begins: list[int] = []  # place of the first phrase of each section
    cadences: list[str] = []  # of the sections
    for place, section in enumerate(sections):
        is_same = section.repeats is not None and not section.is_varied
        cadences.append(cadences[section.repeats or 0] if is_same else _cadence(sections, place))
        begins.append(len(made))
        count = max(1, (section.last - section.first) // PHRASE)
        for number in range(count):
            earlier = None
            if section.repeats is not None:
                source = sections[section.repeats]
                earlier = begins[section.repeats] + number % max(1, (source.last - source.first) // PHRASE)
            first, is_end = section.first + number * PHRASE, number + 1 == count
            last, cadence = (section.last, cadences[-1]) if is_end else (first + PHRASE, "")
            made.append(replace(section, first=first, last=last, repeats=earlier, cadence=cadence))
    return tuple(made)


def _cadence(sections: Sequence[Section], place: int) -> str:
    """How a section ends the first time."""
    section, following = sections[place], sections[place + 1] if place + 1 < len(sections) else None
    if following is None or section.label == sections[-1].label:
        return "authentic"
    if following.repeats is None:
        is_antecedent = section.first % (2 * PHRASE) == 0 and section.last - section.first < 2 * PHRASE
        return "half" if is_antecedent else "authentic"
    leads_back = following.is_varied if following.repeats == place else section.repeats is None
    return "half" if leads_back else "authentic"


def returns(score: Score, sections: tuple[Section, ...]) -> dict[str, float]:
    """How alike (0 to 1, `firmus.analysis.form.likeness`) same and different sections are, on the mean."""
    content = notes_of_bars(score)[1 if score.pickup else 0 :]
    same: list[float] = []
    other: list[float] = []
    for place, one in enumerate(sections):
        for two in sections[place + 1 :]:
            alike = likeness(content[one.first : one.last], content[two.first : two.last])
            (same if one.letter == two.letter else other).append(alike)
    marks = {"same": same, "different": other}
    return {name: round(float(np.mean(each)), 3) for name, each in marks.items() if each}
