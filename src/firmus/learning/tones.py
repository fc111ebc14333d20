"""A corpus of tones: recorded notes with the levels of their partials, and batches of them for models of sound."""

from __future__ import annotations

import hashlib
import io
import json
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from firmus import plugins
from firmus.analysis import fundamental, partials, spectral_distance
from firmus.errors import FirmusError, RecipeError
from firmus.learning import corpus as corpora
from firmus.learning import tone_sets
from firmus.learning.corpus import Corpus, Piece
from firmus.learning.parallel import Spread
from firmus.learning.recipe import TONES, Recipe, fill
from firmus.learning.sources import source
from firmus.learning.tone_sets import ToneFile
from firmus.raster import Prepared
from firmus.runtime.timbre import Timbre
from firmus.runtime.waveform import Waveform
from firmus.runtime.weights import Card

SETS = {"fluidr3": tone_sets.rendered, "synthesised-tones": tone_sets.synthesised}
FEW = 100  # files that are read sooner than other processes begin
LONGEST = 60.0  # seconds of a recording that is no single note
AT_ONSET = 0.4  # share of the stretches that begin with the note


def prepare(
    recipe: Recipe, data: Path, cache: Path, user_folder: Path | None, report: Callable[[str], None], spread: Spread
) -> Corpus:
    """Corpus of a recipe's sets of tones or of a folder of recordings, from the cache where nothing has changed."""
    module = plugins.load("firmus.models", recipe.model)
    stamp = [recipe.data.sets, module.RATE, module.SECONDS]
    if user_folder is not None:
        stamp += [str(user_folder.resolve()), [(p.name, p.stat().st_size) for p in sorted(user_folder.rglob("*"))]]
    digest = hashlib.sha256(json.dumps(stamp).encode())
    for code in (tone_sets, partials):
        digest.update(Path(str(code.__file__)).read_bytes())
    path = cache / f"{recipe.name}-{digest.hexdigest()[:20]}.npz"
    if path.exists():
        report(f"prepared tones from {path.name}")
        return corpora.load(path, recipe.data.weights, recipe.data.shares)
    began = time.monotonic()
    pieces: list[Piece] = []
    for name in recipe.data.sets if user_folder is None else ("folder",):
        if user_folder is None and name not in SETS:
            raise RecipeError(f"set {name!r} holds no tones: {', '.join(SETS)} do")
        files = list(
            SETS[name](data, spread) if user_folder is None else recordings(user_folder, report, module.PITCHED)
        )
        jobs = [(each, module.RATE, module.SECONDS) for each in files]
        licence = source(name).licence if user_folder is None else "as its owner says"
        arrays = spread(_prepared, jobs) if len(jobs) > FEW else map(_prepared, jobs)
        for each, prepared in zip(files, arrays, strict=True):
            count = len(prepared["samples"])
            pieces.append(Piece(each.name, name, licence, each.split, prepared, count, each.instrument))
        report(f"{name}: {len(files):,} tones of {len({each.instrument for each in files})} instruments")
    if not any(piece.split == "train" for piece in pieces):
        raise RecipeError("no tone to train on is left: a folder must hold sound files in which something sounds")
    report(f"{len(pieces):,} tones in {time.monotonic() - began:.0f} s")
    corpus = Corpus(TONES, pieces, recipe.data.weights, {}, recipe.data.shares)
    corpora.save(corpus, path)
    return corpus


def recordings(folder: Path, report: Callable[[str], None], pitched: bool = False) -> Iterator[ToneFile]:
    """Sound files of a folder, mono, trimmed; the pitch is found where the file holds one note.

    Where they must be `pitched`, others are left out.
    """
    from firmus.analysis import sound

    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and sound.is_sound(path)]
    for index, path in enumerate(files):
        try:
            audio = sound.read(path)
        except FirmusError as error:
            report(f"left out: {error}")
            continue
        first, last = audio.sounding()
        wave = audio.mono(tone_sets.RATE)[round(first * tone_sets.RATE) : round(last * tone_sets.RATE)]
        if len(wave) < tone_sets.RATE // 10:
            report(f"left out: {path.name} is silent, or shorter than 0.1 s")
            continue
        wave = wave * np.float32(0.5 / np.abs(wave).max())
        found = fundamental.fundamental(wave, tone_sets.RATE)
        pitch = found.key if found else 0.0
        if pitched and not pitch:
            report(f"left out: {path.name} is no note of one pitch")
            continue
        instrument = path.parent.name if path.parent != folder else path.stem
        split = "valid" if index % 8 == 5 else "train"
        yield ToneFile(str(path.relative_to(folder)), tone_sets.written(wave), instrument, pitch, 100, split)


def _prepared(job: tuple[ToneFile, int, float]) -> Prepared:
    """Arrays of a tone: samples at a rate, levels of its partials, and what is played."""
    import soundfile

    file, rate, duration = job
    wave, own_rate = soundfile.read(io.BytesIO(file.data), dtype="float32")
    native = partials.resampled(wave, own_rate)
    native = native[partials.onset(native, partials.RATE) :]
    hertz, stretch = partials.tuning(native, file.pitch) if file.pitch else (220.0, 0.0)
    amplitudes, bands = partials.levels(native, hertz, stretch)
    kept = native[: round((duration if file.pitch else LONGEST) * partials.RATE)]
    samples = partials.resampled(kept, partials.RATE, rate)
    return {
        "samples": np.clip(np.rint(samples * 32767), -32767, 32767).astype(np.int16),
        "amplitudes": amplitudes.reshape(-1),
        "bands": bands.reshape(-1),
        "noise": partials.noise(native, hertz, stretch).reshape(-1),
        "power": partials.power(native, hertz),
        "played": np.array([file.pitch, file.velocity, hertz if file.pitch else 0.0, stretch], np.float32),
    }


def features(prepared: Prepared) -> NDArray[np.float32]:
    """What an encoder sees of a tone."""
    times = len(partials.TIMES)
    return partials.normalised(prepared["amplitudes"].reshape(times, -1), prepared["bands"].reshape(times, -1))


def player(card: Card) -> Timbre | Waveform:
    """The runtime of an instrument's card."""
    return Timbre(card, threads=1) if "decode" in card.facts["graphs"] else Waveform(card)


def instruments(corpus: Corpus) -> list[str]:
    """Names of the instruments of the training set, in the order of their points."""
    return sorted({piece.style for piece in corpus.pieces("train")})


def describe(card: Card, corpus: Corpus, network: Any) -> dict[str, Any]:
    """Facts for a card: where each instrument lies, and which were held out.

    An instrument lies where the network learnt it to, where it learns points, else at the mean of its notes.
    """
    playing = player(card)
    by_name: dict[str, list[Prepared]] = {}
    for piece in corpus.all_pieces:
        if piece.split != "valid":
            by_name.setdefault(piece.style, []).append(piece.prepared)
    points = {
        name: np.mean([playing.encode_features(features(each), each["played"][0]) for each in some], axis=0)
        for name, some in by_name.items()
    }
    if hasattr(network, "points"):
        points |= dict(zip(instruments(corpus), network.points.detach().cpu().numpy(), strict=False))
    held_out = sorted({piece.style for piece in corpus.all_pieces if piece.split == "test"})
    rounded = {name: [round(float(each), 4) for each in point] for name, point in points.items()}
    return {"instruments": rounded, "held_out": held_out}


def pairs(corpus: Corpus, split: str, count: int, seed: int = 0) -> Iterator[tuple[Prepared, Prepared]]:
    """Held-out notes, each with another note of its instrument: of the training notes, where these have any."""
    generator = np.random.default_rng(seed)
    known: dict[str, list[Prepared]] = {}
    trained = {piece.style for piece in corpus.pieces("train")}
    for piece in corpus.all_pieces:
        if piece.split == "train" or piece.style not in trained:
            known.setdefault(piece.style, []).append(piece.prepared)
    wanted = corpus.pieces(split)
    for index in generator.permutation(len(wanted))[:count].tolist():
        others = known[wanted[index].style]
        yield wanted[index].prepared, others[int(generator.integers(len(others)))]


def held_out(card: Card, corpus: Corpus) -> dict[str, float]:
    """Metrics on notes of held-out pitches, each played from another note of its instrument.

    Of harmonics and noise, the mean distance of logarithmic spectra in decibels
    (`firmus.analysis.spectral_distance`); of a waveform, nats and squared error of a sample, in 0.1 s of each.
    """
    playing = player(card)
    split = "valid" if corpus.pieces("valid") else "train"
    found: list[tuple[float, ...]] = []
    for wanted, other in pairs(corpus, split, 40 if isinstance(playing, Timbre) else 3):
        pitch, velocity, hertz, _ = wanted["played"].tolist()
        point = playing.encode_features(features(other), float(other["played"][0]))
        samples = (wanted["samples"] / 32767).astype(np.float32)
        if isinstance(playing, Timbre):
            tuned = float(69 + 12 * np.log2(hertz / 440))
            played = playing.sample(point, tuned, int(velocity), len(samples) / partials.RATE, partials.RATE)
            found.append((spectral_distance.decibels(played, samples[: len(played)]),))
        else:
            nats, squared = playing.score(point, pitch, hertz, int(velocity), samples[: playing.rate // 10])
            found.append((float(nats.mean()), float(squared.mean())))
    names = ("spectral_decibels",) if isinstance(playing, Timbre) else ("nats_per_sample", "squared_error")
    return {
        f"validation_{name}": round(float(each), 5) for name, each in zip(names, np.mean(found, axis=0), strict=True)
    }


def batches(
    recipe: Recipe, corpus: Corpus, processes: int, generator: np.random.Generator, split: str, length: int
) -> Iterator[tuple[Tensor, ...]]:
    """Stretches of tones, each beside another tone of its instrument.

    Yields
    ------
    tuple of Tensor
        samples (B, N) from -1 to 1; the sample (B,) of the note at which they begin; its pitch, velocity, hertz and
        stretch (B,); amplitudes (B, 16, 96); features (B, 16, 96) and pitch (B,) of another note of the instrument;
        gains of noise (B, 16, 32) and power (B, 16); the instrument's number (B,), of `instruments`, or 0.
    """
    _check_room(recipe, corpus)
    size = max(1, recipe.training.batch_windows // processes)
    pieces = corpus.pieces(split)
    groups: dict[str, list[int]] = {}
    for index, piece in enumerate(pieces):
        groups.setdefault(piece.style, []).append(index)
    seen = [features(piece.prepared).astype(np.float16) for piece in pieces]
    names, known = sorted(groups), instruments(corpus)
    numbers = {name: known.index(name) if name in known else 0 for name in names}
    times = len(partials.TIMES)
    while True:
        rows: list[tuple[Any, ...]] = []
        for _ in range(size):
            name = names[int(generator.integers(len(names)))]
            group = groups[name]
            index, other = (group[int(generator.integers(len(group)))] for _ in range(2))
            prepared = pieces[index].prepared
            samples = prepared["samples"]
            latest = max(len(samples) - length, 0)
            first = 0 if generator.random() < AT_ONSET else int(latest * generator.random() ** 2)
            cut = samples[first : first + length].astype(np.float32) / 32767
            cut = np.pad(cut, (0, length - len(cut)))
            played = prepared["played"]
            rows.append(
                (
                    cut, np.float32(first), *(played[i] for i in range(4)),
                    prepared["amplitudes"].reshape(times, -1), seen[other].astype(np.float32),
                    pieces[other].prepared["played"][0], prepared["noise"].reshape(times, -1), prepared["power"],
                    np.int64(numbers[name]),
                )
            )  # fmt: skip
        yield tuple(torch.from_numpy(np.stack(each)) for each in zip(*rows, strict=True))


def _check_room(recipe: Recipe, corpus: Corpus) -> None:
    """Check that each instrument has a point, where the network learns points.

    Raises
    ------
    RecipeError
    """
    config = fill(plugins.load("firmus.models", recipe.model).Config, recipe.network, "network")
    count, most = len(instruments(corpus)), getattr(config, "instruments", math.inf)
    if count > most:
        raise RecipeError(
            f"{count} instruments to learn from, {most} in the recipe: put the notes of an instrument in a folder of "
            "its own, or set instruments in [network] higher"
        )
