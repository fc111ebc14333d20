"""Game packs: one theme in several states, in layers, with transitions, stings, and what engines load."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.tasks import OPTION, OUT, Option, Verb

if TYPE_CHECKING:
    from firmus.production.game.pack import Pack
    from firmus.progress import Progress
    from firmus.score import Score

VERB = Verb(
    name="game",
    english="compose music for a game: one theme in states and layers, with transitions and stings",
    chinese="为游戏配乐：同一主题的多种状态与分层，附过渡与短乐句",
    arguments=(
        Option(
            "states",
            "2 to 7 moods, or names with moods: calm,tense,danger or village=calm,cave=mystery",
            "2 至 7 种情绪，或“名称=情绪”：平静,紧张,危险 或 village=calm,cave=mystery",
            metavar="STATES",
        ),
    ),
    options=(
        Option("bars", "of each loop, 4 to 32 (default: 8)", "每个循环的小节数，4 至 32（默认 8）", int, "8"),
        OPTION["key"],
        Option(
            "theme",
            "a music file whose melody is the theme: each state keeps it",
            "以此乐谱文件的旋律为主题：各状态都保留它",
            metavar="FILE",
        ),
        Option(
            "loudness",
            "of the most agitated state, in LUFS; calmer ones are quieter (default: -14)",
            "最激动状态的响度，以 LUFS 计；较平静者较轻（默认 -14）",
            float,
            "-16",
        ),
        OPTION["title"],
        OPTION["model"],
        OPTION["seed"],
        OPTION["effort"],
        OUT._replace(english="folder for the files (default: out/game)", chinese="输出文件夹（默认 out/game）"),
    ),
    place=10,
)


def game(
    states: str, *, theme: Score | str | PathLike[str] | None = None, progress: Progress | None = None, **options: Any
) -> Pack:
    """Compose a game pack; see `firmus.production.game.pack.make`.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus import formats, tasks
    from firmus.production.game import pack

    piece = formats.read(Path(theme)) if isinstance(theme, str | PathLike) else theme
    return pack.make(states, tasks.performing(progress), theme=piece, **options)


def run(states: str, *, out: str | PathLike[str] | None = None, force: bool = False, **options: Any) -> list[Path]:
    """Compose a game pack, and write its folder.

    Raises
    ------
    InvalidBrief, ModelError, OutputExists
    """
    from firmus import progress
    from firmus.render import files

    folder = Path(out) if out else files.free_folder(Path("out") / "game")
    files.check_free(folder, force)
    given = {name: value for name, value in options.items() if value is not None}
    return game(states, progress=progress.shown(), **given).save(folder, force=force)
