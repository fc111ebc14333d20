"""Sound effects: a riser, an impact, rain, a click, synthesised by rules, with a picture."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.tasks import OPTION, OUT, Option, Verb

if TYPE_CHECKING:
    from firmus.production.effects import Effect

VERB = Verb(
    name="effects",
    english="synthesise a sound effect, with its picture: riser, impact, rain, click ...",
    chinese="合成音效并附频谱图：渐升、撞击、雨声、点击等",
    arguments=(
        Option(
            "kind",
            "riser, impact, sweep; rain, wind, room, machine; click, confirm, error, notify, coin",
            "riser（渐升）、impact（撞击）、sweep（掠过）；rain（雨）、wind（风）、room（房间）、machine（机器）；"
            "click（点击）、confirm（确认）、error（出错）、notify（通知）、coin（金币）",
            metavar="KIND",
        ),
    ),
    options=(
        Option("seconds", "how long (default: as is usual of the kind)", "时长（秒；默认依种类）", float, "3"),
        Option("pitch", "in hertz: where it arrives, hums, rings", "音高（赫兹）：到达、嗡鸣或鸣响之处", float, "440"),
        Option("brightness", "0 dark, 0.5 as it is, 1 bright", "明亮度：0 暗，0.5 原样，1 亮", float, "0..1"),
        Option("tone", "0 noise to 1 pitched", "音调性：0 为噪声，1 为乐音", float, "0..1"),
        Option("space", "0 dry to 1: how much reverberation", "空间感：0 为无混响，至 1", float, "0..1"),
        Option("rate", "pulses, flutter, drops, gusts, strokes a second", "每秒的脉动、雨滴、阵风或冲程数", float, "8"),
        Option("loop", "end where it begins, without a joint (ambiences)", "首尾无缝相接，可循环播放（环境声）", bool),
        Option("loudness", "in LUFS (default: -20)", "响度，以 LUFS 计（默认 -20）", float, "-20"),
        OPTION["seed"]._replace(
            english="the same seed gives the same sound; another a variant", chinese="种子相同，声音相同；不同则得变体"
        ),
        OUT._replace(
            english="the sound file (default: out/<kind>.wav)", chinese="声音文件（默认 out/<种类>.wav）",
            metavar="OUT.wav",
        ),
    ),
    place=10,
)  # fmt: skip


def effects(kind: str, **options: Any) -> Effect:
    """Synthesise a sound effect; see `firmus.production.effects.effect`.

    Raises
    ------
    InvalidBrief
    """
    from firmus.production.effects import effect

    return effect(kind, **options)


def run(kind: str, *, out: str | PathLike[str] | None = None, force: bool = False, **options: Any) -> list[Path]:
    """Synthesise a sound effect, and write its sound, its picture and its settings.

    Raises
    ------
    InvalidBrief, OutputExists
    """
    made = effects(kind, **{name: value for name, value in options.items() if value is not None})
    return made.save(Path(out) if out else _free_file(made.kind), force=force)


def _free_file(kind: str) -> Path:
    """The first of ``out/rain.wav``, ``out/rain-2.wav`` ... that is not there; its folder is made."""
    from itertools import count

    folder = Path("out")
    folder.mkdir(exist_ok=True)
    names = (folder / f"{kind}{'' if number == 1 else f'-{number}'}.wav" for number in count(1))
    return next(path for path in names if not path.exists())
