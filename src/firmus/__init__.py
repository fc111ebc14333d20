"""Firmus: a person fixes some of a piece; Firmus composes the rest.

>>> import firmus
>>> firmus.Brief(style="chorale", key="G minor", bars=16).key
'G minor'

Everything heavy is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firmus._version import __version__ as __version__

if TYPE_CHECKING:
    from firmus.errors import FirmusError
    from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo
    from firmus.tasks.analyse import Analysis
    from firmus.tasks.explain import Explanation
    from firmus.tasks.hear import SoundAnalysis
    from firmus.tasks.search import Findings
    from firmus.tasks.sound import Sound
    from firmus.work import Brief, Origin, Work

_HOMES = {
    "Brief": "firmus.work", "Chord": "firmus.score", "FirmusError": "firmus.errors", "Key": "firmus.score",
    "Meter": "firmus.score", "Note": "firmus.score", "Origin": "firmus.work", "Part": "firmus.score",
    "Score": "firmus.score", "Section": "firmus.score", "Tempo": "firmus.score", "Work": "firmus.work",
}  # fmt: skip

__all__ = [
    "Brief", "Chord", "FirmusError", "Key", "Meter", "Note", "Origin", "Part", "Score", "Section", "Tempo", "Work",
    "accompany", "analyse", "compose", "explain", "extend", "harmonise", "humanise", "infill", "interpolate", "read",
    "search", "sound", "transcribe", "vary", "write",
]  # fmt: skip


def compose(brief: Brief | None = None, **options: Any) -> Any:
    """Compose a piece from nothing: a Work, or a list of them, best first, where `count` is given.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords; see `firmus.work.Brief` and `firmus.tasks.compose`.

    Examples
    --------
    >>> work = compose(style="folk", key="D major", meter="6/8", bars=2, seed=7)
    >>> len(work.score.parts), work.score.end
    (1, 2880)
    """
    return _perform("compose", None, brief, options)


def extend(source: Any, brief: Brief | None = None, **options: Any) -> Any:
    """Continue a piece (a Score or a file) by so many `bars`; see `firmus.tasks.extend`."""
    return _perform("extend", source, brief, options)


def infill(source: Any, brief: Brief | None = None, **options: Any) -> Any:
    """Compose some `bars` of some `parts` of a piece anew; see `firmus.tasks.infill`."""
    return _perform("infill", source, brief, options)


def harmonise(source: Any, brief: Brief | None = None, **options: Any) -> Any:
    """Set a melody for four voices; see `firmus.tasks.harmonise`."""
    return _perform("harmonise", source, brief, options)


def accompany(source: Any, brief: Brief | None = None, **options: Any) -> Any:
    """Compose a piano, a band or chord symbols to a melody; see `firmus.tasks.accompany`."""
    return _perform("accompany", source, brief, options)


def vary(source: Any, brief: Brief | None = None, **options: Any) -> Any:
    """Compose a share (`amount`) of a piece anew; see `firmus.tasks.vary`."""
    return _perform("vary", source, brief, options)


def interpolate(source: Any, target: Any, brief: Brief | None = None, **options: Any) -> Any:
    """Works on the way from one piece to another, in `steps`; see `firmus.tasks.interpolate`."""
    return _perform("interpolate", source, brief, options, target)


def humanise(source: Any, brief: Brief | None = None, **options: Any) -> Any:
    """Give quantised drums human timing and loudness; see `firmus.tasks.humanise`."""
    return _perform("humanise", source, brief, options)


def transcribe(path: Any, voices: str = "many", tempo: float | None = None) -> Work:
    """Write down the notes of a sound file; see `firmus.tasks.transcribe.transcribe`."""
    from firmus.tasks import transcribe as task

    return task.transcribe(path, voices, tempo)


def analyse(source: Any) -> Analysis | SoundAnalysis:
    """What is heard in a piece (a Score, a file of notes or of sound): key, chords, form and more.

    See `firmus.tasks.analyse`, and `firmus.tasks.hear` for sound.
    """
    from firmus.analysis import sound
    from firmus.score import Score
    from firmus.tasks import analyse as task
    from firmus.tasks import hear

    if not isinstance(source, Score | bytes) and sound.is_sound(source):
        return hear.analyse_sound(source)
    return task.analyse(source if isinstance(source, Score) else read(source))


def explain(source: Any, **options: Any) -> Explanation:
    """What can be told of each note of a piece (a Work, a Score, a file or folder); see `firmus.tasks.explain`."""
    from firmus.score import Score
    from firmus.tasks import explain as task
    from firmus.work import Work

    return task.explain(source if isinstance(source, Work | Score) else task.read(source), **options)


def search(folder: Any, **options: Any) -> Findings:
    """Find a `melody`, a `hum`, or pieces that are `like` a piece, in a folder; see `firmus.tasks.search.search`."""
    from firmus.tasks import search as task

    return task.search(folder, **options)


def sound(prompt: str, **options: Any) -> Sound:
    """Make sound of words, by a model that you have (`model`); see `firmus.tasks.sound.sound`."""
    from firmus.tasks import sound as task

    return task.sound(prompt, **options)


def read(path: Any) -> Score:
    """Read a Score from a music file (MIDI, MusicXML, ABC, Firmus JSON)."""
    from firmus import formats

    return formats.read(path)


def write(score: Score, path: Any) -> None:
    """Write a Score as a music file, the format by its ending."""
    from firmus import formats

    formats.write(score, path)


def _perform(verb: str, source: Any, brief: Brief | None, options: dict[str, Any], target: Any = None) -> Any:
    from dataclasses import replace

    from firmus import plugins
    from firmus.errors import InvalidBrief
    from firmus.score import Score
    from firmus.work import Brief

    if brief is not None and options:
        raise InvalidBrief(f"a Brief and {', '.join(options)} are both given: say each thing once")
    asked = brief or Brief.of(**options)
    if source is not None:
        asked = replace(asked, source=source if isinstance(source, Score) else read(source))
    if target is not None:
        asked = replace(asked, target=target if isinstance(target, Score) else read(target))
    task = plugins.load("firmus.tasks", verb)
    works = task.perform(task.commission(asked))
    return works[0] if len(works) == 1 and asked.count == 1 else works


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'firmus' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
