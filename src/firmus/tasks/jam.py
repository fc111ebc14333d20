"""Playing together live: an answer to each phrase, an accompaniment that follows, or a harmony under a melody."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Any

from firmus.tasks import FORMATS, OPTION, Option, Verb

if TYPE_CHECKING:
    from firmus.errors import InvalidBrief
    from firmus.live.planner import Setup
    from firmus.live.ports import Ports
    from firmus.live.session import Session
    from firmus.score import Score
    from firmus.work import Work

PLAYS = {"accompaniment": ("伴奏",), "answer": ("应答",), "harmony": ("和声",)}
STYLES = {"pop": ("流行",), "ballad": ("抒情",), "swing": ("摇摆",), "bossa": ("巴萨诺瓦",), "folk": ("民谣",)}
"""Chinese words for what is played, and for styles."""

VERB = Verb(
    name="jam",
    english="play with you: answer your phrases, accompany you or harmonise your melody, at a MIDI keyboard",
    chinese="与您一起演奏（MIDI 键盘）：应答乐句、跟随伴奏或为旋律配和声",
    options=(
        Option(
            "plays", "accompaniment (the default), answer, harmony; or two: accompaniment,answer",
            "accompaniment（伴奏，默认）、answer（应答）、harmony（和声）；可两者并用：accompaniment,answer",
            metavar="LIST", default="accompaniment",
        ),
        Option(
            "style", "of the accompaniment: pop (the default), ballad, swing, bossa, folk",
            "伴奏风格：pop（流行，默认）、ballad（抒情）、swing（摇摆）、bossa（巴萨诺瓦）、folk（民谣）",
            default="pop",
        ),
        OPTION["key"],
        OPTION["meter"],
        Option(
            "tempo", "quarter notes a minute to begin with; it follows you (default: 100, or the take's)",
            "起始速度（每分钟四分音符数），随后跟随您（默认 100，或录音自带的速度）", float, "BPM",
        ),
        Option("steady", "keep the tempo, whatever is played", "保持速度，不随演奏变化", bool),
        OPTION["chords"],
        OPTION["seed"],
        Option(
            "keyboard", "MIDI input: a part of its name, its number, virtual, or HOST:PORT (default: the first)",
            "MIDI 输入：名称或其一部分、编号、virtual（虚拟），或 HOST:PORT（默认第一个）", metavar="PORT", default="",
        ),
        Option(
            "to", "MIDI output, likewise (default: the first)", "MIDI 输出，写法相同（默认第一个）", metavar="PORT",
            default="",
        ),
        Option("ports", "list the MIDI ports", "列出 MIDI 端口", bool),
        Option("clock", "send MIDI clock to the output", "向输出端发送 MIDI 时钟", bool),
        Option("no_count_in", "the first note is the first beat: no bar is counted in", "不数预备拍，首音即首拍", bool),
        Option(
            "play", "a recorded take, to play along with instead of a keyboard", "用一段录好的演奏代替键盘",
            metavar="FILE",
        ),
        Option(
            "out", "folder for what was played (default with --play: out/jam)",
            "存放所奏内容的文件夹（--play 默认 out/jam）", metavar="DIR",
        ),
        FORMATS,
    ),
    place=15,
)  # fmt: skip


def jam(take: str | PathLike[str] | Score, **options: Any) -> Work:
    """Play along with a recorded take; what was played by both is the Work.

    Parameters
    ----------
    take : path or Score
        Its first tick is the first beat of a bar.
    **options
        `plays`, `style`, `key`, `meter`, `tempo`, `chords`, `seed`, `steady`: as the options of the command.

    Raises
    ------
    InvalidBrief, FormatError
    """
    from firmus import formats
    from firmus.live import take as takes
    from firmus.score import Score

    played = take if isinstance(take, Score) else formats.read(take)
    given = {name: value for name, value in options.items() if value not in (None, False, "")}
    found = setup(**{"tempo": played.tempi[0].bpm, "meter": played.meters[0].text, **given})
    session = takes.play(played, found)
    return takes.as_work(session, played.title or "Jam", given, played)


def work(session: Session, title: str, given: dict[str, Any]) -> Work:
    """What was played in a session."""
    from firmus.live import take

    return take.as_work(session, title, given)


def live(
    found: Setup, opened: Ports, notify: Callable[[str], None], command: Callable[[], str] = lambda: ""
) -> tuple[Session, InvalidBrief | None]:
    """Play at ports that are open until the command is ``"q"``, Ctrl-C is pressed or one is gone, which is said."""
    import time
    from concurrent.futures import ThreadPoolExecutor

    from firmus.errors import InvalidBrief
    from firmus.live import ports as midi
    from firmus.live.session import Session

    with ThreadPoolExecutor(1) as executor:
        session = Session(found, executor, time.monotonic())
        error: InvalidBrief | None = None
        try:
            midi.perform(session, opened, notify, command)
        except KeyboardInterrupt:
            pass
        except (InvalidBrief, OSError) as gone:
            error = gone if isinstance(gone, InvalidBrief) else InvalidBrief(midi.GONE.format(port=opened.output.name))
        finally:
            _silence(session, opened)
    return session, error


def setup(
    plays: str = "accompaniment", style: str = "pop", key: str = "", meter: str = "4/4", chords: str = "", **others: Any
) -> Setup:  # fmt: skip
    """What is agreed before playing, of the options' values; `others` are fields of the `Setup`.

    Raises
    ------
    InvalidBrief, InvalidScore

    Examples
    --------
    >>> setup(plays="answer", meter="3/4", key="D").key.text, setup(style="摇摆", plays="伴奏，应答").plays
    ('D major', ('accompaniment', 'answer'))
    """
    from firmus.brief_fields import chord_bars
    from firmus.harmony import Key
    from firmus.live.planner import Setup
    from firmus.score import Meter
    from firmus.translation import vocabulary

    found_key = Key.parse(vocabulary.key(key)) if key else None
    names = tuple(
        vocabulary.english(each.strip(), PLAYS) for each in vocabulary.plain(plays).split(",") if each.strip()
    )
    bars = chord_bars(vocabulary.chords(chords), found_key) if chords else ()
    return Setup(
        names,
        vocabulary.english(style, STYLES),
        meter=Meter.parse(vocabulary.meter(meter)),
        key=found_key,
        chords=bars,
        **others,
    )


def _silence(session: Session, ports: Ports) -> None:
    import time

    try:
        ports.send(session.panic(time.monotonic()))
        ports.silence()
    except (OSError, ValueError):
        pass  # the output is gone
    ports.close()
