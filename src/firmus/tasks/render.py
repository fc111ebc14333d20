"""Rendering: a music file becomes sound, an engraved score, a piano roll."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.errors import InvalidBrief, unknown
from firmus.tasks import AUDIBLE_LABEL, C2PA, PIECES, TUNE, Option, Verb, run_verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus._options import Piece
    from firmus.render.mixing import Mixed
    from firmus.score import Score

HUMANISE = Option(
    "humanise", "play it as people do, so much (0 to 1; 0.5 where no number is said): drums by the groove model, the "
    "rest by the rules of performance", "按真人演奏（0 至 1；不写则 0.5）：鼓由律动模型，其余按演奏规则", float, "0.5",
    bare=0.5,
)  # fmt: skip
VERB = Verb(
    name="render",
    english="turn a music file into sound, a score or a piano roll",
    chinese="把音乐文件渲染为音频、乐谱或钢琴卷帘",
    arguments=(
        PIECES["source"]._replace(metavar="IN"),
        Option(
            "target",
            "sound (.wav .flac .ogg .mp3), score (.pdf .svg) or roll (.png)",
            "音频（.wav .flac .ogg .mp3）、乐谱（.pdf .svg）或卷帘（.png）",
            metavar="OUT.wav",
        ),
    ),
    options=(
        TUNE,
        Option("stems", "also one sound file a part", "另为每个声部输出一个音频文件", bool),
        Option("instrument", "a SoundFont (.sf2, .sf3) that plays a part", "演奏某声部的 SoundFont（.sf2、.sf3）",
               metavar="PART=FILE.sf2"),
        Option("volume", "decibels of a part, or, without a name, of all", "某声部的音量（分贝）；不写名称则为全部",
               metavar="PART=-3"),
        Option("pan", "-1 left to 1 right", "声像：-1 左至 1 右", metavar="PART=-0.5"),
        Option("eq", "decibels of bass, middle and treble", "低、中、高频的增减（分贝）", metavar="PART=+3/0/-2"),
        Option("reverb", "0 dry to 1; 0.16 is usual", "混响：0 为无，至 1；通常 0.16", metavar="PART=0.3"),
        Option("loudness", "in LUFS (default: -14)", "响度，以 LUFS 计（默认 -14）", float, "-14"),
        HUMANISE,
        Option("synthesizer", "firmus (the default), or fluidsynth, where it is installed",
               "合成器：firmus（默认），或已安装的 fluidsynth", metavar="NAME"),
        AUDIBLE_LABEL,
        C2PA,
    ),
    place=12,
)  # fmt: skip
MIXING = ("instrument", "volume", "pan", "eq", "reverb", "synthesizer", "loudness", "humanise")
"""Options that are of sound alone."""


def render(
    source: Piece,
    target: str | PathLike[str],
    *,
    tune: int = 1,
    stems: bool = False,
    audible_label: bool = False,
    c2pa: bool = False,
    force: bool = False,
    beside: str | PathLike[str] | None = None,
    **mixing: Any,
) -> list[Path]:
    """Read a music file, write sound, a score or a piano roll, by the target's ending; what was written.

    What is written of a work of Firmus bears its label, and its sound, where asked for, a C2PA manifest. `beside` is
    the file that a Score was read from. `mixing` is of sound: `instrument`, `volume`, `pan`, `eq`, `reverb`,
    `synthesizer` (`firmus.production.mixer_options`), `loudness` (LUFS), `humanise` (0 to 1).

    Raises
    ------
    FormatError, OutputExists, InvalidBrief
    """
    from firmus import formats
    from firmus.render import files
    from firmus.rights.files import check_marks, label_of
    from firmus.score import Score

    check_marks([Path(target).suffix.lower()], audible_label=audible_label, c2pa=c2pa)
    score = source if isinstance(source, Score) else formats.read(source, tune=tune)
    label = label_of(score, beside if isinstance(source, Score) else source, c2pa=c2pa)
    given = {name: value for name, value in mixing.items() if value is not None}
    sounding = mixed(score, given, Path(target)) if given else score
    return files.render(sounding, Path(target), stems=stems, force=force, audible_label=audible_label, label=label)


def mixed(score: Score, given: dict[str, Any], target: Path) -> Mixed:
    """A score with what was said of its sound.

    Raises
    ------
    InvalidBrief, FirmusError
    """
    from firmus.production import mixer_options
    from firmus.render import files
    from firmus.render.mixing import Mixed

    for name in given:
        if name not in MIXING:
            raise InvalidBrief(unknown("option", name, MIXING))
    if target.suffix.lower() not in files.SOUNDS:
        raise InvalidBrief(f"{', '.join(given)}: of sound alone ({', '.join(files.SOUNDS)}), not of {target.name}")
    words = {name: value for name, value in given.items() if name not in ("loudness", "humanise")}
    chosen = mixer_options.mixer(score, **words)
    amount = given.get("humanise")
    return Mixed(score if amount is None else humanised(score, amount), chosen, given.get("loudness"))


def humanised(score: Score, amount: float) -> Score:
    """A score as people play it: drums by the groove model, everything else by the rules of performance.

    Raises
    ------
    InvalidBrief
    """
    if not 0 <= amount <= 1:
        raise InvalidBrief(f"humanise {amount!r} must be 0 to 1")
    drums = [part.is_drums for part in score.parts]
    if not amount or not score.parts:
        return score
    if not all(drums):
        score = run_verb("perform", Brief(source=score, amount=amount, watermark="off", seed=0))[0].score
    if any(drums):
        score = run_verb("humanise", Brief(source=score, amount=amount, watermark="off", seed=0))[0].score
    return score
