"""Playing together: whether it keeps up with a player, and follows the chords.

Protocol: "keeping up" plays melodies in real time for so many minutes as a person would: onsets 12 ms off (standard
deviation), a tempo that drifts by 8 % in waves of 40 s around 120 a minute, one note in 30 wrong and one in 60 left
out, a pause of 3 to 6 s after each melody. Plans are made in a second thread, as in ``firmus jam``. Reported, after
StreamMUSE: the share of the beats that had a plan in time (hit rate), backup levels in half beats, how late notes were
sent (p50, p99), and the processor's time of a plan against half a beat. "Chords" compares the accompaniment of songs
that have chord symbols with these, beat by beat, with nothing but the melody known: the same root, and the melody a
semitone from a chord tone (a clash). "Key" is estimated of
the first bars of their melodies. The load of the machine is reported with it.

    python benchmarks/live.py --minutes 10 --songs FOLDER      (of song-anthology, say)
"""

from __future__ import annotations

import argparse
import math
import os
import random
import time
from bisect import bisect_right
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from firmus import formats
from firmus.errors import FirmusError
from firmus.live import take
from firmus.live.chord_following import estimate_key
from firmus.live.planner import Setup, Situation, plan
from firmus.live.session import Session
from firmus.pitch import pitch_class
from firmus.score import Key, Meter, Note, Part, Score, Tempo

BPM, DRIFT, WAVE = 120.0, 0.08, 40.0
SPREAD, WRONG, LEFT_OUT, PAUSE = 0.012, 1 / 30, 1 / 60, (3.0, 6.0)
LOOK = 0.002  # seconds between two looks, as at a port


def read_songs(folder: Path) -> list[Score]:
    """Songs with chord symbols in one meter, their upbeat filled up to a bar."""
    songs = []
    for path in sorted(folder.glob("*.abc")):
        try:
            song = formats.read(path)
        except FirmusError:
            continue
        if not song.chords or len(song.meters) > 1 or not song.parts[0].notes:
            continue
        shift = song.meters[0].bar - song.pickup if song.pickup else 0
        melody = tuple(replace(note, start=note.start + shift) for note in song.parts[0].notes)
        chords = tuple(replace(chord, start=chord.start + shift) for chord in song.chords)
        songs.append(Score((Part("", melody),), (replace(song.meters[0], start=0),), keys=song.keys[:1], chords=chords))
    return songs


def performed(notes: tuple[Note, ...], begins: float, generator: random.Random) -> list[tuple[float, int, int]]:
    """Keys that go down and up when a person plays notes, in seconds."""
    presses, at, tick = [], begins, 0
    for note in notes:
        bpm = BPM * (1 + DRIFT * math.sin(2 * math.pi * at / WAVE))
        at, tick = at + (note.start - tick) * 60 / (480 * bpm), note.start
        if generator.random() < LEFT_OUT:
            continue
        pitch = note.pitch + (generator.choice((-2, -1, 1, 2)) if generator.random() < WRONG else 0)
        down = at + generator.gauss(0, SPREAD)
        presses += [(down, pitch, 80), (down + 0.9 * note.duration * 60 / (480 * bpm), pitch, 0)]
    return presses


def keep_up(songs: list[Score], minutes: float) -> None:
    """Play in real time, and report."""
    generator, presses, at = random.Random(1), list[tuple[float, int, int]](), 2.5
    while at < 60 * minutes:
        song = generator.choice([each for each in songs if each.meters[0].text == "4/4"])
        presses += performed(song.parts[0].notes, at, generator)
        at = max(each[0] for each in presses) + generator.uniform(*PAUSE)
    presses = sorted(each for each in presses if each[0] < 60 * minutes)
    late = list[float]()
    with ThreadPoolExecutor(1) as executor:
        began = time.monotonic()
        session = Session(Setup(tempo=BPM, meter=Meter(0, 4, 4), count_in=True), executor, 0.0)
        while (now := time.monotonic() - began) < 60 * minutes:
            while presses and presses[0][0] <= now:
                _, pitch, velocity = presses.pop(0)
                if velocity:
                    session.press(now, pitch, velocity)
                else:
                    session.release(now, pitch)
            count = {part: len(notes) for part, notes in session.scheduler.played.items()}
            session.advance(now)
            for part, notes in session.scheduler.played.items():
                late += [now - session.clock.seconds(note.start) for note in notes[count.get(part, 0) :]]
            time.sleep(LOOK)
    figures = session.figures
    beats = len(figures.levels) + figures.misses
    levels = ", ".join(f"{level}: {count}" for level, count in sorted(Counter(figures.levels).items()))
    p50, p99 = 1000 * np.percentile(late, [50, 99])
    wall = 1000 * np.percentile(figures.planning_seconds, [50, 99])
    print(f"{minutes:g} minutes, {beats} beats, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"hit rate {figures.hit_rate:.4%}, backup levels {{{levels}}}, notes dropped {session.scheduler.late}")
    print(f"notes sent late by {p50:.1f} ms (p50), {p99:.1f} ms (p99)")
    print(f"a plan took {wall[0]:.1f} ms (p50), {wall[1]:.1f} ms (p99)")


def time_plans(songs: list[Score]) -> None:
    """Processor's time of a plan alone, against half a beat at 120."""
    taken = []
    for song in songs[:10]:
        session = take.play(replace(song, chords=(), tempi=(Tempo(0, BPM),)), Setup(meter=song.meters[0], tempo=BPM))
        for settled in session.beats[::4]:
            notes = tuple(note for note in song.parts[0].notes if note.start < settled.tick)
            began = time.process_time()
            plan(session.setup, Situation(notes, settled.tick, settled, Key(0, "C")))
            taken.append(1000 * (time.process_time() - began))
    p50, p99 = np.percentile(taken, [50, 99])
    print(f"a plan alone: {p50:.1f} ms (p50), {p99:.1f} ms (p99) of processor's time; half a beat is 250 ms")


def chords(songs: list[Score]) -> None:
    """How well the chords of songs are followed by the melody alone."""
    same = tonic = clashes = beats = sung = 0
    for song in songs:
        starts = [chord.start for chord in song.chords]
        played = replace(song, chords=(), tempi=(Tempo(0, BPM),))
        for settled in take.play(played, Setup(meter=song.meters[0], tempo=BPM)).beats:
            place = bisect_right(starts, settled.tick) - 1
            if settled.chord is None or place < 0 or settled.tick >= song.end or song.chords[place].root == "N.C.":
                continue
            beats += 1
            same += pitch_class(settled.chord.root) == pitch_class(song.chords[place].root)
            tonic += bool(song.keys) and song.keys[0].pitch_class == pitch_class(song.chords[place].root)
            tones = settled.chord.pitch_classes
            sounding = [n.pitch for n in song.parts[0].notes if n.start <= settled.tick < n.end]
            sung += bool(sounding)
            clashes += any(p % 12 not in tones and {(p + 1) % 12, (p - 1) % 12} & {*tones} for p in sounding)
    print(f"{len(songs)} songs, {beats} beats: same root {same / beats:.1%}, clashes {clashes / sung:.1%}")
    print(f"the tonic throughout would have the same root in {tonic / beats:.1%}")


def estimated_keys(songs: list[Score]) -> None:
    """How often the key is right after so many bars of the melody alone."""
    for count in (2, 4, 8):
        known = [song for song in songs if song.keys]
        right = 0
        for song in known:
            bar = song.meters[0].bar
            found = estimate_key([n for n in song.parts[0].notes if n.start < (count + 1) * bar], bar)
            right += found is not None and found.text == song.keys[0].plain.text
        print(f"key after {count} bars: right in {right} of {len(known)} songs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--minutes", type=float, default=10.0, help="of real time; 0 for none")
    options = parser.parse_args()
    songs = read_songs(options.songs)
    time_plans(songs)
    chords(songs)
    estimated_keys(songs)
    if options.minutes:
        keep_up(songs, options.minutes)


if __name__ == "__main__":
    main()
