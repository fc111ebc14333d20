"""Sessions for rest, sleep, work and walking: how near what was made is to what was asked, and how long it takes.

Protocol: sessions of every preset and of some lengths, each with other seeds; measured are the notes as they are
written (`firmus.production.sessions.Session.summary`) and the sound.

    python benchmarks/wellbeing.py [--minutes 10 30] [--seeds 3] [--effort quick]
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

import firmus
from firmus.brief_fields import EFFORTS
from firmus.production.sessions.trajectory import PRESETS
from firmus.render import soundtrack

MEASURES = ("tempo_error", "phrase_error", "arousal_first", "arousal_last", "arousal_against", "largest_tempo_step",
            "clashes")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 30])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--effort", default="quick", choices=EFFORTS)
    parser.add_argument("--presets", nargs="+", default=list(PRESETS), choices=PRESETS)
    asked = parser.parse_args()
    names = " | ".join(each.replace("_", " ") for each in MEASURES)
    print(f"| session | minutes | {names} | composing, s | sound, s | true peak | memory, GB |\n"
          f"|-|{'-:|' * (len(MEASURES) + 5)}", flush=True)  # fmt: skip
    for preset in asked.presets:
        for minutes in asked.minutes:
            rows, times, peaks = [], [], []
            for seed in range(1, asked.seeds + 1):
                began = time.perf_counter()
                made = firmus.soothe(preset, minutes=minutes, seed=seed, effort=asked.effort)
                composed = time.perf_counter()
                audio = made.sound()
                times.append((composed - began, time.perf_counter() - composed))
                rows.append([made.summary[each] for each in MEASURES])
                peaks.append(soundtrack.true_peak(audio.samples))
            worst = np.array(rows).max(axis=0)
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            print(f"| {preset} | {minutes:g} | {' | '.join(f'{each:.3f}' for each in worst)} | "
                  f"{' | '.join(f'{each:.0f}' for each in np.mean(times, axis=0))} | {max(peaks):.1f} | {most:.1f} |",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
