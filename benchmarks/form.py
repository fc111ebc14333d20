"""Form: sections of the asked lengths, what returns returns, and the piece ends where and how it should.

Protocol: briefs in the forms AABA and ABA' (random bars a section, 4 to 8, a random key, strict) and pieces of three
minutes (AABACA, as many seconds as are drawn from 170 to 190), over the model's pitched styles, one seed each; and
pieces of 16 to 48 bars for which neither key nor form is asked. Of every piece, written as MIDI and read again:

lengths   the section marks stand at the asked bars, and the piece ends at the asked bar, or within half a bar of the
          asked second where the length is given in seconds
A-A       likeness (`firmus.analysis.form.likeness`: share of notes, by place in the bar and pitch class, that two
          stretches have in common, bar by bar) of a section and its return; A-A' where the return is varied
found again  sections that `firmus.analysis.form` finds in the notes are those of the marks (varied returns count as
          returns; only where something returns)
A-B       likeness of sections with other letters
close     every part sounds to the end, on notes of the tonic triad, the last one's lowest note being the tonic
cadence   what sounds on the beat before the last bar belongs to the dominant seventh, on the last bar's first beat to
          the tonic
key at the end  as it is heard in the last eight bars (`firmus.analysis.keys`): the key that was asked for

    python benchmarks/form.py [--model composer] [--pieces 60] [--styles folk]
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np

import firmus
from firmus.analysis import form, keys
from firmus.analysis.form import likeness, notes_of_bars
from firmus.composing.cadence import triad
from firmus.composing.form import Form, of_marks
from firmus.composing.styles import styles as all_styles
from firmus.evaluation import intervals
from firmus.formats import midi
from firmus.runtime.weights import card
from firmus.timing import bars, beat, seconds
from firmus.tokens.events import vocabulary

KINDS = ("AABA", "ABA'", "3 minutes", "default")
LONG = "AABACA"


def compose(kind: str, styles: list[str], model: str, number: int) -> dict[str, Any]:
    """Compose one piece and measure its form."""
    rng = np.random.default_rng([number, len(kind)])
    key = vocabulary.KEYS[int(rng.integers(len(vocabulary.KEYS)))]
    asked: dict[str, Any] = {"style": styles[int(rng.integers(len(styles)))], "key": key.text, "seed": number}
    if kind == "3 minutes":
        asked |= {"form": LONG, "seconds": float(rng.integers(170, 191)), "meter": "4/4"}
    elif kind == "default":
        asked |= {"bars": int(rng.choice([16, 24, 32, 48])), "key": None}
    else:
        asked |= {"form": kind, "bars": int(rng.integers(4, 9)) * len(kind.replace("'", ""))}
    work = firmus.compose(model=model, **asked)
    score = midi.read(midi.write(work.score))[0]
    all_bars = [each for each in bars(score) if each.number > 0]  # a pickup is none of the asked bars
    stretches = Form.parse(asked["form"]).lay_out(len(all_bars)) if "form" in asked else of_marks(work.score)
    content = notes_of_bars(score)[1 if score.pickup else 0 :]
    same, varied, other = [], [], []
    for place, one in enumerate(stretches):
        for two in stretches[place + 1 :]:
            found = likeness(content[one.first : one.last], content[two.first : two.last])
            (other if one.letter != two.letter else varied if two.is_varied else same).append(found)
    expected = [(all_bars[each.first].start, each.label) for each in stretches]
    marks = [(section.start, section.label) for section in score.sections]
    pitched = [part for part in score.parts if not part.is_drums]
    at_end = [[note.pitch for note in part.notes if note.end == score.end] for part in pitched]
    held, last = [pitch for pitches in at_end for pitch in pitches], all_bars[-1].start
    length = seconds(score, score.end)
    bar = seconds(score, all_bars[0].end)
    right = abs(length - asked["seconds"]) <= bar / 2 if "seconds" in asked else len(all_bars) == asked["bars"]
    heard = keys.estimate(after(score, all_bars[max(0, len(all_bars) - 8)].start))
    letters = [(at, label.rstrip("'")) for at, label in marks]
    found_again = float(letters == [(each.start, each.label) for each in form.sections(score)])
    key = score.keys[0] if asked["key"] is None else key
    has_returns = any(each.repeats is not None for each in stretches)
    return {
        "style": asked["style"],
        "found again": found_again if has_returns else np.nan,
        "lengths": float(marks == expected and right),
        "A-A": float(np.mean(same)) if same else np.nan,
        "A-A'": float(np.mean(varied)) if varied else np.nan,
        "A-B": float(np.mean(other)),
        "close": float(
            all(at_end) and min(at_end[-1]) % 12 == key.pitch_class and {pitch % 12 for pitch in held} <= triad(key)
        ),
        "cadence": float(
            sounding(score, last - beat(score.meters[-1])) <= dominant(key) and sounding(score, last) <= triad(key)
        ),
        "key at the end": float(
            heard is not None and (heard.key.pitch_class, heard.key.mode) == (key.pitch_class, key.mode)
        ),
    }


def sounding(score: firmus.Score, tick: int) -> set[int]:
    """Pitch classes that sound at a tick."""
    notes = [note for part in score.parts if not part.is_drums for note in part.notes]
    return {note.pitch % 12 for note in notes if note.start <= tick < note.end}


def dominant(key: firmus.Key) -> set[int]:
    """Pitch classes of the dominant seventh."""
    return {(key.pitch_class + interval) % 12 for interval in (7, 11, 2, 5)}


def after(score: firmus.Score, tick: int) -> firmus.Score:
    """The notes that begin at a tick or later."""
    parts = (replace(part, notes=tuple(note for note in part.notes if note.start >= tick)) for part in score.parts)
    return replace(score, parts=tuple(parts))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", default="composer")
    options.add_argument("--pieces", type=int, default=60, help="of each kind")
    options.add_argument("--styles", nargs="+")
    options.add_argument("--processes", type=int, default=os.cpu_count())
    asked = options.parse_args()
    styles = asked.styles or [name for name in card(asked.model).styles if name in all_styles() and name != "drums"]
    os.environ["FIRMUS_THREADS"] = "1"
    with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool:
        for kind in KINDS:
            rows = list(pool.map(partial(compose, kind, styles, asked.model), range(asked.pieces)))
            print(f"\n## {kind}: {len(rows)} pieces\n\n| | mean | 95 % interval |\n|---|---|---|", flush=True)
            for name in list(rows[0])[1:]:
                values = [row[name] for row in rows]
                if not np.isnan(values).all():
                    mean, low, high = intervals.mean(values)
                    print(f"| {name} | {mean:.3f} | {low:.3f} to {high:.3f} |")


if __name__ == "__main__":
    main()
