"""Producing: music for a scene, cut to the sample, with what its editor needs; one cue, or a table of them."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.tasks import OPTION, OUT, Option, Verb

if TYPE_CHECKING:
    from firmus.production.cues import Cue
    from firmus.progress import Progress

VERB = Verb(
    name="produce",
    english="compose music for a scene, of an exact length, with stems and a cue sheet; or a table of cues",
    chinese="为场景配乐：时长精确，附分轨与提示表；也可由表格批量制作",
    arguments=(
        Option(
            "scene",
            "such as 'calm until 0:12, danger 0:12-0:20, release', or a table of cues (.csv)",
            "如 '平静到0:12，危险0:12-0:20，释放'，或提示表（.csv）",
            metavar="SCENE|CUES.csv",
        ),
    ),
    options=(
        Option("seconds", "exact length in seconds, 2 to 3600", "精确时长（秒），2 至 3600", float, "30"),
        OPTION["style"],
        OPTION["key"],
        Option("loop", "end where it begins, without a joint", "首尾无缝相接，可循环播放", bool),
        Option("loudness", "in LUFS (default: -14)", "响度，以 LUFS 计（默认 -14）", float, "-16"),
        Option("speech", "when there is speech, for which the music goes down", "有对白的时段，音乐随之减弱", str,
               "0:05-0:12"),
        OPTION["title"],
        OPTION["model"],
        OPTION["seed"],
        OPTION["effort"],
        OUT._replace(
            english="folder for the files (default: out/cue, or out/<name of the table>)",
            chinese="输出文件夹（默认 out/cue 或 out/<表格名>）",
        ),
    ),
    place=9,
)  # fmt: skip


def produce(scene: str, *, seconds: float, progress: Progress | None = None, **options: Any) -> Cue:
    """Compose music for a scene; see `firmus.production.cues.produce`.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus import tasks
    from firmus.production import cues

    return cues.produce(scene, seconds, tasks.performing(progress), **options)


def run(
    scene: str, *, seconds: float | None = None, out: str | PathLike[str] | None = None, force: bool = False,
    **options: Any,
) -> list[Path]:  # fmt: skip
    """Compose a cue, or every cue of a table, and write the folder of each.

    Raises
    ------
    InvalidBrief, ModelError, OutputExists
    """
    from firmus import progress, tasks
    from firmus.errors import InvalidBrief
    from firmus.production import tables
    from firmus.render import files

    given = {name: value for name, value in options.items() if value not in (None, False)}
    show = progress.shown()
    if scene.lower().endswith(".csv"):
        if given or seconds is not None:
            raise InvalidBrief(f"{', '.join(given) or 'seconds'}: a table of cues has a column for it")
        rows = tables.read(Path(scene))
        return tables.produce(rows, Path(out or Path("out") / Path(scene).stem), tasks.performing(None), show)
    if seconds is None:
        raise InvalidBrief("a scene needs its length: give seconds, such as --seconds 30")
    folder = Path(out) if out else files.free_folder(Path("out") / "cue")
    files.check_free(folder, force)
    return produce(scene, seconds=seconds, progress=show, **given).save(folder, force=force)
