"""The files of a game pack: loops in layers, transitions, stings, cue sheet, Godot resource, page.

=========================== ==========================================================================================
``states/calm/``            ``pad.wav``, ``motion.wav``, ``theme.wav``, ``drums.wav``: layers that add up to
                            ``mix.wav``, all loops (``smpl``); the notes (``piece.mid`` ...)
``transitions/calm-fight.wav``  a bar, a marker at its end, and what rings on behind it
``stings/calm.wav``         2 to 4 seconds
``cues.csv``                every file with its tempo, bars and frames, for FMOD, Wwise and others
``godot/``                  the same as Ogg Vorbis, their import settings, and ``music.tres``
``index.html``              all of it to be heard, without a network
=========================== ==========================================================================================
"""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from firmus._version import __version__
from firmus.composing.commission import draw_seed
from firmus.composing.origin import digest
from firmus.errors import FirmusError, InvalidBrief
from firmus.harmony import Key
from firmus.production.game import godot, joins, page
from firmus.production.game import theme as theme_of
from firmus.production.game.layers import BAR, LAYERS, arranged
from firmus.production.game.states import BEATS, State, read
from firmus.production.scoring import Compose
from firmus.render import files, mastering, soundtrack, synth, wave_chunks
from firmus.rights.files import labelled
from firmus.score import Part, Score, Tempo
from firmus.work import Brief, Origin, Work

BARS = (4, 32)
RING_SECONDS = 0.8  # behind the bar of a transition
QUIETER = 3.0  # LU for each unit of arousal, -1 to 1, below the most agitated state
TRIES = 8  # other chords of the theme, where voices would leap at a join
COLUMNS = ("kind", "name", "file", "from", "to", "layer", "key", "bpm", "beats_per_bar", "bars", "seconds", "frames",
           "loop_start", "loop_end", "exit_frame", "lufs", "voice_leading")  # fmt: skip
README = """{title}: music for a game, by Firmus {version}, seed {seed}

States: {states}. Each is the same theme, a loop of {bars} bars of 4/4, in four layers that add up:
pad, motion, theme, drums. Turn layers on from left to right as the game gets more intense.

Listen first: open index.html in a browser; it needs no network.

Godot 4.3 or later: copy the folder godot/ into your project as res://music/. Godot imports the .ogg files with the
tempo, bars and loops that stand beside them. Give music.tres to an AudioStreamPlayer, and switch by
    player.get_stream_playback().switch_to_clip_by_name("{first}")
A switch waits for the next barline, and plays the transition between. Layers are AudioStreamSynchronized:
    player.stream.get_clip_stream(0).set_sync_stream_volume(3, -60.0)   # the drums of the first state off
A sting is played by another AudioStreamPlayer.

FMOD Studio: an instrument a layer on tracks of one timeline, a loop region of {bars} bars; tempo and bars are in
cues.csv. Transition regions quantised to the bar, with the file of transitions/ as the transition timeline.

Wwise: a Music Segment a state, a track a layer; entry cue at 0, exit cue at the end of the loop; in the Music Switch
Container a transition segment a pair, its exit cue at exit_frame of cues.csv, exit source at the next bar.

Quiet states are quieter: {levels} LUFS. Leave the volumes of all players alike, and the game gets louder as it gets
more intense.

The .wav files are 24 bits, 44.1 kHz, with loop points (smpl); transitions have a marker "exit" at their barline.
Tags in the files say that the music is AI-generated; piece.json in each state says by what.
"""


@dataclass(frozen=True, slots=True)
class Pack:
    """A theme, its states with a Work each, and their sound.

    Parameters
    ----------
    theme : Work
    states : tuple of State
    works : tuple of Work
    loudness : float
        LUFS of the most agitated state.
    seed : int
    """

    theme: Work
    states: tuple[State, ...]
    works: tuple[Work, ...]
    loudness: float
    seed: int

    @property
    def bars(self) -> int:
        """Of each loop."""
        return self.works[0].score.end // BAR

    def level(self, place: int) -> float:
        """Loudness of a state in LUFS: by 3 LU quieter for each unit of arousal below the most agitated one."""
        most = max(state.arousal for state in self.states)
        quieter = self.loudness - QUIETER * (most - self.states[place].arousal)
        return max(round(2 * quieter) / 2, soundtrack.LOUDNESS[0])

    def save(self, folder: str | Path, *, force: bool = False) -> list[Path]:
        """Write the folder of the pack; it appears whole or not at all.

        Raises
        ------
        OutputExists
            Where the folder already holds something, unless `force`.
        """
        target = Path(folder)
        files.check_free(target, force)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            temporary.mkdir(parents=True)
            rows = list(self._write(temporary))
            (temporary / "cues.csv").write_bytes(_table(rows))
            names = [state.name for state in self.states]
            text = README.format(
                title=self.theme.score.title or "Theme", version=self.theme.origin.firmus, seed=self.seed,
                states=", ".join(names), bars=self.bars, first=names[-1],
                levels=", ".join(f"{name} {self.level(place):g}" for place, name in enumerate(names)),
            )  # fmt: skip
            (temporary / "README.txt").write_text(text, encoding="utf-8")
            (temporary / "godot" / "music.tres").write_text(godot.resource(names, rows), encoding="utf-8")
            (temporary / "index.html").write_text(page.html(temporary / "godot", rows), encoding="utf-8")
            _moved(temporary, target)
        except OSError as error:
            raise FirmusError(f"{target}: {error.strerror or error}") from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        first = ("index.html", "README.txt", "cues.csv", "godot/music.tres")
        return [target / name for name in (*first, *(row["file"] for row in rows))]

    def _write(self, folder: Path) -> Iterator[dict[str, Any]]:
        """Write the sound, and say what each file is."""
        (folder / "godot").mkdir()
        for place, (state, work) in enumerate(zip(self.states, self.works, strict=True)):
            home = folder / "states" / state.name
            work.save(home, endings=("mid", "musicxml"))
            for layer, audio in self.loops(place).items():
                yield self._file(folder, f"states/{state.name}/{layer}", audio, work, state, layer=layer,
                                 voice_leading=round(joins.loop_cost(work.score), 2))  # fmt: skip
        for number, two in enumerate(self.states):
            for before, one in enumerate(self.states):
                if before != number:
                    audio, cost = self.transition(before, number)
                    yield self._file(folder, f"transitions/{one.name}-{two.name}", audio, self.works[number], two,
                                     pair=(one.name, two.name), voice_leading=round(cost, 2))  # fmt: skip
            yield self._file(folder, f"stings/{two.name}", self.sting(number), self.works[number], two)

    def loops(self, place: int) -> dict[str, synth.Audio]:
        """Layers of a state, and ``"mix"``, their sum."""
        score = self.works[place].score
        mixed = soundtrack.mix(score, _seconds(score.end, self.states[place]), loudness=self.level(place), loop=True)
        layers = {name: np.zeros_like(mixed.audio.samples) for name in LAYERS}
        for part, (_, stem) in zip(score.parts, mixed.stems, strict=True):
            layers[part.name.split()[0]] += stem.samples
        return {name: synth.Audio(wave) for name, wave in layers.items()} | {"mix": mixed.audio}

    def transition(self, before: int, after: int) -> tuple[synth.Audio, float]:
        """The bar that leads from a state into another, and the cost of its voice leading."""
        states = self.states[before], self.states[after]
        score, cost = joins.transition(self.works[before].score, self.works[after].score, states)
        loudness = (self.level(before) + self.level(after)) / 2
        mixed = soundtrack.mix(score, _seconds(BAR, states[1]) + RING_SECONDS, loudness=loudness)
        return mixed.audio, cost

    def sting(self, place: int) -> synth.Audio:
        """The sting of a state."""
        score, seconds = joins.sting(self.works[place].score, self.states[place])
        return soundtrack.mix(score, seconds, loudness=self.level(place)).audio

    def _file(self, folder: Path, name: str, audio: synth.Audio, work: Work, state: State, *, layer: str = "",
              pair: tuple[str, str] = ("", ""), voice_leading: float | str = "") -> dict[str, Any]:  # fmt: skip
        """Write a sound as WAV and as Ogg Vorbis; its row in the cue sheet."""
        kind = name.partition("/")[0].rstrip("s")
        frames = len(audio.samples)
        bar = round(_seconds(BAR, state) * audio.sample_rate)
        tags = {"title": f"{work.score.title} {name}", "software": f"Firmus {work.origin.firmus}"}
        data = synth.encode(audio, ".wav", tags, bits=24)
        if kind == "state":
            data = wave_chunks.with_loop(data, frames, audio.sample_rate)
        elif kind == "transition":
            data = wave_chunks.with_markers(data, [(bar, "exit")])
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(labelled(work, data, ".wav"))
        row: dict[str, Any] = dict.fromkeys(COLUMNS, "")
        row |= {"kind": kind, "name": state.name if kind != "transition" else "-".join(pair), "file": f"{name}.wav",
                "from": pair[0], "to": pair[1], "layer": layer, "key": state.key.text, "bpm": round(state.bpm, 3),
                "beats_per_bar": BEATS, "seconds": round(audio.seconds, 4), "frames": frames,
                "lufs": _loudness(audio), "voice_leading": voice_leading}  # fmt: skip
        if kind == "state":
            row |= {"bars": self.bars, "loop_start": 0, "loop_end": frames - 1, "exit_frame": frames}
        elif kind == "transition":
            row |= {"bars": 1, "exit_frame": bar}
        if layer != "mix":
            ogg = folder / "godot" / godot.name(row)
            ogg.write_bytes(labelled(work, synth.encode(audio, ".ogg", tags), ".ogg"))
            ogg.with_name(f"{ogg.name}.import").write_text(godot.import_settings(row), encoding="utf-8")
        return row


def make(
    states: str,
    perform: Compose,
    *,
    bars: int = 8,
    key: str | None = None,
    seed: int | None = None,
    loudness: float = synth.LOUDNESS,
    theme: Score | None = None,
    **fields: Any,
) -> Pack:
    """Compose a game pack.

    Parameters
    ----------
    states : str
        Moods, ``"calm,tense,danger"``, or names with moods, ``"village=calm,fight=danger"``.
    perform : callable
        Performs a Brief by a verb.
    bars : int
        Of the theme and of each loop, 4 to 32.
    key : str, optional
    seed : int, optional
    loudness : float
        LUFS of the most agitated state; calmer ones are quieter.
    theme : Score, optional
        A piece whose melody is the theme; else one is composed.
    **fields
        Others of the Brief of the theme, such as `model` and `effort`.

    Raises
    ------
    InvalidBrief, ModelError
    """
    check(loudness, bars)
    drawn = draw_seed() if seed is None else seed
    given = {name: value for name, value in fields.items() if value is not None}
    if theme is not None:
        return _of_theme(states, theme, bars, key, drawn, loudness, given)
    home, bpm, read_states = read(states, key, drawn)
    brief = Brief.of(style="folk", bars=bars, key=home.text, meter="4/4", pickup=0.0, form="none", tempo=bpm,
                     seed=drawn, **given)  # fmt: skip
    composed = perform("compose", brief)
    melody = composed.score.parts[0]
    works = _arranged(composed, melody, bars, home, read_states, drawn)
    return Pack(composed, read_states, works, loudness, drawn)


def check(loudness: float, bars: Any) -> None:
    """Refuse a loudness, or a number of bars, that no pack can have.

    Raises
    ------
    InvalidBrief
    """
    low, high = BARS
    if isinstance(bars, bool) or not isinstance(bars, int) or not low <= bars <= high:
        raise InvalidBrief(f"bars {bars!r} must be {low} to {high}, such as 8")
    quiet, loud = soundtrack.LOUDNESS
    if not quiet <= loudness <= loud:
        raise InvalidBrief(f"loudness {loudness!r} must be from {quiet:g} to {loud:g} LUFS, such as -14, -16 or -23")


def _of_theme(states: str, piece: Score, bars: int, key: str | None, seed: int, loudness: float,
              given: dict[str, Any]) -> Pack:  # fmt: skip
    """A pack whose theme a person gave: nothing of it is composed but what is around it."""
    title = given.pop("title", piece.title)
    if given:
        raise InvalidBrief(f"{', '.join(given)}: no theme is composed where one is given: leave that out")
    melody, home = theme_of.of_piece(piece, bars)
    tonic, bpm, read_states = read(states, key or home.text, seed)
    score = Score((melody,), keys=(home,), tempi=(Tempo(0, bpm),), end=bars * BAR, title=title)
    brief = {"bars": bars, "seed": seed} | ({"key": tonic.text} if key else {})
    origin = Origin(firmus=__version__, model="", weights="", task="game", seed=seed, brief=brief, source=digest(piece))
    kept = Work(score, origin)
    works = _arranged(kept, melody, bars, home, read_states, seed)
    return Pack(kept, read_states, works, loudness, seed)


def _arranged(
    theme: Work, melody: Part, bars: int, home: Key, states: tuple[State, ...], seed: int
) -> tuple[Work, ...]:
    """The theme in each state, with the first chords with which no voice leaps at a join.

    Raises
    ------
    InvalidBrief
        Where there are none.
    """
    worst = 0.0
    for attempt in range(TRIES):
        works = tuple(_work(theme, melody, bars, home, state, seed + attempt * 1_000_003) for state in states)
        worst = joins.worst([work.score for work in works], states)
        if worst <= joins.MOST_MOVEMENT:
            return works
    raise InvalidBrief(
        f"the states join by {worst:.1f} semitones a voice, and {joins.MOST_MOVEMENT:g} are the most: ask for another "
        "seed, key or number of bars"
    )


def _moved(written: Path, target: Path) -> None:
    """Give a folder its name; where one is there, its files of the same names are replaced and all others stay."""
    if not target.exists():
        written.replace(target)
        return
    for path in sorted(each for each in written.rglob("*") if each.is_file()):
        place = target / path.relative_to(written)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)


def _work(composed: Work, melody: Part, bars: int, home: Key, state: State, seed: int) -> Work:
    score = replace(arranged(melody, bars, home, state, seed), title=f"{composed.score.title}: {state.name}"[:200])
    origin = replace(
        composed.origin, task="game", rules={}, watermark="",
        composed=tuple(
            (0, score.end, place)
            for place, part in enumerate(score.parts)
            if composed.origin.model or not part.name.startswith("theme")
        ),
        measured={"key": state.key.text, "tempo": round(state.bpm, 1), "state": state.name,
                  "valence": state.valence, "arousal": state.arousal},
    )  # fmt: skip
    return Work(score, origin)


def _loudness(audio: synth.Audio) -> float | str:
    """LUFS; empty for silence and what is shorter than a block of the measure."""
    measured = mastering.loudness(audio.samples, audio.sample_rate)
    return round(measured, 1) if np.isfinite(measured) else ""


def _seconds(ticks: int, state: State) -> float:
    return ticks / 480 * 60 / state.bpm


def _table(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode("utf-8-sig")  # Excel knows UTF-8 by its mark
