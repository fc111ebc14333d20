"""The assessment of a pupil's exercise: what breaks a rule, where and why, and a corrected version beside it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from firmus.analysis.part_writing import assess
from firmus.analysis.part_writing.rules import RULES, SEVERITIES, Finding
from firmus.analysis.part_writing.voices import Texture, read_voices
from firmus.notation.spelling import name
from firmus.progress import Progress
from firmus.render import heat
from firmus.render.pages import assessment as page
from firmus.score import Score
from firmus.tasks.teach.correction import correct, correct_species, in_voices
from firmus.tasks.teach.musicality import musicality
from firmus.timing import bar_at, bars, beat
from firmus.work import Work

COLOURS = {"fault": "#c8102e", "weakness": "#d97700", "remark": "#2563b0"}
CHANGED = "#0b7a3b"
LIMITS = (
    "The rules are those of four-part writing and of counterpoint by species; other music follows others. "
    "Notes are spelled by rule, not as they were written."
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found in an exercise.

    Parameters
    ----------
    score : Score
        The exercise.
    texture : Texture
        Its voices.
    findings : tuple of Finding
        In order of time.
    corrected : Work or None
        With what is right as it was; None where nothing was to correct, or nothing better was found.
    left : tuple of Finding
        What is still broken in it.
    musicality : dict or None
        How it compares with real chorales (`firmus.tasks.teach.musicality`); None of counterpoint, and below 4 bars.
    """

    score: Score
    texture: Texture
    findings: tuple[Finding, ...]
    corrected: Work | None = None
    left: tuple[Finding, ...] = ()
    musicality: dict[str, Any] | None = None

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Plain values that JSON can hold, names and reasons in a language; ``docs/teaching.md`` describes them."""
        counted = Counter(finding.severity for finding in self.findings)
        key = self.texture.main_key
        return {
            "title": self.score.title,
            "key": key.text if key else None,
            "bars": len(bars(self.score)),
            "voices": list(self.texture.names),
            "counts": {severity: counted[severity] for severity in SEVERITIES},
            "findings": [self._finding(each, language) for each in self.findings],
            "musicality": self.musicality,
            "corrected": self._corrected(language),
            "limits": LIMITS,
        }

    def html(self, language: str = "en") -> str:
        """A page: the exercise with the notes marked, what is wrong with them, and the corrected version."""
        return page.page(self.as_dict(language), self.marked(), self.corrected_score(), language)

    def marked(self) -> str:
        """The exercise, engraved, each note in the colour of the gravest rule that it breaks; SVG."""
        shades: dict[tuple[int, int], str] = {}
        for severity in reversed(SEVERITIES):
            grave = [each for each in self.findings if each.severity == severity]
            shades |= {note: COLOURS[severity] for each in grave for note in each.notes}
        return heat.on_score(self.score, shades)

    def corrected_score(self) -> str:
        """The corrected version, engraved, with the notes that are new in green; SVG, empty where there is none."""
        if self.corrected is None:
            return ""
        shades = {}
        for place, (part, given) in enumerate(zip(self.corrected.score.parts, self._given().parts, strict=True)):
            kept = {(note.start, note.duration, note.pitch) for note in given.notes}
            for index, note in enumerate(part.notes):
                if (note.start, note.duration, note.pitch) not in kept:
                    shades[place, index] = CHANGED
        return heat.on_score(self.corrected.score, shades)

    def _given(self) -> Score:
        return in_voices(self.texture)

    def _corrected(self, language: str) -> dict[str, Any] | None:
        if self.corrected is None:
            return None
        every, changed = bars(self.score), set[int]()
        for part, given in zip(self.corrected.score.parts, self._given().parts, strict=True):
            new = {(note.start, note.duration, note.pitch) for note in part.notes}
            old = {(note.start, note.duration, note.pitch) for note in given.notes}
            changed |= {every[bar_at(every, start)].number for start, *_ in new ^ old}
        texture = read_voices(self.corrected.score)
        version = replace(self, score=self.corrected.score, texture=texture)
        findings = [version._finding(each, language) for each in self.left]
        return {"bars": sorted(changed), "findings": findings}

    def _finding(self, found: Finding, language: str) -> dict[str, Any]:
        every, rule = bars(self.score), RULES[found.rule]
        bar = every[bar_at(every, found.tick)]
        spelled = self.texture.spelled
        return {
            "rule": found.rule,
            "name": rule.chinese if language == "zh" else found.rule,
            "severity": found.severity,
            "bar": bar.number,
            "beat": round((found.tick - bar.start + bar.place) / beat(bar.meter) + 1, 3),
            "voices": [self.texture.names[voice] for voice in found.voices],
            "notes": [name(spelled[part][index]) for part, index in found.notes],
            "ids": [f"{part}-{index}" for part, index in found.notes],
            "why": rule.why_chinese if language == "zh" else rule.why,
        }


def assess_exercise(
    score: Score, species: int | None = None, corrected: bool = True, seed: int = 1, progress: Progress | None = None
) -> Assessment:
    """Assess an exercise in part writing.

    Parameters
    ----------
    score : Score
        Four voices, on four staves or on two; two for a species.
    species : int, optional
        1 to 5, where it is counterpoint of that species.
    corrected : bool
        Whether a corrected version is composed.
    seed : int
        Of the corrected version.
    progress : callable, optional

    Raises
    ------
    InvalidBrief
        Where there are other voices than that.
    """
    findings = assess(score, species)
    texture = read_voices(score)
    if species is not None:
        line = correct_species(texture, species) if corrected and findings else None
        return Assessment(score, texture, findings, line, assess(line.score, species) if line else ())
    voices = in_voices(texture)
    natural = musicality(voices)
    better = correct(voices, seed, progress) if corrected and findings else None
    return Assessment(score, texture, findings, better, assess(better.score) if better else (), natural)
