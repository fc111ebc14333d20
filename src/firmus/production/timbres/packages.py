"""An instrument as it is delivered: SoundFont, SFZ with its samples, a preview with its picture, and its origin.

Of an instrument ``flute`` a folder holds ``flute.sf2``, ``flute.sfz`` and ``samples/``, ``flute.wav`` (a phrase and a
chord), ``flute.png`` (the spectrogram of these) and ``flute.json`` (where it comes from, and what was measured).
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from firmus.errors import FirmusError
from firmus.render import spectrogram, synth
from firmus.render.files import check_free
from firmus.render.mixing import Channel, Mixer
from firmus.render.multisample import looping, sf2, sfz
from firmus.render.multisample.zones import Instrument
from firmus.render.soundfont import SoundFont
from firmus.rights.files import labelled_as
from firmus.rights.manifest import of_origin
from firmus.score import Note, Part, Score, Tempo
from firmus.work import Origin

PHRASE = (0, 4, 7, 12, 16, 12, 7, 4)  # semitones above the tonic
CHORD = (0, 7, 12, 16)
CHORD_QUARTERS = 4
BPM = 120.0
LOUDNESS = -18.0


@dataclass(frozen=True, slots=True)
class Package:
    """A sampled instrument with its origin, and what is to be said of it.

    Parameters
    ----------
    instrument : Instrument
    origin : Origin
    warnings : tuple of str
    tonic : int
        The key about which its preview is played.
    """

    instrument: Instrument
    origin: Origin
    warnings: tuple[str, ...] = ()
    tonic: int = 60

    @property
    def name(self) -> str:
        """Name of its files."""
        return sfz.safe_name(self.instrument.name)

    def soundfont(self) -> bytes:
        """The SoundFont 2 file."""
        return sf2.write(self.instrument)

    def preview(self) -> synth.Audio:
        """A phrase and a chord, played by it."""
        notes = [Note(240 * step, 240, self.tonic + each, 70 + 6 * step) for step, each in enumerate(PHRASE)]
        start = 240 * len(PHRASE)
        notes += [Note(start, 480 * CHORD_QUARTERS, self.tonic + each, 90) for each in CHORD]
        score = Score((Part("", tuple(notes)),), tempi=(Tempo(0, BPM),))
        return synth.render(score, loudness=LOUDNESS, mixer=Mixer({0: Channel(font=SoundFont(self.soundfont()))}))

    def files(self) -> dict[str, bytes]:
        """Contents of its files, by name."""
        audio, name = self.preview(), self.name
        tags = {"title": self.instrument.name, "software": f"Firmus {self.origin.firmus}",
                "comment": self.instrument.comment}  # fmt: skip
        sound = synth.encode(audio, ".wav", tags)
        if self.origin.ai_generated:
            sound = labelled_as(of_origin(self.origin), sound, ".wav")
        document = {"format": "firmus-timbre", "version": 1, "origin": asdict(self.origin)}
        return {
            f"{name}.sf2": self.soundfont(),
            **sfz.write(self.instrument),
            f"{name}.wav": sound,
            f"{name}.png": spectrogram.png(audio, self.instrument.name),
            f"{name}.json": (json.dumps(document, ensure_ascii=False) + "\n").encode(),
        }

    def save(self, folder: str | Path, *, force: bool = False) -> list[Path]:
        """Write its folder; it appears whole or not at all.

        Raises
        ------
        OutputExists
            Where the folder holds something, unless `force`.
        """
        target = Path(folder)
        check_free(target, force)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        shutil.rmtree(temporary, ignore_errors=True)
        written = self.files()
        try:
            (temporary / sfz.FOLDER).mkdir(parents=True)
            for name, data in written.items():
                (temporary / name).write_bytes(data)
            (target / sfz.FOLDER).mkdir(parents=True, exist_ok=True)
            for name in written:
                (temporary / name).replace(target / name)
        except OSError as error:
            raise FirmusError(f"{target}: {error.strerror or error}") from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return [target / name for name in written if not name.startswith(sfz.FOLDER)]


def measured(instrument: Instrument) -> dict[str, object]:
    """What is measured of an instrument: its zones, roots, length, and how far the joints of its loops stand out."""
    loops = [(zone.wave, zone.loop) for zone in instrument.zones if zone.loop]
    return {
        "zones": len(instrument.zones),
        "roots": sorted({zone.root for zone in instrument.zones}),
        "seconds": round(sum(zone.seconds for zone in instrument.zones), 2),
        "loops": len(loops),
        "joint": round(max((looping.click(wave, loop) for wave, loop in loops), default=0.0), 3),
    }
