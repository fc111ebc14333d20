"""Composing from nothing: the empty score, of what is asked for and, for the rest, of what the model suggests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from firmus.analysis.features import pitch_name
from firmus.brief_fields import MOST_BARS
from firmus.composing import controls, form, levels
from firmus.composing.autoregressive.plan import Plan, model_view
from firmus.composing.cadence import at_rest, on_last_chord, with_cadence
from firmus.composing.commission import Commission
from firmus.composing.pickup import pickup
from firmus.composing.planning import planned, style_of
from firmus.composing.rules import check, chords_over, rules
from firmus.composing.selection import find_part
from firmus.composing.styles import empty_parts, model_style, styles, styles_of, voices
from firmus.errors import InvalidBrief
from firmus.runtime import stepper
from firmus.runtime.constraints import PartRules
from firmus.runtime.infilling import suggest
from firmus.runtime.part_order import PartOrder
from firmus.score import Key, Meter, Score, Tempo
from firmus.timing import bars
from firmus.tokens import events
from firmus.tokens.events import vocabulary

BARS = 16  # where no length is asked for
METERS = ("4/4", "3/4", "2/4", "6/8", "2/2", "9/8", "12/8", "3/2")  # that may be suggested


def prepare(commission: Commission) -> Commission:
    """Find the style and its parts.

    Raises
    ------
    InvalidBrief
    """
    card = commission.card
    known = [name for name in styles_of(card) if name in styles() and commission.style in ("", name)]
    if not known:
        raise InvalidBrief(
            f"model {card.name!r} has none of the styles {', '.join(styles())}: say styles in its recipe"
        )
    source = commission.source
    style = styles()[style_of(source, known) if source else known[0]]
    parts = voices(style, tuple(part.name for part in source.parts) if source else commission.named_parts)
    commission.check_controls(style.name, all(voice.monophonic and not voice.is_drums for voice in parts))
    empty = Score(empty_parts(parts))
    ranges = {find_part(empty, name): limits for name, limits in commission.named_ranges.items()}
    for place, (low, high) in ranges.items():
        voice = parts[place]
        lowest, highest = (pitch_name(pitch) for pitch in (voice.low, voice.high))
        if not voice.is_drums and (high < voice.low or low > voice.high):
            raise InvalidBrief(
                f"range {pitch_name(low)}-{pitch_name(high)} of part {voice.name!r}: it goes from {lowest} to {highest}"
            )
    if (meter := commission.meter) and (
        (meter.numerator, meter.denominator) not in vocabulary.METERS
        or meter.bar > vocabulary.LONGEST_BAR * vocabulary.UNIT
    ):
        raise InvalidBrief(f"meter {commission.request['meter']}: a bar may last eight quarters at most, such as 4/2")
    if commission.form and source is None:
        commission.form.lay_out(commission.bars)
    prepared = replace(commission, style=style.name, voices=parts, ranges=ranges)
    levels.check(prepared)
    check(prepared, empty.parts, _part_rules(prepared), [chord for bar in commission.progression for chord in bar])
    return prepared


def _part_rules(commission: Commission) -> tuple[PartRules, ...]:
    """Range and texture of each part; drums do not stop."""
    rests = styles()[commission.style].rests
    return tuple(
        PartRules(
            *commission.ranges.get(place, (voice.low, voice.high)),
            voice.monophonic and not voice.is_drums,
            0 if voice.is_drums else rests,
        )
        for place, voice in enumerate(commission.voices)
    )


def plan(commission: Commission, generator: np.random.Generator) -> Plan:
    """A score without notes whose lanes are planned, all of it open."""
    style, progression = styles()[commission.style], commission.progression
    empty = _given(commission) or _frame(commission, generator)
    if commission.level:
        commission = replace(commission, key=empty.keys[0])
    score = planned(commission, empty, generator)
    part_rules = _part_rules(commission)
    if commission.level:
        part_rules = levels.with_limits(part_rules, levels.level(commission.level), score, style.is_part_writing)
    held = rules(commission, score, part_rules, score.chords if progression else ())
    if commission.is_strict("key") and not progression:
        held = at_rest(held, score.keys[0], score, top=style.is_choral)
        held = with_cadence(held, score.keys[0], score, (1, len(held.parts)) if style.is_choral else ())
    elif commission.is_strict("chords") and progression:
        held = on_last_chord(held, score)
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0] = (style.has_chords or style.is_part_writing) and not score.chords
    return Plan(score, is_open, style.name, held, form.of_marks(score))


def _given(commission: Commission) -> Score | None:
    """The plan that is given, with the chords and the form that are asked for beside it; None where there is none."""
    if (score := commission.source) is None:
        return None
    if commission.form:
        count = sum(bar.number > 0 for bar in bars(score))
        score = replace(score, sections=form.marks(commission.form.lay_out(count), score))
    return replace(score, chords=chords_over(commission.progression, score)) if commission.progression else score


def _frame(commission: Commission, generator: np.random.Generator) -> Score:
    """Key, meter, tempo and length."""
    card, style, parts = commission.card, styles()[commission.style], empty_parts(commission.voices)
    view = model_view(Score(parts), card, style.name)
    ordered, is_compact = PartOrder.of(card, view).score(view), events.is_compact(card.facts)
    known = events.prepare(ordered, model_style(style.name), is_compact=is_compact)
    prompt = [*known["head"].tolist(), *known["programs"].tolist(), vocabulary.BAR]
    key = _key(commission, prompt, generator)
    prompt.append(vocabulary.KEY + vocabulary.key_index(key))
    meter = _meter(commission, prompt, generator)
    usual = levels.level(commission.level).tempo if commission.level else style.tempo_in(meter.text)
    tempo = commission.tempo or controls.tempo(commission.controls, card, model_style(style.name), usual)
    count = _bars(commission, meter, tempo)
    if commission.seconds and not commission.tempo:
        tempo = count * meter.bar / 480 * 60 / commission.seconds  # so that the last bar ends when it should
    tokens = (
        vocabulary.METER + vocabulary.METERS.index((meter.numerator, meter.denominator)),
        vocabulary.TEMPO + vocabulary.nearest(vocabulary.TEMPI, tempo),
    )
    lead = 0 if commission.level else pickup(commission, count, meter, [*prompt, *tokens], generator)
    score = Score(
        parts,
        meters=(meter,),
        tempi=(Tempo(0, tempo),),
        keys=(key,),
        pickup=lead,
        end=lead + count * meter.bar,
        title=style.title if all(part.is_drums for part in parts) else f"{style.title} in {key.text}",
    )
    return replace(score, chords=chords_over(commission.progression, score)) if commission.progression else score


def _key(commission: Commission, prompt: list[int], generator: np.random.Generator) -> Key:
    if key := commission.tonality:
        return key
    mode, share = controls.mode(commission.controls), styles()[commission.style].minor_share
    if not mode and share is not None:
        mode = "minor" if generator.random() < share else "major"
    friendly = np.array([abs(key.signature) <= 4 and mode in ("", key.mode) for key in vocabulary.KEYS])
    if commission.level:
        own = levels.level(commission.level).keys
        friendly = np.array([key.text in own and mode in ("", key.mode) for key in vocabulary.KEYS])
    return vocabulary.KEYS[suggest(stepper.load(commission.card.name), prompt, "KEY", friendly, generator)]


def _meter(commission: Commission, prompt: list[int], generator: np.random.Generator) -> Meter:
    if commission.meter:
        return commission.meter
    known = levels.level(commission.level).meters if commission.level else METERS
    usual = np.array([f"{numerator}/{denominator}" in known for numerator, denominator in vocabulary.METERS])
    place = suggest(stepper.load(commission.card.name), prompt, "METER", usual, generator)
    return Meter(0, *vocabulary.METERS[place])


def _bars(commission: Commission, meter: Meter, tempo: float) -> int:
    """How many bars: what is asked for, or what comes nearest to the seconds at the tempo."""
    if commission.seconds is None and commission.bars is None and commission.form and commission.form.sections:
        return commission.form.lay_out(None)[-1].last
    if commission.seconds is None:
        return commission.bars or (levels.level(commission.level).bars_in(meter) if commission.level else BARS)
    count = max(1, round(commission.seconds * tempo * 480 / 60 / meter.bar))
    if count > MOST_BARS:
        raise InvalidBrief(
            f"{commission.seconds:g} seconds are {count} bars of {meter.text} at {tempo:g}: {MOST_BARS} is the most"
        )
    return count
