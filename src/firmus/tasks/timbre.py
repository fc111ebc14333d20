"""Instruments to take away: of a recording, of words and settings, or between two; as SoundFont and SFZ."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.errors import InvalidBrief, unknown
from firmus.tasks import OPTION, Option, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from firmus.production.timbres.packages import Package

KINDS = ("from", "new", "morph")
SLIDERS = ("brightness", "attack", "decay", "noise", "harmonicity")
ONLY = {"pitch": ("from",), "steps": ("morph",), "like": ("new",), "seed": ("new",), **dict.fromkeys(SLIDERS, ("new",))}
"""Kinds that take an option, of those that not all take."""

VERB = Verb(
    name="timbre",
    english="make an instrument to take away (.sf2, .sfz): from a recording, new, or a morph of two",
    chinese="制作可带走的乐器（.sf2、.sfz）：取自录音、全新，或两者之间渐变",
    arguments=(
        Option("kind", "from, new or morph", "from（取自录音）、new（全新）或 morph（渐变）", metavar="from|new|morph"),
        Option(
            "of", "from: a sound file; morph: two instruments or sound files; new: nothing",
            "from：音频文件；morph：两件乐器或音频文件；new：不需要", metavar="WHAT", nargs="*",
        ),
    ),
    options=(
        Option("like", "in words: 'warm, plucked', 'breathy flute'", "用文字描述：温暖、拨弦、有气声的长笛",
               metavar="WORDS"),
        Option("brightness", "-1 dark to 1 bright", "明亮度：-1 暗至 1 亮", float, "-1..1"),
        Option("attack", "-1 sudden to 1 slow", "起音：-1 突然至 1 缓慢", float, "-1..1"),
        Option("decay", "-1 dies away at once to 1 rings long", "衰减：-1 立即消失至 1 余音长", float, "-1..1"),
        Option("noise", "-1 pure to 1 breathy", "噪声：-1 纯净至 1 气声", float, "-1..1"),
        Option("harmonicity", "-1 like a bell to 1 exact harmonics", "谐和度：-1 如钟至 1 精确谐波", float, "-1..1"),
        Option("steps", "how many instruments of a morph, with both ends (default: 5)",
               "渐变的乐器数，含两端（默认 5）", int, "5"),
        Option("pitch", "the key of the recording, where none is heard in it", "录音的音高（听不出时给出）",
               metavar="A4"),
        Option("name", "of the instrument and its files", "乐器及其文件的名称", metavar="NAME"),
        OPTION["seed"]._replace(english="another seed is another new instrument", chinese="种子不同，新乐器不同"),
        Option("out", "folder for the files (default: out/<name>)", "输出文件夹（默认 out/<名称>）", str, "DIR"),
    ),
    place=10,
)  # fmt: skip


def timbre(kind: str, *of: str | PathLike[str], **options: Any) -> list[Package]:
    """Make instruments; see `firmus.production.timbres`.

    Raises
    ------
    InvalidBrief, FormatError
    """
    if kind not in KINDS:
        raise InvalidBrief(unknown("kind of timbre", str(kind), KINDS))
    given = {name: value for name, value in options.items() if value is not None}
    check_options(kind, given)
    if kind == "from":
        from firmus.production.timbres import making

        if len(of) != 1:
            raise InvalidBrief(f"timbre from takes one sound file, such as take.wav: {len(of)} are given")
        return [making.of_recording(of[0], **given)]
    from firmus.production.timbres import neural

    if kind == "new":
        if of:
            raise InvalidBrief(f"timbre new takes nothing but options, such as --like 'warm, plucked': not {of[0]!r}")
        return [neural.new(**given)]
    if len(of) != 2:
        raise InvalidBrief(f"timbre morph takes two instruments or sound files, such as flute cello: not {len(of)}")
    return neural.morph(of[0], of[1], **given)


def check_options(kind: str, names: Iterable[str]) -> None:
    """Refuse options that do not go with a kind.

    Raises
    ------
    InvalidBrief
    """
    for name in names:
        if kind not in ONLY.get(name, KINDS) or name not in {*ONLY, "name"}:
            able = [each for each in (*ONLY, "name") if kind in ONLY.get(each, KINDS)]
            raise InvalidBrief(f"{name}: timbre {kind} takes {', '.join(able)}")


def save(packages: Sequence[Package], out: str | PathLike[str] | None, force: bool) -> list[Path]:
    """Write the folder of an instrument, or, of several, one numbered folder each; what was written."""
    from firmus.render.files import free_folder

    usual = Path("out") / packages[0].name
    root = Path(out) if out else usual if force else free_folder(usual)
    if len(packages) == 1:
        return packages[0].save(root, force=force)
    return [path for number, each in enumerate(packages, 1) for path in each.save(root / str(number), force=force)]


def run(
    kind: str,
    of: Sequence[str] = (),
    *,
    out: str | PathLike[str] | None = None,
    force: bool = False,
    **options: Any,
) -> list[Path]:
    """Make instruments, and write their folders.

    Raises
    ------
    InvalidBrief, FormatError, OutputExists
    """
    return save(timbre(kind, *of, **options), out, force)
