"""How fast and how obediently the shipped model composes.

Speed: tokens a second and seconds a piece for each task, the time to the first bar, and the peak memory of the
whole command. Obedience: of so many pieces with random wishes, how many meet them exactly.

    python benchmarks/compose.py [--pieces 40]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time

import firmus
from firmus.brief_fields import pitch_range
from firmus.score import Key
from firmus.timing import bars
from firmus.work import Brief

MEMORY = (
    "import resource, sys; from firmus.cli import main; main(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)"
)


def speed() -> None:
    """Seconds of each task, model loaded; the least of three runs."""
    from firmus.tasks import compose

    firmus.compose(style="folk", bars=1, seed=0)
    chorale = firmus.compose(style="chorale", bars=16, meter="4/4", seed=1).score
    melody = firmus.compose(style="folk", bars=16, meter="4/4", ranges={"melody": "C4-A5"}, seed=1).score
    tasks = {
        "compose a chorale, 16 bars of four parts": lambda: firmus.compose(
            style="chorale", bars=16, meter="4/4", seed=1
        ),
        "compose a tune, 16 bars": lambda: firmus.compose(style="folk", bars=16, meter="4/4", seed=1),
        "infill 8 bars of four parts": lambda: firmus.infill(chorale, bars="5-12", seed=1),
        "harmonise 16 bars": lambda: firmus.harmonise(melody, seed=1),
        "continue by 8 bars of four parts": lambda: firmus.extend(chorale, bars=8, seed=1),
    }
    print("| task | seconds | notes | notes/s |\n|---|---|---|---|")
    for name, task in tasks.items():
        times = []
        for _ in range(3):
            began = time.perf_counter()
            work = task()
            times.append(time.perf_counter() - began)
        composed = sum(
            1
            for start, stop, part in work.origin.composed
            for note in work.score.parts[part].notes
            if start <= note.start < stop
        )
        print(f"| {name} | {min(times):.2f} | {composed} | {composed / min(times):.0f} |", flush=True)
    marks: list[float] = []
    began = time.perf_counter()
    commission = compose.commission(Brief(style="chorale", bars=16, meter="4/4", seed=1))
    compose.perform(commission, lambda *_: marks.append(time.perf_counter() - began))
    print(f"\nfirst bar of the chorale after {marks[1]:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        words = ["compose", "--style", "chorale", "--bars", "16", "--seed", "1", "--quiet", "--out", f"{folder}/o"]
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", MEMORY, *words], capture_output=True, text=True, check=True)
        seconds, megabytes = time.perf_counter() - began, float(done.stderr)
        print(f"whole command, five files written: {seconds:.1f} s, {megabytes:.0f} MB at most")


def obedience(count: int) -> None:
    """Share of pieces that meet every wish, by wish."""
    generator = random.Random(1)
    met = dict.fromkeys(("bars", "meter", "tempo", "key, every note", "chords, every beat", "range"), 0)
    for seed in range(count):
        key = generator.choice(["C", "G", "D", "F", "Bb", "A minor", "E minor", "D minor", "G minor", "C minor"])
        meter, wanted = generator.choice(["4/4", "3/4"]), generator.randint(1, 12)
        tempo = generator.randint(60, 140)
        options = {"style": "chorale", "bars": wanted, "meter": meter, "tempo": tempo, "seed": seed}
        score = firmus.compose(**options, key=key, ranges={"alto": "G3-C5"}).score
        notes = [note for part in score.parts for note in part.notes]
        low, high = pitch_range("G3-C5")
        met["bars"] += len(bars(score)) == wanted and score.end == wanted * score.meters[0].bar
        met["meter"] += [each.text for each in score.meters] == [meter]
        met["tempo"] += [each.bpm for each in score.tempi] == [tempo]
        met["key, every note"] += all(note.pitch % 12 in Key.parse(key).scale for note in notes)
        met["range"] += all(low <= note.pitch <= high for note in score.parts[1].notes)
        score = firmus.compose(**options, chords="Am F C G").score
        met["chords, every beat"] += all(
            note.pitch % 12 in [each for each in score.chords if each.start <= beat][-1].pitch_classes
            for beat in range(0, score.end, 480)
            for part in score.parts
            for note in part.notes
            if note.start <= beat < note.end
        )
    print("\n| wish (strict) | met |\n|---|---|")
    for name, number in met.items():
        print(f"| {name} | {number} of {count} |")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pieces", type=int, default=40, help="for obedience")
    asked = options.parse_args()
    speed()
    obedience(asked.pieces)


if __name__ == "__main__":
    main()
