"""The resource that Godot 4.3 and later play: an `AudioStreamInteractive` with a clip a state and a clip a transition.

Source: Godot's modules/interactive_music and its text resources (format 3). A stream waits for a barline only where
it knows its tempo, which Ogg Vorbis does and WAV does not: so the clips are Ogg Vorbis, their tempo, beats and loop
in import settings beside them. A clip of a state is an `AudioStreamSynchronized` of its layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from firmus.production.game.joins import FADE_BEATS

NEXT_BAR, AT_START, CROSSFADE = 2, 1, 3  # TransitionFromTime, TransitionToTime, FadeMode
FOLDER = "res://music/"
Row = Mapping[str, Any]


def name(row: Row) -> str:
    """File of a row of the cue sheet.

    Examples
    --------
    >>> name({"file": "states/calm/pad.wav"}), name({"file": "transitions/calm-fight.wav"})
    ('state_calm_pad.ogg', 'transition_calm-fight.ogg')
    """
    kind, *rest = row["file"].removesuffix(".wav").split("/")
    return f"{'_'.join((kind.rstrip('s'), *rest))}.ogg"


def import_settings(row: Row) -> str:
    """Import settings of an Ogg Vorbis file: tempo, beats, and whether it loops."""
    beats = row["beats_per_bar"] * row["bars"] if row["bars"] else 0
    loop = str(row["kind"] == "state").lower()
    return (
        '[remap]\n\nimporter="oggvorbisstr"\ntype="AudioStreamOggVorbis"\n\n[deps]\n\n'
        f'source_file="{FOLDER}{name(row)}"\n\n[params]\n\nloop={loop}\nloop_offset=0\nbpm={row["bpm"]}\n'
        f"beat_count={beats}\nbar_beats={row['beats_per_bar']}\n"
    )


def resource(states: Sequence[str], rows: Sequence[Row]) -> str:
    """The text of ``music.tres``.

    Parameters
    ----------
    states : sequence of str
    rows : sequence of mapping
        Of the cue sheet.
    """
    layers = {state: [row for row in rows if row["kind"] == "state" and row["name"] == state and row["layer"] != "mix"]
              for state in states}  # fmt: skip
    fillers = [row for row in rows if row["kind"] == "transition"]
    used = [row for state in states for row in layers[state]] + fillers
    number = {name(row): place for place, row in enumerate(used, 1)}
    entries = [f'[gd_resource type="AudioStreamInteractive" load_steps={len(used) + len(states) + 1} format=3]\n']
    entries += [
        f'[ext_resource type="AudioStream" path="{FOLDER}{file}" id="{place}"]' for file, place in number.items()
    ]
    for state in states:
        entries.append(
            f'\n[sub_resource type="AudioStreamSynchronized" id="{state}"]\nstream_count = {len(layers[state])}'
        )
        for place, row in enumerate(layers[state]):
            entries.append(f'stream_{place}/stream = ExtResource("{number[name(row)]}")\nstream_{place}/volume = 0.0')
    entries.append(f"\n[resource]\nclip_count = {len(states) + len(fillers)}")
    clips = [(state, f'SubResource("{state}")') for state in states]
    clips += [(f"{row['from']} to {row['to']}", f'ExtResource("{number[name(row)]}")') for row in fillers]
    for place, (clip, stream) in enumerate(clips):
        entries.append(f'clip_{place}/name = &"{clip}"\nclip_{place}/stream = {stream}\nclip_{place}/auto_advance = 0')
    entries.append("initial_clip = 0\n_transitions = {")
    places = {state: place for place, state in enumerate(states)}
    table = [
        f'Vector2i({places[row["from"]]}, {places[row["to"]]}): {{\n"fade_beats": {FADE_BEATS},\n'
        f'"fade_mode": {CROSSFADE},\n"filler_clip": {len(states) + place},\n"from_time": {NEXT_BAR},\n'
        f'"to_time": {AT_START},\n"use_filler_clip": true\n}}'
        for place, row in enumerate(fillers)
    ]
    return "\n".join(entries) + "\n" + ",\n".join(table) + "\n}\n"
