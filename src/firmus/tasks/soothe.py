"""Soothing: a session of music from how somebody feels to how they want to feel, and a log of how it went."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.tasks import OPTION, OUT, Option, Verb

if TYPE_CHECKING:
    from firmus.production.sessions import Session
    from firmus.progress import Progress

LOG = "log"
VERB = Verb(
    name="soothe",
    english="a session of music to become calm, sleep, focus, cheer up or walk by; no medical device",
    chinese="用于放松、入睡、专注、振作或步行的音乐时段；并非医疗用品",
    arguments=(
        Option(
            "session", "calm, sleep, focus, lift, gait; or log, for the log on this machine",
            "calm（放松）、sleep（入睡）、focus（专注）、lift（振作）、gait（步行）；或 log：本机的记录",
            metavar="SESSION",
        ),
    ),
    options=(
        Option("minutes", "5 to 60 (default: 15)", "5 至 60（默认 15）", float, "20"),
        Option("feeling", "your mood now: tense, sad ..., or valence and arousal",
               "此刻的心情：紧张、悲伤……，或效价与唤醒度", str, "tense"),
        Option("breathing", "breaths a minute that it leads to, 4 to 10 (calm, sleep)",
               "引导至每分钟几次呼吸，4 至 10（calm、sleep）", float, "6"),
        Option("steps", "steps a minute, 60 to 140 (gait)", "每分钟步数，60 至 140（gait）", float, "100"),
        OPTION["key"],
        Option("before", "how you feel before, 1 (bad) to 10 (good), for the log",
               "之前的感受，1（差）至 10（好），写入记录", int, "4"),
        Option("after", "with log: how you feel after the last session, 1 to 10",
               "与 log 同用：上次之后的感受，1 至 10", int, "7"),
        Option("forget", "with log: delete it", "与 log 同用：删除记录", bool),
        OPTION["model"],
        OPTION["seed"],
        OPTION["effort"],
        OUT._replace(english="folder for the files (default: out/<session>)", chinese="输出文件夹（默认 out/<时段>）"),
    ),
)  # fmt: skip


def soothe(session: str, *, minutes: float = 15, progress: Progress | None = None, **options: Any) -> Session:
    """Compose a session; see `firmus.production.sessions`.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus import tasks
    from firmus.production import sessions
    from firmus.production.sessions.trajectory import trajectory

    given = {name: value for name, value in options.items() if value is not None}
    planned = {name: given.pop(name) for name in ("breathing", "steps") if name in given}
    plan = trajectory(session, minutes, start=given.pop("feeling", None), **planned)
    return sessions.compose(plan, tasks.performing(progress), **given)


def run(session: str, *, out: str | PathLike[str] | None = None, force: bool = False, **options: Any) -> list[Path]:
    """Make a session and write its folder; or show, rate or delete the log.

    Raises
    ------
    InvalidBrief, ModelError, OutputExists
    """
    from firmus import progress
    from firmus.errors import InvalidBrief
    from firmus.production.sessions import log
    from firmus.render import files

    given = {name: value for name, value in options.items() if value not in (None, False)}
    of_log = {name: given.pop(name) for name in ("after", "forget") if name in given}
    if session == LOG:
        if given:
            raise InvalidBrief(f"{', '.join(given)}: log takes after and forget alone")
        return _log(**of_log)
    if of_log:
        raise InvalidBrief(f"{', '.join(of_log)}: that is for the log, such as firmus soothe log --after 7")
    before = given.pop("before", None)
    log.check(before)
    folder = Path(out) if out else files.free_folder(Path("out") / session)
    files.check_free(folder, force)
    made = soothe(session, progress=progress.shown(), **given)
    written = made.save(folder, force=force)
    log.add(session, round(made.summary["seconds"] / 60, 1), folder.resolve(), before)
    _show(made)
    return written


def _show(made: Session) -> None:
    for row in made.rows:
        breaths = f"  {row['breaths_a_minute']:5.2f} /min" if row["breaths_a_minute"] else ""
        minutes, seconds = divmod(int(row["start"]), 60)
        mood = "  ".join(f"{name} {row[name]:+.2f}" for name in ("valence", "arousal") if row[name] is not None)
        print(f"  {minutes:2d}:{seconds:02d}  {row['bpm']:6.1f} bpm{breaths}  {mood}")
    print("  " + ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in made.summary.items()))


def _log(after: int | None = None, forget: bool = False) -> list[Path]:
    from firmus.production.sessions import log

    if forget:
        print(f"{log.path()}: {log.forget()}")
        return []
    if after is not None:
        log.rate(after)
    for entry in log.entries():
        felt = " → ".join(str(entry[name] if entry[name] is not None else "–") for name in ("before", "after"))
        print(f"  {entry['time']}  {entry['session']}  {entry['minutes']:g} min  {felt}")
    return [log.path()] if log.path().exists() else []
