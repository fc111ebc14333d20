"""What people do with Firmus, a verb each; a module of this folder describes one, and is light to import.

A module has ``VERB``, a `Verb`. The command line, the service, the tools for assistants and the Python face list the
verbs by it. One that makes Works of a Brief has besides

``commission(brief) -> Commission``
    parses a Brief, and refuses what cannot be done;
``perform(commission, progress=None) -> list[Work]``
    does it;
``count(brief) -> int``
    where it makes another number of works than ``count`` of the Brief;
``joined(works) -> Work``
    where all works together are a piece as well, which is kept beside them.

One of others that makes no Works has ``run(**options) -> list[Path]`` instead, which takes its arguments and options by
name and returns the files that it wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from firmus import plugins
from firmus.errors import InvalidBrief, unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmus.progress import Progress
    from firmus.work import Brief, Work


class Option(NamedTuple):
    """An argument or an option of a verb.

    Parameters
    ----------
    name : str
        Of a verb that makes Works of a Brief: a field of the Brief.
    english, chinese : str
        What it is, in a line.
    kind : type
        Of its value; ``bool`` for one that is given or not.
    metavar : str, optional
        An example.
    default : object
    is_required : bool
    nargs : str, optional
        ``"+"`` for one or more values.
    bare : object
        The value where the option is given without one; None where it needs one.
    """

    name: str
    english: str
    chinese: str
    kind: type = str
    metavar: str | None = None
    default: object = None
    is_required: bool = False
    nargs: str | None = None
    bare: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A verb, as it is offered.

    Parameters
    ----------
    name : str
        On the command line, of jobs and of tools.
    english, chinese : str
        What it does, in a line.
    pieces : tuple of str
        Of a verb that makes Works of a Brief: the fields that are pieces which it needs: ``()``, ``("source",)`` or
        ``("source", "target")``.
    may_take : tuple of str
        Likewise: the pieces that it takes where they are given.
    counts_bars : bool
        Likewise: whether ``bars`` says how many, rather than which.
    arguments : tuple of Option
        Of other verbs: what it needs, in order.
    options : tuple of Option
        What it takes; of a verb that makes Works of a Brief, the fields that most others do not take.
    one_of : tuple of str
        Options of which exactly one is given.
    writes : bool
        Whether it writes files, and takes ``--force``.
    formats : tuple of str
        Endings of the files that are written of its Works beside ``json``, where others than the usual ones are.
    place : int
        Where it stands in lists of verbs; behind all others where it does not say.
    """

    name: str
    english: str
    chinese: str
    pieces: tuple[str, ...] = ("source",)
    may_take: tuple[str, ...] = ()
    counts_bars: bool = False
    arguments: tuple[Option, ...] = ()
    options: tuple[Option, ...] = ()
    one_of: tuple[str, ...] = ()
    writes: bool = True
    formats: tuple[str, ...] = ()
    place: int = 100


PIECES = {
    "source": Option(
        "source", "a music file: MIDI, MusicXML, ABC, Humdrum or Firmus JSON",
        "音乐文件：MIDI、MusicXML、ABC、Humdrum 或 Firmus JSON", str, "FILE",
    ),
    "target": Option("target", "the piece to arrive at", "要到达的乐曲", str, "TARGET"),
}  # fmt: skip
PLAN = Option(
    "source", "a plan: a Firmus JSON that firmus plan wrote", "规划：firmus plan 写出的 Firmus JSON", str, "PLAN"
)
PIECE = Option(
    "source", "a music file, or the folder of a piece that Firmus composed", "音乐文件，或 Firmus 作品的文件夹",
    metavar="FILE|FOLDER",
)  # fmt: skip
TUNE = Option(
    "tune", "which tune of a file that holds several, from 1", "文件含多首曲子时取第几首（从 1 数起）", int, "N", 1
)
FORMATS = Option(
    "formats", "files to write: mid, musicxml, abc, wav, mp3, svg, pdf, png ... (default: mid,musicxml,wav,svg)",
    "要写出的文件：mid、musicxml、abc、wav、mp3、svg、pdf、png……（默认 mid,musicxml,wav,svg）", str, "mid,svg",
)  # fmt: skip
AUDIBLE_LABEL = Option(
    "audible_label", "begin the sound with the rhythm short-long-short-short, which says that it is AI-generated",
    "音频以“短长短短”节奏开头，提示由 AI 生成", bool,
)  # fmt: skip
C2PA = Option(
    "c2pa", "put a signed C2PA manifest into the sound (.wav .mp3 .flac); needs firmus[c2pa]",
    "在音频（.wav .mp3 .flac）中写入签名的 C2PA 清单；需安装 firmus[c2pa]", bool,
)  # fmt: skip
OUT = Option("out", "folder for the files (default: out/<title>)", "输出文件夹（默认 out/<标题>）", str, "DIR")
FILES = (FORMATS, AUDIBLE_LABEL, C2PA, OUT)
AMOUNT = Option("amount", "how much changes, above 0 to 1", "改变的程度，大于 0 至 1", float, "0.5")
CLUSTER = Option(
    "cluster", "head of the Ray cluster whose machines read the music", "由该 Ray 集群（主节点地址）中的机器读取音乐",
    str, "HOST:PORT",
)  # fmt: skip
QUANTISE = Option(
    "quantise", "put what was played in on beats: auto, written (the file's), found, off, or quarter notes a minute",
    "把弹奏录入的音乐对齐到拍：auto、written（文件自带的拍）、found（找出的拍）、off，或每分钟四分音符数",
    str, "GRID", bare="auto",
)  # fmt: skip
HARMONY = Option(
    "harmony", "chords as people set songs: traditional, or modern (sevenths, substitutes)",
    "和弦如人们为歌曲所配：传统（traditional）或现代（modern：七和弦、替代和弦）", str, "modern",
)  # fmt: skip
LEVEL = Option(
    "level", "how hard to read and play, 1 to 8 (see docs/teaching.md)", "视谱与演奏的难度，1 至 8", int, "N"
)
HOW_MANY_BARS = Option("bars", "how many bars", "小节数")
WHICH_BARS = Option(
    "bars", "which bars, such as 9-12 or 3,5,9- (from 1, inclusive)", "哪些小节，如 9-12 或 3,5,9-（从 1 数起，含两端）"
)
OPTIONS = (
    Option("style", "chorale, hymn, folk ... (see firmus models)", "风格：众赞歌、赞美诗、民歌……（见 firmus models）"),
    Option(
        "genre", "mazurka, mass, reel ... where the model has learnt it",
        "体裁：玛祖卡、弥撒、里尔舞曲……（限模型学过者）"
    ),
    Option("seconds", "length in seconds instead of bars", "以秒计的长度，代替小节数", float, "X"),
    Option("key", "such as 'G minor', Bb or 'D dorian'", "调，如 g小调、降B大调 或 D多利亚", str, "KEY"),
    Option("meter", "such as 3/4 or 6/8", "拍号，如 3/4 或 6/8", str, "3/4"),
    Option("pickup", "length of a pickup in quarter notes, 0 for none", "弱起的长度（四分音符数），0 为无", float, "X"),
    Option("tempo", "quarter notes a minute", "每分钟四分音符数", float, "BPM"),
    Option(
        "chords", "one a bar, over and over: 'Am F C G' or 'vi IV I V'",
        "每小节一个和弦，循环使用：'Am F C G' 或 'vi IV I V'", str, "LIST",
    ),
    Option(
        "mood", "calm, happy, sad, tense, or valence,arousal", "情绪：平静、快乐、悲伤、紧张，或“效价,唤醒度”"
    ),
    Option(
        "density", "how busy: share of the style's music that is sparser", "疏密：该风格中比它稀疏的音乐所占比例",
        float, "0..1",
    ),
    Option(
        "register", "how high: share of the style's music that is lower", "音区：该风格中比它低的音乐所占比例",
        float, "0..1",
    ),
    Option(
        "polyphony", "how full: share of the style's music that is thinner", "厚度：该风格中比它单薄的音乐所占比例",
        float, "0..1",
    ),
    Option("syncopation", "how much against the beat (latent models)", "切分程度（潜变量模型）", float, "0..1"),
    Option(
        "parts", "names or numbers from 1, divided by commas", "声部名称或编号（从 1 数起），以逗号分隔", str, "LIST"
    ),
    Option(
        "ranges", "lowest and highest note of a part; may be repeated", "某声部的最低音与最高音；可重复给出",
        str, "PART=F3-D5",
    ),
    Option("form", "section letters, or none", "曲式字母，或 二段体、三段体、回旋曲式；none 为通谱", str, "AABA"),
    Option("title", "of the piece", "乐曲标题", str, "TEXT"),
    Option(
        "model", "name of the weights (see firmus models), or a folder (see docs/engines.md)",
        "权重名称（见 firmus models）或文件夹（见 docs/engines.md）", str, "NAME|FOLDER",
    ),
    Option(
        "count", "how many candidates, best first, in numbered folders", "候选数量，最佳在前，存入编号文件夹", int, "N"
    ),
    Option("seed", "the same seed gives the same piece", "种子相同，乐曲相同", int, "N"),
    Option("temperature", "0 takes the likeliest, higher is bolder", "0 取最可能者，越高越大胆", float, "0.9"),
    Option("top_p", "only the likeliest choices of so much probability", "只取累计概率不超过此值的选择", float, "0.99"),
    Option(
        "watermark", "of the notes: public, private (only this installation can detect it) or off",
        "音符水印：公开、私有（只有本安装能检测）或关闭", str, "KEY",
    ),
    Option(
        "original", "against copying: guard (the default), strict (composes again until nothing is copied) or off",
        "防抄袭：guard（防护，默认）、strict（严格：重作至无抄袭）或 off（关闭）", str, "LEVEL",
    ),
    Option("effort", "quick, usual, or best: how often it tries", "投入：快速、通常或最佳，即尝试的次数", str, "LEVEL"),
)  # fmt: skip
"""Fields of the Brief that every verb takes that makes Works, beside `bars` and `loose`."""
OPTION = {option.name: option for option in OPTIONS}
"""The same by name, for other verbs that take one of them."""


@cache
def all_verbs() -> dict[str, ModuleType]:
    """Module of each verb, by the verb's name; in the order in which they are listed."""
    modules = [plugins.load(__name__, name) for name in plugins.names(__name__)]
    return {module.VERB.name: module for module in sorted(modules, key=lambda module: module.VERB.place)}


@cache
def verbs() -> dict[str, ModuleType]:
    """Module of each verb that makes Works of a Brief, by the verb's name."""
    return {name: module for name, module in all_verbs().items() if hasattr(module, "commission")}


def verb(name: str) -> ModuleType:
    """Module of a verb that makes Works of a Brief.

    Raises
    ------
    InvalidBrief
        Where there is none; the message names the nearest.
    """
    if name not in verbs():
        raise InvalidBrief(unknown("verb", name, verbs()))
    return verbs()[name]


def run_verb(name: str, brief: Brief, progress: Progress | None = None) -> list[Work]:
    """Do what a verb does with a Brief.

    Raises
    ------
    InvalidBrief, ModelError
    """
    module = verb(name)
    works: list[Work] = module.perform(module.commission(brief), progress)
    return works


def performing(progress: Progress | None) -> Callable[[str, Brief], Work]:
    """What performs a Brief by a verb, for those that compose piece by piece."""

    def perform(name: str, brief: Brief) -> Work:
        return run_verb(name, brief, progress)[0]

    return perform
