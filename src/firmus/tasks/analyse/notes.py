"""Analysing: key, meter, chords, form and more of a piece, with evidence by bar and a confidence for each.

What cannot be determined is reported as unknown, with the reason, and never made up: three notes have no key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from firmus.analysis import (
    cadences,
    chords,
    emotion,
    features,
    form,
    grooves,
    keys,
    melody,
    meters,
    quantisation,
    texture,
    voice_leading,
)
from firmus.analysis.roman import numeral
from firmus.errors import FirmusError
from firmus.render import roll
from firmus.render.pages import analysis
from firmus.runtime.recognition import Recognition, recognise
from firmus.score import Chord, Score, Section
from firmus.timing import bar_at, bars

CONSISTENT = 0.6  # confidence in another meter above which the written one is doubted
MOST_BARS = 10_000
ALIKE = 0.5  # share of common notes from which on two bars count as alike
DEFAULT_BPM = 120.0  # of a file without a tempo


@dataclass(frozen=True, slots=True)
class Analysis:
    """The analysis of a Score.

    Parameters
    ----------
    score : Score
        Which was analysed.
    key : KeyEstimate or None
    areas : tuple of KeyRegion
    meter : MeterEstimate or None
        As estimated from the notes; the written one is in the score.
    symbols : tuple of Chord
    fit : list of float
        For each chord, the share of the sounding notes that belong to it.
    phrases, closes, sections, textures : tuple
        Phrases, cadences, sections, and the texture of each bar.
    groove, mood : Groove or None, Emotion or None
    voices : dict
        Faults of voice leading, as shares.
    recognised : Recognition
        Style, genre, and the most similar composer.
    unknown : dict
        What could not be determined, and why.
    """

    score: Score
    key: keys.KeyEstimate | None
    areas: tuple[keys.KeyRegion, ...]
    meter: meters.MeterEstimate | None
    symbols: tuple[Chord, ...]
    fit: list[float]
    phrases: tuple[melody.Phrase, ...]
    closes: tuple[cadences.Cadence, ...]
    sections: tuple[Section, ...]
    textures: tuple[texture.BarTexture, ...]
    groove: grooves.Groove | None
    mood: emotion.Emotion | None
    voices: dict[str, float]
    recognised: Recognition
    unknown: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold: a summary, then each finding; ``confidence`` of the main ones, 0 to 1."""
        score, every = self.score, bars(self.score)
        summary = features.summary(score)
        written = score.tempi[0].bpm
        labels = {"style": self.recognised.style, "genre": self.recognised.genre, "like": self.recognised.composer}

        def at(tick: int) -> int:
            return every[bar_at(every, tick)].number if every else 0

        return {
            "title": score.title,
            "composer": score.composer,
            "key": self.key.key.text if self.key else None,
            "meter": score.meters[0].text,
            "tempo": written,
            "chords": self._chords(at),
            "form": "".join(section.label for section in self.sections) or None,
            **{name: guess.as_dict() if guess else None for name, guess in labels.items()},
            "mood": self.mood.word if self.mood else None,
            "confidence": {
                "key": round(self.key.confidence, 3) if self.key else 0.0,
                "meter": self._meter_confidence(),
                "tempo": self._tempo_confidence(),
                "chords": round(float(np.mean(self.fit)), 3) if self.fit else 0.0,
                "form": self._form_confidence(),
                "style": round(labels["style"].confidence, 3) if labels["style"] else 0.0,
            },
            "unknown": self.unknown,
            "keys": [
                {"bar": at(area.start), "key": area.key.text, "confidence": round(area.confidence, 3)}
                for area in self.areas
            ],
            "meter_heard": self.meter.meter.text if self.meter else None,
            "melody": self._melody(),
            "phrases": [
                {
                    "bar": at(each.start),
                    "last_bar": at(max(each.end - 1, each.start)),
                    "confidence": round(each.confidence, 3),
                }
                for each in self.phrases
            ],
            "cadences": [
                {"bar": each.bar, "kind": each.kind, "key": each.key.text, "confidence": round(each.confidence, 3)}
                for each in self.closes
            ],
            "sections": [{"bar": at(each.start), "label": each.label} for each in self.sections],
            "textures": [
                {"bar": each.bar, "kind": each.kind, "voices": each.voices, "density": each.density}
                for each in self.textures
            ],
            "groove": {
                name: getattr(self.groove, name) for name in ("swing", "syncopation", "consistency", "pattern", "share")
            }
            if self.groove
            else None,
            "valence": self.mood.valence if self.mood else None,
            "arousal": self.mood.arousal if self.mood else None,
            "voice_leading": {name: round(share, 4) for name, share in self.voices.items()},
            **{name: summary[name] for name in ("bars", "seconds", "notes", "density", "polyphony", "parts")},
        }

    def _tempo_confidence(self) -> float:
        """How sure the written tempo is: little where notes are played across its beats, half where it is a default."""
        if quantisation.is_played(self.score) and not quantisation.follows_written_beats(self.score):
            return 0.1
        return 0.5 if len(self.score.tempi) == 1 and self.score.tempi[0].bpm == DEFAULT_BPM else 1.0

    def html(self, language: str = "en", values: dict[str, Any] | None = None) -> str:
        """The analysis as a page, with plots; of `values` instead of `as_dict` where given."""
        drawn = roll.svg(
            replace(self.score, chords=self.symbols, sections=self.sections), width=1200, language=language
        )
        alike = form.similarity(self.score) if len(self.textures) <= form.MOST_BARS else None
        return analysis.page(values or self.as_dict(), alike, drawn, language)

    def _chords(self, at: Any) -> list[dict[str, Any]]:
        rows = []
        for chord, share in zip(self.symbols, self.fit, strict=True):
            area = [each for each in self.areas if each.start <= chord.start][-1:]
            roman = numeral(chord, area[0].key) if area else ""
            rows.append({"bar": at(chord.start), "chord": chord.text, "numeral": roman, "confidence": round(share, 3)})
        return rows

    def _melody(self) -> str | None:
        part = melody.melody_part(self.score)
        return part.name or f"part {self.score.parts.index(part) + 1}" if part else None

    def _meter_confidence(self) -> float:
        """Confidence that the notes are in the written meter; 2/4 and 4/4 count as the same."""
        if self.meter is None:
            return 0.0
        written, estimated = self.score.meters[0].bar, self.meter.meter.bar
        agrees = self.meter.meter.text == self.score.meters[0].text or {written, estimated} <= {960, 1920}
        return round(self.meter.confidence if agrees else 1 - self.meter.confidence, 3)

    def _form_confidence(self) -> float:
        """Mean similarity of repeated bars to their first occurrence; where nothing repeats, the share of new bars."""
        if not self.sections:
            return 0.0
        alike, every = form.similarity(self.score), bars(self.score)
        starts = [bar_at(every, section.start) for section in self.sections]
        first: dict[str, tuple[int, int]] = {}
        similarities: list[float] = []
        for (start, end), section in zip(pairwise([*starts, len(every)]), self.sections, strict=True):
            one, other = first.setdefault(section.label, (start, end))
            size = min(end - start, other - one) if one < start else 0
            similarities += [float(alike[start + place, one + place]) for place in range(size)]
        if similarities:
            return round(float(np.mean(similarities)), 3)
        repeated = [(row[: max(bar - form.SHORTEST, 0)] >= ALIKE).any() for bar, row in enumerate(alike)]
        return round(1 - float(np.mean(repeated)), 3)


def analyse(score: Score) -> Analysis:
    """Analyse a Score.

    Raises
    ------
    FirmusError
        Where it has more than `MOST_BARS` bars.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> tune = tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate([67, 69, 71, 72, 74, 71, 66, 67] * 4))
    >>> found = analyse(Score((Part("Flute", tune),))).as_dict()
    >>> found["key"], found["meter"], found["melody"]
    ('G major', '4/4', 'Flute')
    >>> analyse(Score((Part("", tune[:1]),))).unknown["key"]
    'too short to tell a key: 1 note'
    """
    score = meters.heard(score)
    length = len(bars(score))
    if length > MOST_BARS:
        hint = "does a note stand far behind the others?"
        raise FirmusError(f"the piece has {length:,} bars, at most {MOST_BARS:,}: {hint}")
    count = sum(len(part.notes) for part in score.parts)
    pitched = sum(len(part.notes) for part in score.parts if not part.is_drums)
    unknown: dict[str, str] = {}
    notes = f"{pitched} note" + ("" if pitched == 1 else "s")
    key, areas = keys.main_and_regions(score)
    if key is None:
        unknown["key"] = f"too short to tell a key: {notes}" if pitched else "no pitched notes: there is no key"
    meter = meters.estimate(score)
    if meter is None:
        unknown["meter"] = f"too short to tell a meter from the notes: {count}; what the file says stands"
    elif meter.confidence > CONSISTENT and not _agrees(meter, score):
        unknown["meter"] = f"the file says {score.meters[0].text}, the notes rather {meter.meter.text}"
    symbols = chords.recognise(score) if pitched >= keys.FEWEST_NOTES else ()
    if not symbols:
        unknown["chords"] = f"too short to tell chords: {notes}"
    phrases = melody.phrases(score)
    sections = form.sections(score)
    if not sections:
        short = length <= form.MOST_BARS
        unknown["form"] = f"too {'short' if short else 'long'} to tell a form: {length:,} bars"
    mood = emotion.emotion(score)
    if mood is None:
        unknown["mood"] = f"too short to tell a mood: {notes}"
    recognised = recognise(score)
    if recognised.style is None:
        unknown["style"] = recognised.reason
    return Analysis(
        score,
        key,
        areas,
        meter,
        symbols,
        chords.fit(score, symbols),
        phrases,
        cadences.cadences(score, symbols, areas, phrases),
        sections,
        texture.textures(score),
        grooves.groove(score),
        mood,
        voice_leading.faults(score),
        recognised,
        unknown,
    )


def _agrees(meter: meters.MeterEstimate, score: Score) -> bool:
    return any(meter.meter.text == each.text or {meter.meter.bar, each.bar} <= {960, 1920} for each in score.meters)
