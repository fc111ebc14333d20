"""SFZ: an instrument as a text file and a folder of WAV files, to be edited by hand.

Source: the SFZ format 1 of Cakewalk (opcodes as https://sfzformat.com lists them). Samples have 24 bits; each bears its
loop and root key itself, too, in a ``smpl`` chunk.
"""

from __future__ import annotations

import io

import numpy as np

from firmus.render import wave_chunks
from firmus.render.multisample.zones import Instrument, Zone
from firmus.render.soundfont import Envelope

EXTENSION, MEDIA_TYPE = ".sfz", "text/plain"
FOLDER = "samples"


def write(instrument: Instrument) -> dict[str, bytes]:
    """Contents of the files of an instrument by name: the text first, then the samples.

    Examples
    --------
    >>> wave = np.zeros(1000, np.float32)
    >>> list(write(Instrument("Flute", (Zone(wave, 44100, 60, loop=(100, 900)),))))
    ['Flute.sfz', 'samples/Flute-01-C4.wav']
    """
    name = safe_name(instrument.name)
    lines = [f"// {instrument.name}", *(f"// {line}" for line in instrument.comment.splitlines())]
    lines += ["<control>", f"default_path={FOLDER}/", "<global>", "amp_veltrack=100"]
    files = {}
    for number, zone in enumerate(instrument.zones, 1):
        file = f"{name}-{number:02d}-{_key(zone.root)}.wav"
        files[f"{FOLDER}/{file}"] = _wave_file(zone)
        lines += ["", "<region>", f"sample={file}", *_opcodes(zone)]
    return {f"{name}{EXTENSION}": ("\n".join(lines) + "\n").encode(), **files}


def safe_name(name: str) -> str:
    """A name as that of a file: letters and digits of any script, hyphens.

    Examples
    --------
    >>> safe_name("my take / 2"), safe_name("..")
    ('my-take-2', 'instrument')
    """
    words = "".join(letter if letter.isalnum() or letter == "_" else " " for letter in name).split()
    return "-".join(words)[:60] or "instrument"


def _key(key: int) -> str:
    return ("C", "Cs", "D", "Ds", "E", "F", "Fs", "G", "Gs", "A", "As", "B")[key % 12] + str(key // 12 - 1)


def _opcodes(zone: Zone) -> list[str]:
    opcodes: dict[str, object] = {
        "lokey": zone.keys[0], "hikey": zone.keys[1], "lovel": zone.velocities[0], "hivel": zone.velocities[1],
        "pitch_keycenter": zone.root, "tune": round(zone.tune),
    }  # fmt: skip
    opcodes |= {"loop_mode": "no_loop"}
    if zone.loop:
        opcodes |= {"loop_mode": "loop_continuous", "loop_start": zone.loop[0], "loop_end": zone.loop[1] - 1}
    return [f"{name}={value}" for name, value in (opcodes | _envelope(zone.envelope)).items()]


def _envelope(envelope: Envelope) -> dict[str, str]:
    """Times in seconds; sustain as the share in percent that is left of the amplitude."""
    percent = 100 * 10 ** (-min(envelope.sustain, 1440) / 200)
    times = {"delay": envelope.delay, "attack": envelope.attack, "hold": envelope.hold, "decay": envelope.decay,
             "release": envelope.release}  # fmt: skip
    opcodes = {f"ampeg_{name}": f"{value:.3f}" for name, value in times.items() if value > 0}
    return opcodes | ({"ampeg_sustain": f"{percent:.3f}"} if envelope.sustain > 0 else {})


def _wave_file(zone: Zone) -> bytes:
    import soundfile

    target = io.BytesIO()
    with soundfile.SoundFile(target, "w", zone.rate, 1, "PCM_24", format="WAV") as file:
        file.write(np.clip(zone.wave, -1.0, 1.0))
    data = target.getvalue()
    if not zone.loop:
        return data
    return wave_chunks.with_loop(data, zone.loop[1], zone.rate, first=zone.loop[0], key=zone.root)
