"""How well Firmus hears: notes, one voice, tempo and beats, and keys of renderings whose music is known.

    python benchmarks/transcribe.py [notes voice tempo key] [--data DIR] [--pieces 40] [--font NAME.sf2 ...]

What is heard are renderings by `firmus.render.synth` of music that no transcriber was trained on, by the shipped
SoundFont (which its training heard) and by others (which it did not): without ``--font``, the TimGM6mb that comes with
pretty_midi. Tables go to standard output as Markdown; intervals are of 95 %, over pieces.

``notes``
    The piano parts of OpenScore songs, 30 seconds of each from its second bar on, on the piano. mir_eval's note F1
    (Raffel et al. 2014): pitch right and onset within 50 ms; with the offset as well within 20 % or 50 ms; and F1 of
    10 ms frames. Floor: the five strongest peaks of the spectrum in each frame, where it rises.
``voice``
    Tunes of Aird's collection, a fifth as many, 10 s of each, on a flute, a clarinet, a trumpet, a violin, a choir
    and a piano, by pYIN and by the network that hears many voices. As before, and with onsets within 100 ms, for slow
    attacks.
``tempo``
    The songs with voice and piano, 30 seconds of each, at 0.7 to 1.4 times the tempo they are written in. Accuracy 1:
    within 4 % of the felt beat; accuracy 2: of its half, double, third or triple as well (Gouyon et al. 2006); F1 of
    the beats within 70 ms; how sure where right and where wrong. Beside: librosa's beat tracker, and always 120.
``key``
    Hymns (their key is written with its mode), whole, on the piano. Share with the very key, and MIREX's score, which
    gives a fifth off, the relative and the parallel 0.5, 0.3 and 0.2. Beside: the same profiles on a plain chroma of
    the spectrum and on librosa's, and on the notes themselves.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from firmus import formats
from firmus.analysis import beat_tracking, keys, spectrum, voice
from firmus.analysis.sound import Audio
from firmus.analysis.transcribe import DetectedNote
from firmus.errors import FirmusError
from firmus.evaluation import intervals
from firmus.learning.sources import source
from firmus.render import soundfont, synth
from firmus.runtime import transcriber
from firmus.score import Note, Part, Score, Tempo
from firmus.timing import bars, beat, seconds, tick

SECONDS = 30.0
INSTRUMENTS = {73: "flute", 71: "clarinet", 56: "trumpet", 40: "violin", 52: "choir", 0: "piano"}
LOUD, PEAKS = 190, 5  # of the floor: level of a peak, 0 to 255, and peaks in a frame
Reference = list[tuple[float, float, int]]


def music(name: str, sets: Path, count: int, seed: int = 1) -> Iterator[Score]:
    """Pieces of a set, in an order drawn by the seed."""
    documents = list(source(name).read(sets))
    found = 0
    for index in np.random.default_rng(seed).permutation(len(documents)):
        try:
            scores = formats.read_all(documents[index].data, trusted=True)
        except FirmusError:
            continue
        if name in ("ryan", "aird", "oneills"):  # a book of tunes a file
            scores = [scores[place] for place in np.random.default_rng(seed).permutation(len(scores))[:count]]
        for score in scores:
            if sum(len(part.notes) for part in score.parts) >= 20:
                yield score
                found += 1
            if found == count:
                return


def excerpt(score: Score, lasts: float = SECONDS) -> Score:
    """So many seconds of a score from its second bar on, or its beginning where it has few."""
    every = bars(score)
    first = every[1].start if len(every) > 8 else 0
    last = int(tick(score, seconds(score, first) + lasts))

    def cut(part: Part) -> Part:
        inside = (note for note in part.notes if first <= note.start < last)
        notes = (replace(note, start=note.start - first, duration=min(note.end, last) - note.start) for note in inside)
        return replace(part, notes=tuple(notes))

    def moved(events: tuple[Any, ...]) -> tuple[Any, ...]:
        before = [each for each in events if each.start <= first][-1:]
        later = [each for each in events if first < each.start < last]
        return tuple(replace(each, start=max(each.start - first, 0)) for each in before + later)

    return Score(
        tuple(cut(part) for part in score.parts), moved(score.meters), moved(score.tempi), moved(score.keys),
        pickup=score.pickup if first == 0 else 0,
    )  # fmt: skip


def on(score: Score, program: int) -> Score:
    """All pitched parts as one part of a program."""
    notes = {(n.start, n.pitch): n for part in score.parts if not part.is_drums for n in part.notes}
    line: dict[int, Note] = {}
    kept = []
    for note in sorted(notes.values()):
        before = line.get(note.pitch)
        if before and before.end > note.start:  # struck anew
            kept.remove(before)
            kept.append(replace(before, duration=note.start - before.start))
        line[note.pitch] = note
        kept.append(note)
    return replace(score, parts=(Part("", tuple(kept), program),))


def sound_of(score: Score, font: str) -> np.ndarray:
    """The score rendered by a SoundFont ("" for the shipped one), mono at 16,000 a second."""
    if font:
        os.environ[soundfont.VARIABLE] = font
    else:
        os.environ.pop(soundfont.VARIABLE, None)
    audio = synth.render(score)
    return Audio(audio.samples, audio.sample_rate).mono(spectrum.RATE)


def reference(score: Score) -> Reference:
    return [
        (seconds(score, note.start), seconds(score, note.end), note.pitch)
        for part in score.parts
        for note in part.notes
    ]


def hertz(pitches: list[int]) -> np.ndarray:
    return 440.0 * 2.0 ** ((np.array(pitches, float) - 69) / 12)


def f1(known: Reference, heard: list[DetectedNote], onset: float = 0.05, offset: float | None = None) -> float:
    """mir_eval's note F1."""
    import mir_eval

    if not known or not heard:
        return float(not known and not heard)
    spans = [np.array([each[:2] for each in known]), np.array([(n.start, n.end) for n in heard])]
    pitches = [hertz([each[2] for each in known]), hertz([note.pitch for note in heard])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mir_eval.transcription.precision_recall_f1_overlap(
            spans[0], pitches[0], spans[1], pitches[1], onset_tolerance=onset, offset_ratio=offset
        )
    return float(found[2])


def frame_f1(known: Reference, heard: list[DetectedNote]) -> float:
    """F1 of 10 ms frames."""
    end = max([each[1] for each in known] + [note.end for note in heard], default=0.0)
    tables = np.zeros((2, int(end * 100) + 2, 128), bool)
    for table, rows in zip(tables, (known, [(n.start, n.end, n.pitch) for n in heard]), strict=True):
        for first, last, pitch in rows:
            table[round(first * 100) : max(round(last * 100), round(first * 100) + 1), pitch] = True
    both, either = (tables[0] & tables[1]).sum(), tables[0].sum() + tables[1].sum()
    return float(2 * both / max(either, 1))


def peaks(levels: np.ndarray) -> list[DetectedNote]:
    """The floor: keys whose bin is among the strongest peaks, from where it rises to where it is none."""
    own = levels[:, 1 : 1 + 3 * spectrum.KEYS : 3].astype(float)
    around = np.maximum(levels[:, 0 : 3 * spectrum.KEYS : 3], levels[:, 2 : 2 + 3 * spectrum.KEYS : 3])
    is_peak = (own > around) & (own > LOUD)
    least = np.sort(np.where(is_peak, own, 0), axis=1)[:, -PEAKS, None]
    chances = (is_peak & (own >= least)).astype(np.float32)
    begins = np.maximum(np.diff(chances, axis=0, prepend=0), 0)
    outputs = {"struck": begins, "sounding": chances, "velocity": np.full_like(chances, 0.6)}
    return transcriber.notes(outputs)


def interval(values: list[float]) -> str:
    middle, low, high = intervals.ratio(values, [1.0] * len(values))
    return f"{middle:.3f} ({low:.3f} … {high:.3f})"


def certainty(confidences: np.ndarray, right: np.ndarray) -> list[str]:
    """Mean confidence where right and where wrong."""
    groups = [confidences[right == each] for each in (1, 0)]
    return [f"{each.mean():.2f}" if len(each) and np.isfinite(each).all() else "" for each in groups]


def table(head: list[str], rows: list[list[str]]) -> None:
    print("| " + " | ".join(head) + " |\n|" + "-|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
    print()


def notes(sets: Path, count: int, fonts: list[str]) -> None:
    songs = music("lieder", sets, count)
    pieces = [on(excerpt(replace(score, parts=score.parts[1:] or score.parts)), 0) for score in songs]
    rows = []
    for font in fonts:
        found: dict[str, dict[str, list[float]]] = {}
        spent = heard_seconds = 0.0
        for score in pieces:
            wave, known = sound_of(score, font), reference(score)
            began = time.process_time()
            levels = spectrum.decibels(spectrum.magnitudes(wave))
            heard = transcriber.notes(transcriber.predict(levels))
            spent, heard_seconds = spent + time.process_time() - began, heard_seconds + len(wave) / spectrum.RATE
            for name, notes in (("Firmus", heard), ("peaks of the spectrum", peaks(levels))):
                scores = found.setdefault(name, {"onset": [], "offset": [], "frame": []})
                scores["onset"].append(f1(known, notes))
                scores["offset"].append(f1(known, notes, offset=0.2))
                scores["frame"].append(frame_f1(known, notes))
        for name, scores in found.items():
            rows.append([name, Path(font).stem or "shipped", *(interval(scores[each]) for each in scores)])
        print(f"{len(pieces)} pieces, {heard_seconds / max(spent, 1e-9):.0f} s of sound a second of processor\n")
    table(["", "SoundFont", "note F1, onset", "onset and offset", "frame F1"], rows)


def voices(sets: Path, count: int, fonts: list[str]) -> None:
    tunes = [excerpt(score, 10.0) for score in music("aird", sets, max(count // 5, 1))]
    rows = []
    for font in fonts:
        for program, name in INSTRUMENTS.items():
            found: dict[str, list[list[float]]] = {"pYIN": [], "network": []}
            for tune in tunes:
                score = on(tune, program)
                wave, known = sound_of(score, font), reference(score)
                heard = {"pYIN": voice.notes(wave)}
                heard["network"] = transcriber.notes(transcriber.predict(spectrum.decibels(spectrum.magnitudes(wave))))
                for who, notes in heard.items():
                    found[who].append([f1(known, notes), f1(known, notes, onset=0.1), f1(known, notes, offset=0.2)])
            for who, marks in found.items():
                columns = [interval([row[place] for row in marks]) for place in range(3)]
                rows.append([name, Path(font).stem or "shipped", who, *columns])
    table(["", "SoundFont", "heard by", "note F1, 50 ms", "100 ms", "50 ms and offset"], rows)


def tempi(sets: Path, count: int, fonts: list[str]) -> None:
    import librosa
    import mir_eval

    generator = np.random.default_rng(7)
    pieces = []
    for score in music("lieder", sets, count, seed=2):
        factor = generator.uniform(0.7, 1.4)
        faster = tuple(Tempo(each.start, each.bpm * factor) for each in score.tempi)
        pieces.append(excerpt(replace(score, tempi=faster)))
    marks: dict[str, list[tuple[float, ...]]] = {}
    for font in fonts[-1:]:
        for score in pieces:
            wave = sound_of(score, font)
            ticks = (each for bar in bars(score) for each in range(bar.start, bar.end, beat(bar.meter)))
            known = np.array([seconds(score, each) for each in ticks if each < score.end])
            pace = 60 / float(np.median(np.diff(known)))
            found = beat_tracking.estimate(beat_tracking.flux(spectrum.decibels(spectrum.magnitudes(wave))))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs, times = librosa.beat.beat_track(y=wave, sr=spectrum.RATE, units="time")
            even = np.arange(0, len(wave) / spectrum.RATE, 0.5)
            ours = (found.bpm, found.beats, found.confidence) if found else (0.0, np.zeros(0), 0.0)
            methods: dict[str, Any] = {"Firmus": ours}
            methods |= {"librosa": (float(np.ravel(theirs)[0]), times, np.nan), "always 120": (120.0, even, np.nan)}
            for who, (bpm, beats, sure) in methods.items():
                first = float(abs(bpm / pace - 1) < 0.04)
                second = float(any(abs(bpm / pace / each - 1) < 0.04 for each in (1, 2, 3, 1 / 2, 1 / 3)))
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    hits = mir_eval.beat.f_measure(known, np.asarray(beats))
                marks.setdefault(who, []).append((first, second, hits, sure))
    rows = []
    for who, each in marks.items():
        columns = np.array(each).T
        shown = [interval(columns[place].tolist()) for place in range(3)]
        rows.append([who, *shown, *certainty(columns[3], columns[1])])
    table(["", "accuracy 1", "accuracy 2", "beat F1", "how sure where right", "where wrong"], rows)


def key(sets: Path, count: int, fonts: list[str]) -> None:
    import librosa
    import mir_eval

    marks: dict[str, list[tuple[float, float, float]]] = {}
    for score in music("openhymnal", sets, count, seed=3):
        if len(score.keys) != 1:
            continue
        score = on(score, 0)
        wave = sound_of(score, fonts[-1])
        levels = spectrum.magnitudes(wave)
        chances = transcriber.predict(spectrum.decibels(levels))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            chroma = librosa.feature.chroma_cqt(y=wave, sr=spectrum.RATE).mean(axis=1).tolist()
        classes = (np.arange(spectrum.KEYS) + spectrum.LOWEST_KEY) % 12
        plain = np.bincount(classes, levels[:, 1 : 3 * spectrum.KEYS : 3].mean(axis=0), 12).tolist()
        methods = {
            "Firmus": keys.of_profile(transcriber.profile(chances)),
            "plain chroma": keys.of_profile(plain),
            "librosa's chroma": keys.of_profile(chroma),
            "the notes themselves": keys.estimate(score),
        }
        known = score.keys[0].text
        for who, found in methods.items():
            text = found.key.text if found else "C major"
            mark = mir_eval.key.weighted_score(known, text)
            marks.setdefault(who, []).append((float(mark == 1.0), mark, found.confidence if found else 0.0))
    rows = []
    for who, each in marks.items():
        columns = np.array(each).T
        shown = [interval(columns[place].tolist()) for place in range(2)]
        rows.append([who, *shown, *certainty(columns[2], columns[0])])
    print(f"{len(marks['Firmus'])} hymns\n")
    table(["", "very key", "MIREX score", "how sure where right", "where wrong"], rows)


PARTS: dict[str, Callable[[Path, int, list[str]], None]] = {"notes": notes, "voice": voices, "tempo": tempi, "key": key}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="|".join(PARTS))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="where the sets of music lie")
    parser.add_argument("--pieces", type=int, default=40)
    parser.add_argument("--font", action="append", default=[])
    options = parser.parse_args()
    if not options.font:
        import pretty_midi

        options.font = [str(Path(pretty_midi.__file__).parent / "TimGM6mb.sf2")]
    for name in options.parts or PARTS:
        print(f"## {name}\n")
        PARTS[name](options.data, options.pieces, ["", *options.font])


if __name__ == "__main__":
    main()
