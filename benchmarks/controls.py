"""Control accuracy: what is asked for, and what comes out.

Protocol: random briefs over the model's styles, each with a seed of its own; every piece is written as MIDI and read
again, and what is read is what counts. Four sets of briefs:

rules   bars (4 to 12), meter, tempo (50 to 180), key (any of 30, strict), parts (instruments, where the style's can be
        chosen) and a range for one part, all at once; a brief that is refused is drawn again, and counted
chords  four random triads and sevenths over and over: the share of notes sounding on a strong beat (the beat of the
        meter) that belong to the chord
shape   density, register, polyphony, each drawn evenly from 0 to 1 and asked for together where the style's music
        varies in it: Spearman's correlation of wish and result (the share of the style's music that has less) over all
        briefs, and cross-talk: the partial rank correlation of one's wish with another's result, whose own wish is held
mood    valence and arousal, drawn evenly from -1 to 1: Spearman's correlation with the estimates by rule
        (`firmus.tokens.events.controls`), and cross-talk

Floor: the wishes of other briefs, so what an indifferent model reaches. Published anchor, of text-to-music models and
quoted from the literature: Text2midi (2025) key 33.6 %, tempo bin 39.7 %.

    python benchmarks/controls.py [--model composer] [--briefs 200] [--sets rules chords shape mood] [--styles folk]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
from scipy import stats

import firmus
from firmus.composing import controls as wishes
from firmus.composing.styles import styles as all_styles
from firmus.errors import InvalidBrief
from firmus.evaluation import intervals
from firmus.formats import midi
from firmus.pitch import QUALITIES
from firmus.runtime.weights import card
from firmus.timing import bars, beat
from firmus.tokens.events import vocabulary

METERS = ("2/4", "3/4", "4/4", "6/8", "2/2", "3/2", "9/8", "5/4")
INSTRUMENTS = ("flute", "oboe", "clarinet", "violin", "viola", "cello", "bassoon", "french horn")
FREE = ("chorale", "hymn", "quartet", "folk", "choir")  # styles whose instruments can be chosen
TRIADS = ("", "m", "7", "m7", "maj7", "dim", "sus4")
SHAPE, MOOD = ("density", "register", "polyphony"), ("valence", "arousal")
TRIES = 50


def _briefs(kind: str, seed: int, styles: list[str], chosen: Any) -> dict[str, Any]:
    """A random brief of a set."""
    rng = np.random.default_rng([seed, len(kind)])

    def one(values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    if kind in ("rules", "chords"):
        styles = [name for name in styles if any(not voice.is_drums for voice in all_styles()[name].voices)]
    style = all_styles()[one(styles)]
    asked: dict[str, Any] = {"style": style.name, "bars": int(rng.integers(4, 13)), "seed": seed, "model": chosen.name}
    pitched = [voice for voice in style.voices if not voice.is_drums]
    if kind == "rules":
        asked |= {"meter": one(METERS), "tempo": int(rng.integers(50, 181)), "key": one(vocabulary.KEYS).text}
        if style.name in FREE:
            asked["parts"] = tuple(one(INSTRUMENTS) for _ in range(int(rng.integers(1, len(pitched) + 1))))
        else:
            voice = one(pitched)
            low = int(rng.integers(voice.low, max(voice.low + 1, voice.high - 19)))
            asked["ranges"] = {voice.name: f"{low}-{low + int(rng.integers(12, 20))}"}
    elif kind == "chords":
        asked["chords"] = " ".join(
            one(("C", "D", "Eb", "E", "F", "G", "Ab", "A", "Bb", "B")) + one(TRIADS) for _ in "1234"
        )
    elif kind == "shape":
        known = wishes.scales(chosen).get(style.name, {})
        several = any(voice.is_drums or not voice.monophonic for voice in style.voices)
        able = [name for name in SHAPE if known.get(name) and (several or name != "polyphony")]
        asked |= {name: round(float(rng.random()), 3) for name in able}
    else:
        asked["mood"] = "{:.3f},{:.3f}".format(*rng.uniform(-1, 1, 2))
    return asked


def compose(kind: str, styles: list[str], model: str, number: int) -> dict[str, Any]:
    """Compose one brief of a set; what was asked, what was found, and how many briefs were refused."""
    chosen = card(model)
    for attempt in range(TRIES):
        asked = _briefs(kind, number + 1000 * attempt, styles, chosen)
        if kind == "shape" and not any(name in asked for name in SHAPE):
            continue
        try:
            work = firmus.compose(**asked)
        except InvalidBrief:
            continue
        score = midi.read(midi.write(work.score))[0]
        return {"asked": asked, "found": FOUND[kind](asked, score, work), "refused": attempt, "style": asked["style"]}
    raise SystemExit(f"{kind}: {TRIES} briefs in a row were refused")


def _rules(asked: dict[str, Any], score: firmus.Score, work: firmus.Work) -> dict[str, float]:
    key = firmus.Key.parse(asked["key"])
    notes = [note for part in score.parts if not part.is_drums for note in part.notes]
    ranges = [
        pitch_in(text, note.pitch)
        for name, text in asked.get("ranges", {}).items()
        for part in score.parts
        if part.name == name
        for note in part.notes
    ]
    return {
        "bars": float(len(bars(score)) == asked["bars"]),
        "meter": float(score.meters[0].text == asked["meter"] and len(score.meters) == 1),
        "tempo": float(abs(score.tempi[0].bpm - asked["tempo"]) < 0.1),
        "parts": float(len(score.parts) == len(asked.get("parts", all_styles()[asked["style"]].voices))),
        "range": float(all(ranges)) if "ranges" in asked else np.nan,
        "key, written": float(score.keys[0].text == asked["key"]),
        "key, every note in it": float(all(note.pitch % 12 in key.scale for note in notes)),
        "key, as heard": float(work.origin.measured["heard_key"] in _same(key)),
    }


def _same(key: firmus.Key) -> set[str]:
    """Names of the keys that sound like a key."""
    return {each.text for each in vocabulary.KEYS if (each.pitch_class, each.mode) == (key.pitch_class, key.mode)}


def pitch_in(text: str, pitch: int) -> bool:
    low, high = (int(each) for each in text.split("-"))
    return low <= pitch <= high


def _chords(asked: dict[str, Any], score: firmus.Score, work: firmus.Work) -> dict[str, float]:
    """Share of the notes that sound on a strong beat, of parts with pitches, that belong to the chord."""
    inside = total = 0
    symbols = work.score.chords
    for bar in bars(score):
        for tick in range(bar.start, bar.end, beat(score.meters[0])):
            holding = [chord for chord in symbols if chord.start <= tick][-1]
            for part in score.parts:
                for note in () if part.is_drums else part.notes:
                    if note.start <= tick < note.end:
                        total += 1
                        inside += note.pitch % 12 in holding.pitch_classes
    return {"inside": float(inside), "total": float(total)}


def _shares(asked: dict[str, Any], score: firmus.Score, work: firmus.Work) -> dict[str, float]:
    return {name: each["share"] for name, each in work.origin.measured["controls"].items()}


FOUND: dict[str, Callable[..., dict[str, float]]] = {
    "rules": _rules, "chords": _chords, "shape": _shares, "mood": _shares,
}  # fmt: skip


def exact(rows: list[dict[str, Any]]) -> None:
    """Print the shares of briefs that were obeyed."""
    print("\n| control | obeyed | 95 % interval | briefs |\n|---|---|---|---|")
    for name in rows[0]["found"]:
        shares = np.array([row["found"][name] for row in rows])
        shares = shares[~np.isnan(shares)]
        mean, low, high = intervals.mean(shares)
        print(f"| {name} | {mean:.1%} | {low:.1%} to {high:.1%} | {len(shares)} |")
    print(f"{sum(row['refused'] for row in rows)} briefs were refused as contradictions and drawn again")


def chords(rows: list[dict[str, Any]]) -> None:
    """Print the share of strong-beat notes in the chord."""
    sums, totals = ([row["found"][name] for row in rows] for name in ("inside", "total"))
    share, low, high = intervals.ratio(sums, totals)
    print(f"\nnotes on strong beats in the chord: {share:.2%} ({low:.2%} to {high:.2%}) of {sum(totals):,.0f}")


def graded(names: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Print correlations of wishes (down) with results (across), and of another brief's wish."""
    print(
        "\n| asked \\ found | " + " | ".join(names) + " | other briefs' wish | briefs |\n|" + "---|" * (len(names) + 3)
    )
    for wish in names:
        cells = []
        for found in names:
            pairs = np.array([
                (_asked(row, wish), row["found"].get(found), _asked(row, found)) for row in rows
            ], float)  # fmt: skip
            pairs = pairs[~np.isnan(pairs).any(axis=1)]
            if wish == found:
                count, chance = len(pairs), _spearman(np.roll(pairs[:, 0], 1), pairs[:, 1])
                cells.append("**{:+.3f}** ({:.3f} to {:.3f})".format(_spearman(*pairs.T[:2]), *_bootstrap(pairs)))
            else:
                cells.append("{:+.3f} ({:.3f} to {:.3f})".format(_crosstalk(pairs), *_bootstrap(pairs, _crosstalk)))
        print(f"| {wish} | " + " | ".join(cells) + f" | {chance:+.3f} | {count} |")


def _asked(row: dict[str, Any], name: str) -> float | None:
    if name in MOOD:
        return float(row["asked"]["mood"].split(",")[MOOD.index(name)])
    return row["asked"].get(name)


def _spearman(wished: np.ndarray, found: np.ndarray, *_: np.ndarray) -> float:
    return float(stats.spearmanr(wished, found).statistic)


def _crosstalk(columns: np.ndarray) -> float:
    """Partial rank correlation of one control's wish with another's result, that one's own wish being held."""
    ranks = np.array([stats.rankdata(column) for column in columns.T])
    ranks -= ranks.mean(axis=1, keepdims=True)
    wish, found, own = ranks
    wish, found = (each - own * (each @ own) / (own @ own) for each in (wish, found))
    return float(wish @ found / np.sqrt((wish @ wish) * (found @ found)))


def _bootstrap(
    columns: np.ndarray,
    figure: Callable[[np.ndarray], float] = lambda columns: _spearman(*columns.T),
    draws: int = 1000,
) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    drawn = [figure(columns[rng.integers(0, len(columns), len(columns))]) for _ in range(draws)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", default="composer")
    options.add_argument("--briefs", type=int, default=200)
    options.add_argument("--sets", nargs="+", choices=FOUND, default=list(FOUND))
    options.add_argument("--styles", nargs="+")
    options.add_argument("--processes", type=int, default=os.cpu_count())
    options.add_argument("--verbose", action="store_true", help="also a line for each brief")
    asked = options.parse_args()
    assert all(quality in QUALITIES for quality in TRIADS)
    styles = asked.styles or [name for name in card(asked.model).styles if name in all_styles()]
    os.environ["FIRMUS_THREADS"] = "1"
    with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool:
        for kind in asked.sets:
            rows = list(pool.map(partial(compose, kind, styles, asked.model), range(asked.briefs)))
            print(f"\n## {kind}: {len(rows)} briefs over {len({row['style'] for row in rows})} styles", flush=True)
            if asked.verbose:
                for row in rows:
                    print(row["asked"], row["found"])
            if kind == "rules":
                exact(rows)
            elif kind == "chords":
                chords(rows)
            else:
                graded(SHAPE if kind == "shape" else MOOD, rows)


if __name__ == "__main__":
    main()
