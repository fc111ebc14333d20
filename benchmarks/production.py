"""Music for scenes and for games, checked: tables of cues made by one command, and every join of game packs.

Cues: a table of `--count` cues, the scenes, lengths, styles and loudness below in turn, each fourth a loop; made by
``firmus produce`` at effort quick; then read back from the files. A cue fails that is not as long as asked to the
frame, more than 0.3 LUFS from its loudness, above -1 dBTP, whose stems do not add up to within 1e-5, or whose loop
clicks (`firmus.render.soundtrack.joint` above 1).

Games: a pack of `STATES` in loops of four bars a seed; each transition is played at each barline of the loop that is
left. Printed: the greatest movement of a voice in semitones (mean of four), and how far the worst joint stands out
(above 1 it clicks).

    python benchmarks/production.py [--count 100] [--out /tmp/cues] [--games 5]
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from itertools import permutations
from pathlib import Path

import soundfile

from firmus import game
from firmus.cli import main as firmus
from firmus.production.game import joins
from firmus.render import mastering, soundtrack

SCENES = ("calm until 0:05, danger", "mystery", "calm to tense", "playful, hit 0:06", "hope until 0:04, triumph")
STATES = "calm,mystery,tense,danger,triumph"
SECONDS, STYLES, LOUDNESS = (9.5, 12.0, 16.0, 10.25), ("folk", "piano", "quartet"), (-14, -16, -23)


def table(count: int) -> list[dict[str, object]]:
    """Rows of the table of cues."""
    return [
        {
            "name": f"cue-{number:03d}", "scene": SCENES[number % len(SCENES)],
            "seconds": SECONDS[number % len(SECONDS)],
            "style": STYLES[number % len(STYLES)], "effort": "quick", "seed": number,
            "loudness": LOUDNESS[number % len(LOUDNESS)], "loop": "yes" if number % 4 == 0 else "",
        }
        for number in range(count)
    ]  # fmt: skip


def faults(folder: Path, row: dict[str, object]) -> list[str]:
    """What is wrong with a cue."""
    sound, rate = soundfile.read(folder / "cue.wav", dtype="float32")
    total = sum(soundfile.read(path, dtype="float32")[0] for path in sorted((folder / "stems").iterdir()))
    loop = bool(row["loop"])
    checks = {
        "length": len(sound) == round(float(str(row["seconds"])) * rate),
        "loudness": abs(mastering.loudness(sound, rate) - float(str(row["loudness"]))) <= 0.3,
        "true peak": soundtrack.true_peak(sound, loop) <= -1,
        "stems": float(abs(total - sound).max()) <= 1e-5,
        "joint": not loop or soundtrack.joint(sound, rate) <= 1,
    }
    return [name for name, holds in checks.items() if not holds]


def joins_of(seed: int) -> tuple[float, float, int]:
    """Of the joins of a game pack: the greatest cost, the worst joint, and how many were played."""
    pack = game(STATES, bars=4, seed=seed, effort="quick")
    mixes = [pack.loops(place)["mix"].samples for place in range(len(pack.states))]
    costs, clicks = [joins.loop_cost(work.score) for work in pack.works], []
    for before, after in permutations(range(len(mixes)), 2):
        audio, cost = pack.transition(before, after)
        costs.append(cost)
        rate, bpm = audio.sample_rate, pack.states[after].bpm
        fade, bar = round(joins.FADE_BEATS * 60 / bpm * rate), round(240 / bpm * rate)
        for number in range(1, pack.bars + 1):
            cut = round(number * 240 / pack.states[before].bpm * rate)
            played, *places = joins.joined(mixes[before], audio.samples, mixes[after], cut, fade, bar)
            clicks += [joins.click(played, place, rate) for place in places]
    return max(costs), max(clicks), len(clicks) // 2


def games(count: int) -> None:
    """Make game packs, and print the worst of their joins."""
    found = [joins_of(seed) for seed in range(count)]
    print(
        f"{count} packs of {STATES}: {sum(played for *_, played in found)} joins played; greatest movement "
        f"{max(cost for cost, *_ in found):.2f} semitones a voice, worst joint {max(each for _, each, _ in found):.2f}"
    )


def main() -> None:
    """Make the cues, check them, and print what came of it; and game packs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--games", type=int, default=5)
    options = parser.parse_args()
    games(options.games)
    folder = options.out or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    rows = table(options.count)
    with (folder / "cues.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    begun = time.perf_counter()
    status = firmus(["produce", str(folder / "cues.csv"), "--out", str(folder / "made"), "--quiet"])
    taken = time.perf_counter() - begun
    found = {str(row["name"]): faults(folder / "made" / str(row["name"]), row) for row in rows}
    wrong = {name: each for name, each in found.items() if each}
    seconds = sum(float(str(row["seconds"])) for row in rows)
    print(f"exit {status}; {len(rows)} cues, {seconds:.0f} s of music, made in {taken:.0f} s; {len(wrong)} with faults")
    for name, each in wrong.items():
        print(f"  {name}: {', '.join(each)}")


if __name__ == "__main__":
    main()
