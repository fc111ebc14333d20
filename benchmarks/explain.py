"""Whether explanations mean something: influences beside true sources, the surprise of wrong notes, what it costs.

Sources. Held-out pieces (split "valid") in which a bar of a part has the very tokens of just one earlier bar of the
part, which is not the bar before: the model could take such a bar from nowhere else note for note. Of each note of
such a bar the earlier bar of the largest influence (`firmus.runtime.influence`) is taken for its source. Beside it:
chance (one earlier bar at random), always the bar before, and the costly way, by which each earlier bar is taken out of
the input and all that follows is read anew. The first note of a bar is told apart: there the bar before, which says
where in the tune one stands, often matters most. "Agrees": how often our way and the costly one name the same bar.

Wrong notes. One note of a held-out piece is moved: by a semitone; to another note of the written key, up to a fourth
away; by up to a fifth. AUC: chance that its surprise of pitch is larger than that of a true note of the same piece.
The floor is whether a note lies outside the written key. "Found": share of wrong notes above the threshold that
`firmus explain` reports from (`UNLIKELY`), and true notes above it, of 100. The threshold was chosen on every other
piece of these; what is printed is of the others. Intervals: 95 %, bootstrap over pieces.

    python benchmarks/explain.py [--data ../shared/data] [--styles folk,hymn] [--pieces 20] [--only sources]
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import firmus
from distribution import real
from firmus.evaluation import intervals, likelihood
from firmus.evaluation.likelihood import Window
from firmus.learning.corpus import Piece
from firmus.runtime import stepper
from firmus.runtime.influence import influences
from firmus.runtime.note_likelihood import Reading, readings
from firmus.runtime.weights import card
from firmus.score import Score
from firmus.tasks.explain.explainer import explain
from firmus.tasks.explain.explanation import UNLIKELY
from firmus.tokens import Example, events
from styles import music_of, style_of

WHOLE = 10**6
LEAST_TOKENS = 6  # of a bar that is looked for elsewhere
KINDS = ("a semitone", "in the key", "up to a fifth")


def read(piece: Piece, model: stepper.Stepper) -> Reading | None:
    """A piece read as if all of it had been composed; None where it is longer than the model reads at once."""
    score = real(piece.prepared, WHOLE)
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0] = False
    found = list(readings(model, score, is_open, style_of(piece.prepared)))
    return found[0] if len(found) == 1 else None


def returning(reading: Reading) -> dict[tuple[int, int], int]:
    """Cells (bar, lane) that stand just once before, two bars before at least, and where."""
    tokens = reading.example.tokens
    content = {cell: tokens[first:last].tobytes() for cell, (first, last) in reading.cells.items()}
    found = {}
    for (bar, lane), music in content.items():
        first, last = reading.cells[bar, lane]
        earlier = [other for other in range(bar) if content.get((other, lane)) == music]
        if len(earlier) == 1 and earlier[0] < bar - 1 and last - first >= LEAST_TOKENS:
            found[bar, lane] = earlier[0]
    return found


def removed(reading: Reading, cells: list[tuple[int, int]]) -> list[np.ndarray]:
    """Nats of each token (T,) of an example, with each cell removed from it and all that follows read anew."""
    example, found = reading.example, []
    kept = [np.r_[0:first, last : len(example.tokens)] for first, last in (reading.cells[cell] for cell in cells)]
    windows = [
        Window(Example(example.tokens[at], example.slots[at], example.given[at]), reading.begin, 0) for at in kept
    ]
    for at, nats in zip(kept, likelihood.nats(reading.stepper, windows), strict=True):
        whole = np.zeros(len(example.tokens))
        whole[at[reading.begin :]] = nats
        found.append(whole)
    return found


def sources(pieces: list[Piece], model: stepper.Stepper, most: int, costly: bool) -> list[dict[str, float]]:
    """Of every piece, the shares of its returning notes whose source is found."""
    rows = []
    for piece in pieces:
        reading = read(piece, model)
        wanted = returning(reading) if reading else {}
        if reading is None or len(wanted) < 3:
            continue
        notes = [each.note for each in reading.notes if (each.note.bar, each.note.part + 1) in wanted]
        hits: dict[str, list[float]] = {}
        for lane in sorted({lane for _, lane in wanted}):
            own = [note for note in notes if note.part + 1 == lane]
            cells = sorted(cell for cell in reading.cells if cell[1] == lane)
            ours = influences(reading, own, [reading.cells[cell] for cell in cells])
            anew = removed(reading, cells) if costly else []
            for note, row in zip(own, ours, strict=True):
                before = [place for place, (bar, _) in enumerate(cells) if bar < note.bar]
                bars = [cells[place][0] for place in before]
                source = wanted[note.bar, lane]
                first = "first" if reading.cells[note.bar, lane][0] == note.first else "others"
                best = bars[int(np.argmax(row[before]))]
                hits.setdefault("ours", []).append(best == source)
                hits.setdefault(first, []).append(best == source)
                hits.setdefault("chance", []).append(1 / len(bars))
                hits.setdefault("the bar before", []).append(best == note.bar - 1)
                if costly:
                    change = [anew[place][note.first : note.last].sum() for place in before]
                    other = bars[int(np.argmax(change))]
                    hits.setdefault("costly", []).append(other == source)
                    hits.setdefault("agrees", []).append(other == best)
        rows.append({name: (float(np.sum(each)), len(each)) for name, each in hits.items()})
        if len(rows) == most:
            break
    return rows


def spoil(score: Score, kind: str, generator: np.random.Generator) -> tuple[Score, tuple[int, int]]:
    """A piece with one wrong note, and which."""
    pitched = [place for place, part in enumerate(score.parts) if part.notes and not part.is_drums]
    place = int(generator.choice(pitched))
    part = score.parts[place]
    index = int(generator.integers(len(part.notes)))
    note, scale = part.notes[index], set(score.keys[0].scale) if score.keys else set(range(12))
    if kind == "a semitone":
        choices = [-1, 1]
    elif kind == "in the key":
        choices = [step for step in range(-5, 6) if step and (note.pitch + step) % 12 in scale]
    else:
        choices = [step for step in range(-7, 8) if step]
    wrong = replace(note, pitch=int(np.clip(note.pitch + generator.choice(choices), 0, 127)))
    notes = (*part.notes[:index], wrong, *part.notes[index + 1 :])
    spoilt = replace(part, notes=notes)
    parts = (*score.parts[:place], spoilt, *score.parts[place + 1 :])
    return replace(score, parts=parts), (place, spoilt.notes.index(wrong))


def wrong_notes(pieces: list[Piece], most: int) -> dict[str, list[dict[str, float]]]:
    """Of every kind of error, what was found in each piece."""
    generator, found = np.random.default_rng(0), {kind: [] for kind in KINDS}
    for piece in pieces[:most]:
        score = real(piece.prepared)
        for kind in KINDS:
            spoilt, wrong = spoil(score, kind, generator)
            notes = explain(spoilt, style=style_of(piece.prepared), most=0).notes
            bits = {(note.part, note.index): note.pitch_bits for note in notes}
            scale = set(score.keys[0].scale) if score.keys else set(range(12))
            is_out = float(spoilt.parts[wrong[0]].notes[wrong[1]].pitch % 12 not in scale)
            true = np.array([value for note, value in bits.items() if note != wrong])
            outside = np.array([
                float(note.pitch % 12 not in scale)
                for place, part in enumerate(spoilt.parts)
                for index, note in enumerate(part.notes)
                if (place, index) != wrong and not part.is_drums
            ])  # fmt: skip
            found[kind].append({
                "auc": float(np.mean((bits[wrong] > true) + (bits[wrong] == true) / 2)),
                "floor": float(np.mean((is_out > outside) + (is_out == outside) / 2)),
                "bits": bits[wrong],
                "found": float(bits[wrong] >= UNLIKELY),
                "first": float(bits[wrong] > true.max()),
                "alarms": float((true >= UNLIKELY).sum()), "notes": float(len(true)),
                "true": true.tolist(),
            })  # fmt: skip
    return found


def costs(model: stepper.Stepper) -> None:
    """Seconds of processor time, everything loaded."""
    header("piece", "notes", "surprise of all notes", "one note in the light of what", "page")
    for bars in (16, 32):
        work = firmus.compose(style="chorale", key="G minor", meter="4/4", bars=bars, seed=7)
        spent = []
        for task in ("surprise", "note", "page"):
            began = time.process_time()
            if task == "surprise":
                notes = len(explain(work, most=0).notes)
            elif task == "note":
                explain(work, note=f"bar {bars} beat 1 alto", most=0)
            else:
                explain(work).html()
            spent.append(time.process_time() - began)
        print(
            f"| chorale, {bars} bars | {notes} | {spent[0]:.1f} | {spent[1] - spent[0]:.1f} | {spent[2]:.1f} |",
            flush=True,
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--prepared", type=Path, help="prepared music (a file of cache/) instead of --data")
    options.add_argument("--styles", default="folk,hymn,song,piano")
    options.add_argument("--pieces", type=int, default=20, help="of each style, at most")
    options.add_argument("--only", choices=("sources", "wrong", "costs"))
    options.add_argument("--quick", action="store_true", help="without the costly way")
    options.add_argument("--raw", type=Path, help="write every surprise there, to choose a threshold")
    asked = options.parse_args()
    model, generator = stepper.load("composer"), np.random.default_rng(0)
    if asked.only == "costs":
        costs(model)
        return
    corpus, raw = music_of(card("composer"), asked.data, asked.prepared), {}
    held_out = {}
    for style in asked.styles.split(","):
        some = [piece for piece in corpus.pieces("valid") if style_of(piece.prepared) == style]
        held_out[style] = [some[index] for index in generator.permutation(len(some))]
    if asked.only != "wrong":
        heads = ("style", "pieces", "notes", "ours, %", "95 % interval", "first notes, %", "others, %", "chance, %")
        header(*heads, "the bar before, %", "costly, %", "agrees, %")
        for style, pieces in held_out.items():
            rows = sources(pieces, model, asked.pieces, not asked.quick)
            if rows:
                print(source_row(style, rows), flush=True)
    if asked.only != "sources":
        heads = ("style", "wrong note", "pieces", "AUC", "95 % interval", "outside the key (floor)")
        header(*heads, "the most unlikely of all, %", "found, %", "true notes reported, of 100")
        for style, pieces in held_out.items():
            raw[style] = wrong_notes(pieces, 2 * asked.pieces)
            for kind, each in raw[style].items():
                print(f"| {style} | {kind} | " + wrong_row(each[1::2]), flush=True)
        if asked.raw:
            asked.raw.write_text(json.dumps(raw))
    if not asked.only:
        costs(model)


def header(*names: str) -> None:
    """Print the head of a table."""
    print(f"\n| {' | '.join(names)} |\n{'|-' * len(names)}|", flush=True)


def wrong_row(found: list[dict[str, float]]) -> str:
    auc, low, high = intervals.mean(np.array([row["auc"] for row in found]))
    floor, first, share = (float(np.mean([row[name] for row in found])) for name in ("floor", "first", "found"))
    alarms = sum(row["alarms"] for row in found) / sum(row["notes"] for row in found)
    return (
        f"{len(found)} | {auc:.3f} | {low:.3f} to {high:.3f} | {floor:.3f} | {100 * first:.0f} | {100 * share:.0f} | "
        f"{100 * alarms:.2f} |"
    )


def source_row(style: str, rows: list[dict[str, float]]) -> str:
    def share(name: str) -> float:
        known = [row[name] for row in rows if name in row]
        return 100 * sum(hits for hits, _ in known) / sum(count for _, count in known) if known else float("nan")

    mean, low, high = (100 * each for each in intervals.ratio(*np.array([row["ours"] for row in rows]).T))
    cells = [f"{mean:.1f} | {low:.1f} to {high:.1f}"]
    cells += [f"{share(name):.1f}" for name in ("first", "others", "chance", "the bar before", "costly", "agrees")]
    notes = sum(count for _, count in (row["ours"] for row in rows))
    return f"| {style} | {len(rows)} | {notes:,} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
