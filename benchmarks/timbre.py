"""How well instruments are played that were learnt: spectra, pitch, loudness, recognisability, speed.

    python benchmarks/timbre.py [spectra pitch recognition speed] [wavenet] [--sets /usr/share/sounds] [--notes 200]

Notes are those of `recipes/timbre.toml`, rendered from Fluid R3: of 93 instruments every fourth pitch was held out, at
all velocities, and eight instruments were held out with all their notes. Tables go to standard output as Markdown;
intervals are of 95 %, bootstrapped over notes.

``spectra``
    Each held-out note is played by the model from its instrument's point, which was learnt with the model, or from one
    other note of it (``one note``, which is what `encode` does with a recording; of held-out instruments the only way).
    Distance: mean absolute difference of logarithmic spectra at six resolutions, decibels
    (`firmus.analysis.spectral_distance`). Loudness: absolute difference of the root mean squares, decibels.
    Floor: static additive synthesis, the mean spectrum of the nearest training note of the instrument and velocity, at
    a constant level. Beside: that nearest note itself, resampled to the pitch, as a sampler would do.
``pitch``
    Notes of all instruments of the training set, pitches 40 to 88, by YIN (`firmus.analysis.fundamental`): share within
    50 cents of what was asked, of those in which it hears a pitch; beside it the rendered notes themselves.
``recognition``
    Ridge classifiers of instruments, fitted to the levels of partials and bands of the rendered training notes: share
    that they name rightly (first, first five) of held-out notes as rendered, as the model plays them, and two bounds:
    what is measured of the note itself at 16 times, played by the synthesiser without a model (the most that it can
    do), and the nearest training note, resampled, as a sampler would. Chance is 1 %. One classifier sees what the
    encoder sees, 64 partials down to 80 dB below the loudest, and is misled by what nobody hears; the other sees 32
    partials down to 60 dB. Then, by the second, each family of General MIDI.
``speed``
    Seconds of processor time for a second of sound at 44.1 kHz, notes of 4 s, the least of five; with faults of it
    over all instruments: highest peak, constant part, jump at the edges.
``wavenet``
    Nats and squared error of a sample (μ-law, 16 kHz) on held-out notes, 0.25 s from the onset; floors:
    the frequencies of the 256 classes in training notes, and repeating the sample before; and its
    speed. No such weights are shipped: train them, and name their folder by ``FIRMUS_WEIGHTS``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from firmus.analysis import additive, partials, spectral_distance
from firmus.analysis.fundamental import fundamental
from firmus.evaluation import intervals
from firmus.learning import recipe, tones
from firmus.learning.corpus import Corpus, Piece
from firmus.learning.parallel import on_every_core
from firmus.render import instruments
from firmus.runtime import timbre, waveform

RATE = partials.RATE
PARTS = ("spectra", "pitch", "recognition", "speed")
FAMILIES = (
    "piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass", "reed", "pipe",
    "synth lead", "synth pad", "synth effects", "ethnic", "percussive", "sound effects",
)  # fmt: skip


def corpus_of(name: str, sets: Path) -> Corpus:
    chosen = recipe.load(Path("recipes") / f"{name}.toml")
    return tones.prepare(chosen, sets, Path("cache"), None, lambda line: None, on_every_core)


def samples_of(piece: Piece) -> np.ndarray:
    return piece.prepared["samples"] / np.float32(32767)


def exact_pitch(piece: Piece) -> float:
    """The pitch as tuned in the SoundFont, so that no distance is due to tuning."""
    return float(69 + 12 * np.log2(piece.prepared["played"][2] / 440))


def nearest(piece: Piece, train: list[Piece]) -> Piece:
    """Training note of the same instrument and velocity that lies nearest in pitch."""
    pitch, velocity = piece.prepared["played"][:2]
    same = [each for each in train if each.style == piece.style and each.prepared["played"][1] == velocity]
    return min(same, key=lambda each: abs(float(each.prepared["played"][0] - pitch)))


def static(piece: Piece, other: Piece) -> np.ndarray:
    """Partials of the other note's mean spectrum at a constant level."""
    amplitudes = other.prepared["amplitudes"].reshape(len(partials.TIMES), -1)
    mean = np.sqrt((amplitudes**2 * np.gradient(partials.TIMES)[:, None]).sum(0) / np.gradient(partials.TIMES).sum())
    hop = round(RATE / additive.FRAMES)
    frames = len(piece.prepared["samples"]) // hop + 2
    levels = np.repeat(mean[None].astype(np.float32), frames, axis=0)
    return additive.harmonic(levels, float(piece.prepared["played"][2]), 0.0, RATE, hop)


def shifted(piece: Piece, other: Piece) -> np.ndarray:
    """The other note, resampled to the pitch."""
    ratio = float(piece.prepared["played"][2] / other.prepared["played"][2])
    source = samples_of(other)
    return np.interp(np.arange(len(piece.prepared["samples"])) * ratio, np.arange(len(source)), source, right=0.0)


def level(samples: np.ndarray) -> float:
    return float(10 * np.log10((samples.astype(np.float64) ** 2).mean() + 1e-9))


def play(model: timbre.Timbre, point: Any, piece: Piece) -> np.ndarray:
    seconds = len(piece.prepared["samples"]) / RATE
    return model.sample(point, exact_pitch(piece), int(piece.prepared["played"][1]), seconds, RATE)


def row(name: str, values: list[tuple[float, float]]) -> None:
    distances, loudness = (np.array(each) for each in zip(*values, strict=True))
    mean, low, high = intervals.ratio(distances, np.ones(len(distances)))
    print(f"| {name} | {mean:.2f} | {low:.2f} to {high:.2f} | {loudness.mean():.2f} |")


def spectra(corpus: Corpus, count: int) -> None:
    model, train = timbre.load("timbre"), corpus.pieces("train")
    names = model.names()
    for split, title in (("valid", "held-out pitches"), ("test", "held-out instruments")):
        pieces = corpus.pieces(split)
        generator = np.random.default_rng(0)
        chosen = [pieces[index] for index in generator.permutation(len(pieces))[:count]]
        found: dict[str, list[tuple[float, float]]] = {}
        for piece in chosen:
            wanted = samples_of(piece)
            pool = [each for each in (train if split == "valid" else pieces) if each.style == piece.style]
            others = [each for each in pool if each.prepared["played"][0] != piece.prepared["played"][0]]
            other = others[int(generator.integers(len(others)))]
            point = model.encode_features(tones.features(other.prepared), float(other.prepared["played"][0]))
            near = nearest(piece, others)
            made = {
                "static additive (floor)": static(piece, near),
                "nearest note, resampled": shifted(piece, near),
                **(
                    {"`timbre`, from the instrument's point": play(model, names[piece.style], piece)}
                    if split == "valid"
                    else {}
                ),
                "`timbre`, from one note": play(model, point, piece),
            }
            for name, sound in made.items():
                sound = sound[: len(wanted)]
                distance = spectral_distance.decibels(sound, wanted[: len(sound)])
                found.setdefault(name, []).append((distance, abs(level(sound) - level(wanted))))
        print(f"\n| {title}, {len(chosen)} notes | distance, dB | 95 % interval | loudness, dB |\n|-|-:|-|-:|")
        for name, values in found.items():
            row(name, values)


def key(wave: Any) -> float:
    """The key that is heard, 0 where none is."""
    found = fundamental(wave, RATE)
    return found.key if found else 0.0


def pitch(corpus: Corpus, count: int) -> None:
    model, generator = timbre.load("timbre"), np.random.default_rng(1)
    names = sorted(model.names())
    asked, answers = [], []
    for index in range(count):
        name, number = names[index % len(names)], int(generator.integers(40, 89))
        asked.append(number)
        answers.append(key(model.sample(model.names()[name], number, 100, 1.0, RATE)))
    real = [each for each in corpus.pieces("valid") if 40 <= each.prepared["played"][0] <= 88]
    real = [real[index] for index in generator.permutation(len(real))[:count]]
    rows = {
        "`timbre`": (np.array(answers), np.array(asked)),
        "the SoundFont itself": (
            np.array([key(samples_of(each)[:RATE]) for each in real]),
            np.array([float(each.prepared["played"][0]) for each in real]),
        ),
    }
    print("\n| pitch | notes | heard | within 50 cents | whole octaves off |\n|-|-:|-:|-:|-:|")
    for name, (found, wanted) in rows.items():
        away = (found - wanted)[found > 0]
        octaves = (np.abs(away) > 6) & (np.abs(away - 12 * np.rint(away / 12)) < 0.5)
        shares = (len(away) / len(found), (np.abs(away) < 0.5).mean(), octaves.mean())
        print(f"| {name} | {len(found)} | " + " | ".join(f"{each:.1%}" for each in shares) + " |")


def resynthesised(piece: Piece) -> np.ndarray:
    """Partials and noise as measured of the note itself, interpolated over the logarithm of time."""
    hop = round(RATE / additive.FRAMES)
    played, seconds = piece.prepared["played"], np.arange(len(piece.prepared["samples"]) // hop + 2) * hop / RATE
    place = np.interp(np.log(np.maximum(seconds, 1e-4)), np.log(partials.TIMES), np.arange(len(partials.TIMES)))
    before = np.minimum(place.astype(int), len(partials.TIMES) - 2)
    share = (place - before)[:, None]

    def frames(name: str) -> np.ndarray:
        levels = np.log(np.maximum(piece.prepared[name].reshape(len(partials.TIMES), -1), 1e-7))
        return np.exp((1 - share) * levels[before] + share * levels[before + 1]).astype(np.float32)

    white = np.random.default_rng(0).uniform(-1, 1, (len(seconds), 2 * hop)).astype(np.float32)
    tones_of = additive.harmonic(frames("amplitudes"), float(played[2]), float(played[3]), RATE, hop)
    return tones_of + additive.filtered_noise(np.minimum(frames("noise"), 1), white, RATE)


class Classifier:
    """A ridge regression of instruments on levels in decibels, alone and times the height of the pitch."""

    def __init__(self, train: list[Piece], count: int, decibels: float) -> None:
        self.count, self.decibels = count, decibels
        self.names = sorted({each.style for each in train})
        times = len(partials.TIMES)
        rows = np.stack(
            [
                self._seen(
                    each.prepared["amplitudes"].reshape(times, -1), each.prepared["bands"].reshape(times, -1),
                    float(each.prepared["played"][0]),
                )
                for each in train
            ]
        )  # fmt: skip
        targets = np.eye(len(self.names))[[self.names.index(each.style) for each in train]]
        kernel = rows @ rows.T  # in its dual: fewer notes than numbers
        self.weights = rows.T @ np.linalg.solve(kernel + 30.0 * np.eye(len(rows)), targets)

    def _seen(self, amplitudes: np.ndarray, bands: np.ndarray, number: float) -> np.ndarray:
        found = []
        for each in (amplitudes[:, : self.count], bands):
            loudest = max(float(np.sqrt((each.astype(np.float64) ** 2).sum(axis=1)).max()), 1e-9)
            found.append(np.clip(1 + 20 * np.log10(np.maximum(each / loudest, 1e-9)) / self.decibels, 0, 1))
        flat, height = np.concatenate(found, axis=1).reshape(-1), (number - 64) / 32
        return np.concatenate([flat, flat * height, [height, height**2, 1.0]])

    def rank(self, levels: tuple[np.ndarray, np.ndarray], number: float, name: str) -> int:
        """How many instruments it finds likelier than the right one."""
        scores = self._seen(*levels, number) @ self.weights
        return int((scores > scores[self.names.index(name)]).sum())


def recognition(corpus: Corpus, count: int) -> None:
    model, train, generator = timbre.load("timbre"), corpus.pieces("train"), np.random.default_rng(2)
    classifiers = {"64 partials, 80 dB": Classifier(train, 64, 80.0), "32 partials, 60 dB": Classifier(train, 32, 60.0)}
    pieces = corpus.pieces("valid")
    chosen = [pieces[index] for index in generator.permutation(len(pieces))[:count]]
    ranks: dict[str, dict[str, list[int]]] = {}
    for piece in chosen:
        number = float(piece.prepared["played"][0])
        sounds = {
            "as rendered": samples_of(piece),
            "as measured of it, without a model": resynthesised(piece),
            "nearest note, resampled": shifted(piece, nearest(piece, train)),
            "as `timbre` plays it": play(model, model.names()[piece.style], piece),
        }
        for name, sound in sounds.items():
            wave = sound[partials.onset(sound, RATE) :].astype(np.float32)
            levels = partials.levels(wave, *partials.tuning(wave, number))
            for kind, each in classifiers.items():
                ranks.setdefault(name, {}).setdefault(kind, []).append(each.rank(levels, number, piece.style))
    names = len(next(iter(classifiers.values())).names)
    heads = " | ".join(f"{kind}: first | among five" for kind in classifiers)
    print(f"\n| {names} instruments, {len(chosen)} held-out notes | {heads} |\n|-|-:|-:|-:|-:|")
    for name, found in ranks.items():
        shares = [f"{np.mean(np.array(each) < most):.1%}" for each in found.values() for most in (1, 5)]
        print(f"| {name} | " + " | ".join(shares) + " |")
    print("\n| family | notes | as rendered | as `timbre` plays it | among five |\n|-|-:|-:|-:|-:|")
    first = {program[0]: FAMILIES[index // 8] for index, program in enumerate(instruments.PROGRAMS)}
    families = np.array([first.get(piece.style, "synthesised") for piece in chosen])
    true, played = (np.array(ranks[name]["32 partials, 60 dB"]) for name in ("as rendered", "as `timbre` plays it"))
    for family in dict.fromkeys([*FAMILIES, "synthesised"]):
        own = families == family
        if own.any():
            shares = [np.mean(true[own] < 1), np.mean(played[own] < 1), np.mean(played[own] < 5)]
            print(f"| {family} | {own.sum()} | " + " | ".join(f"{each:.0%}" for each in shares) + " |")


def least(function: Any, repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        began = time.process_time()
        function()
        times.append(time.process_time() - began)
    return min(times)


def speed(corpus: Corpus, count: int) -> None:
    model = timbre.load("timbre")
    point = model.names()["Flute"]
    model.sample(point, 40, 100, 4.0)
    print(f"\nreal-time factor of `timbre`: {least(lambda: model.sample(point, 40, 100, 4.0)) / 4:.4f} at pitch 40")
    peak = offset = edge = 0.0
    for index, each in enumerate(model.names().values()):
        wave = model.sample(each, 40 + 4 * (index % 12), 127, 1.0)
        peak, offset = max(peak, float(np.abs(wave).max())), max(offset, abs(float(wave.mean())))
        edge = max(edge, abs(float(wave[0])), abs(float(wave[-1])))
    print(f"highest peak {peak:.3f}, constant part {offset:.1e}, first or last sample {edge:.1e}, of all instruments")


def wavenet(sets: Path, count: int) -> None:
    corpus, model = corpus_of("wavenet", sets), waveform.load("wavenet")
    classes = np.bincount(
        np.concatenate([waveform.encoded(samples_of(each)[: model.rate // 4]) for each in corpus.pieces("train")]),
        minlength=256,
    )
    unigram = -np.log((classes + 1) / (classes + 1).sum())
    found: dict[str, list[tuple[float, float]]] = {
        "class frequencies (floor)": [],
        "the sample before": [],
        "`wavenet`": [],
    }
    for wanted, other in tones.pairs(corpus, "valid", min(count, 40)):
        number, velocity, hertz, _ = wanted["played"].tolist()
        samples = (wanted["samples"] / np.float32(32767))[: model.rate // 4]
        point = model.encode_features(tones.features(other), float(other["played"][0]))
        nats, squared = model.score(point, number, hertz, int(velocity), samples)
        found["`wavenet`"].append((float(nats.mean()), float(squared.mean())))
        found["class frequencies (floor)"].append(
            (float(unigram[waveform.encoded(samples)].mean()), float((samples**2).mean()))
        )
        found["the sample before"].append((float("nan"), float((np.diff(samples, prepend=0) ** 2).mean())))
    print("\n| held-out notes, 16 kHz | nats a sample | squared error |\n|-|-:|-:|")
    for name, values in found.items():
        nats, squared = np.mean(values, axis=0)
        print(f"| {name} | {'' if np.isnan(nats) else f'{nats:.3f}'} | {squared:.2e} |")
    point = model.names()["Flute"]
    print(f"\nreal-time factor of `wavenet`: {least(lambda: model.sample(point, 69, 100, 0.25), 2) / 0.25:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="PART")
    parser.add_argument("--sets", type=Path, default=Path("/usr/share/sounds"))
    parser.add_argument("--notes", type=int, default=200)
    options = parser.parse_args()
    corpus = corpus_of("timbre", options.sets)
    for part in options.parts:
        if part == "wavenet":
            wavenet(options.sets, options.notes)
        else:
            {"spectra": spectra, "pitch": pitch, "recognition": recognition, "speed": speed}[part](
                corpus, options.notes
            )


if __name__ == "__main__":
    main()
