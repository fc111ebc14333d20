"""Composing from nothing: a style, and whatever else is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from firmus.analysis.features import pitch_name
from firmus.composing import controls as wishes
from firmus.composing import external as engine
from firmus.composing import form, latent, session
from firmus.composing import latent_space as windows
from firmus.composing.cadence import at_rest, with_cadence
from firmus.composing.styles import STYLES, Style, Voice, empty_parts, voices
from firmus.errors import InvalidBrief
from firmus.runtime import stepper
from firmus.runtime.constraints import PartRules
from firmus.runtime.infilling import suggest
from firmus.runtime.weights import Card
from firmus.score import Key, Meter, Score, Tempo
from firmus.tokens import events
from firmus.tokens.events import vocabulary
from firmus.work import MOST_BARS, Brief, Work

USUAL_BARS = 16
USUAL_METERS = ("4/4", "3/4", "2/4", "6/8", "2/2", "9/8", "12/8", "3/2")


def compose(brief: Brief | None = None, progress: session.Progress | None = None, **options: Any) -> list[Work]:
    """Compose pieces from nothing.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords: `style`, `bars` or `seconds`, `key`, `meter`, `tempo`, `chords`, `mood`,
        `density`, `register`, `polyphony`, `parts`, `ranges`, `form`, `count`, `seed`, `loose`, `temperature`,
        `top_p`, `model`.
    progress : callable, optional
        Takes what is being done, the bars done and the bars to do.

    Returns
    -------
    list of Work
        `count` of them, best first.
    """
    brief = brief or Brief.of(**options)
    chosen = session.choose_model(brief, "compose")
    if brief.source is not None:
        raise InvalidBrief(
            "compose starts from nothing: use continue, infill, harmonise, accompany or vary with a source"
        )
    if isinstance(brief.bars, str):
        raise InvalidBrief(f"bars {brief.bars!r}: compose takes how many, such as 16")
    if brief.amount is not None:
        raise InvalidBrief(f"amount {brief.amount}: only vary takes an amount")
    if chosen.kind == "engine":
        return engine.compose(brief, chosen, progress)
    if chosen.kind == "latent":
        return latent.compose(brief, windows.choose(brief, "compose", chosen.name), progress)
    known = [name for name in chosen.styles if name in STYLES and brief.style in (None, name)]
    if not known:
        raise InvalidBrief(
            f"model {chosen.name!r} has none of the styles {', '.join(STYLES)}: say styles in its recipe"
        )
    style = STYLES[known[0]]
    chosen_voices = voices(style, brief.parts)
    wishes.refuse_unknown(
        brief, chosen, style.name, all(voice.monophonic and not voice.is_drums for voice in chosen_voices)
    )
    _refuse_out_of_range(brief, chosen_voices)
    if brief.form:
        form.lay_out(brief.form, brief.bars)  # refused before anything is loaded, if need be

    def plan(generator: np.random.Generator) -> session.Plan:
        score = _frame(brief, chosen, style, chosen_voices, generator)
        wanted = session.ranges(brief, score)
        part_rules = tuple(
            PartRules(*wanted.get(place, (voice.low, voice.high)), voice.monophonic and not voice.is_drums, style.rests)
            for place, voice in enumerate(chosen_voices)
        )
        rules = session.rules(brief, score, part_rules, score.chords)
        if brief.is_strict("key") and not brief.chords:
            rules = with_cadence(at_rest(rules, score.keys[0], score), score.keys[0], score)
        is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
        is_open[:, 0] = style.has_chords and not brief.chords
        return session.Plan(score, is_open, style.name, rules, form=stretches(score))

    def stretches(score: Score) -> tuple[form.Stretch, ...]:
        return form.lay_out(brief.form, score.end // score.meters[0].bar) if brief.form else ()

    return session.perform(brief, "compose", chosen, plan, progress)


def _refuse_out_of_range(brief: Brief, chosen_voices: tuple[Voice, ...]) -> None:
    """Refuse a range in which a voice or an instrument has no note."""
    for place, (low, high) in session.ranges(brief, Score(empty_parts(chosen_voices))).items():
        voice = chosen_voices[place]
        lowest, highest = (pitch_name(pitch) for pitch in (voice.low, voice.high))
        if not voice.is_drums and (high < voice.low or low > voice.high):
            raise InvalidBrief(
                f"range {pitch_name(low)}-{pitch_name(high)} of part {voice.name!r}: it goes from {lowest} to {highest}"
            )


def _frame(brief: Brief, chosen: Card, style: Style, parts: tuple[Voice, ...], generator: np.random.Generator) -> Score:
    """The empty score: what was asked for, and for the rest what the model suggests."""
    known = events.prepare(session.as_the_model_knows(Score(empty_parts(parts)), chosen, style.name), style.name)
    prompt = [*known["head"].tolist(), *known["programs"].tolist(), vocabulary.BAR]
    key = _key(brief, chosen, prompt, generator)
    meter = _meter(brief, chosen, [*prompt, vocabulary.KEY + vocabulary.KEYS.index(key)], generator)
    tempo = brief.tempo or wishes.tempo(brief, chosen, style.name, style.tempo_in(meter.text))
    bars = _bars(brief, meter, tempo)
    if brief.seconds and not brief.tempo:
        tempo = bars * meter.bar / 480 * 60 / brief.seconds  # so that the last bar ends when it should
    score = Score(
        empty_parts(parts),
        meters=(meter,),
        tempi=(Tempo(0, tempo),),
        keys=(key,),
        end=bars * meter.bar,
        title=f"{style.title} in {key.text}",
    )
    if brief.form:
        score = replace(score, sections=form.marks(form.lay_out(brief.form, bars), meter.bar))
    return replace(score, chords=session.chords_over(brief.chords, score)) if brief.chords else score


def _key(brief: Brief, chosen: Card, prompt: list[int], generator: np.random.Generator) -> Key:
    asked = session.key_asked(brief)
    if asked:
        return asked
    mode = wishes.mode(brief)
    friendly = np.array([abs(key.signature) <= 4 and mode in ("", key.mode) for key in vocabulary.KEYS])
    return vocabulary.KEYS[suggest(stepper.load(chosen.name), prompt, "KEY", friendly, generator)]


def _meter(brief: Brief, chosen: Card, prompt: list[int], generator: np.random.Generator) -> Meter:
    if brief.meter:
        meter = Meter.parse(brief.meter)
        if (
            meter.numerator,
            meter.denominator,
        ) not in vocabulary.METERS or meter.bar > vocabulary.LONGEST_BAR * vocabulary.UNIT:
            raise InvalidBrief(f"meter {brief.meter}: a bar may last eight quarters at most, such as 4/2")
        return meter
    usual = np.array([f"{numerator}/{denominator}" in USUAL_METERS for numerator, denominator in vocabulary.METERS])
    return Meter(0, *vocabulary.METERS[suggest(stepper.load(chosen.name), prompt, "METER", usual, generator)])


def _bars(brief: Brief, meter: Meter, tempo: float) -> int:
    """How many bars: what is asked, or what comes nearest to the seconds at the tempo."""
    if brief.seconds is None and brief.bars is None and brief.form:
        return form.lay_out(brief.form, None)[-1].last
    if brief.seconds is None:
        return int(brief.bars or USUAL_BARS)
    bars = max(1, round(brief.seconds * tempo * 480 / 60 / meter.bar))
    if bars > MOST_BARS:
        raise InvalidBrief(
            f"{brief.seconds:g} seconds are {bars} bars of {meter.text} at {tempo:g}: {MOST_BARS} is the most"
        )
    return bars
