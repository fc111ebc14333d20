"""Firmus: a person fixes some of a piece; Firmus composes the rest.

>>> import firmus
>>> firmus.Brief(style="chorale", key="G minor", bars=16).key
'G minor'

Everything heavy is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from typing import cast as _cast

from firmus._version import __version__ as __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike
    from pathlib import Path
    from typing import Unpack

    from firmus._options import FromNothing, FromPiece, Piece, VerbOptions
    from firmus.errors import FirmusError
    from firmus.production.batches import Batch
    from firmus.production.cues import Cue
    from firmus.production.effects import Effect
    from firmus.production.game.pack import Pack
    from firmus.production.sessions import Session
    from firmus.production.timbres.packages import Package as Instrument
    from firmus.rights.verification import Verification
    from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo
    from firmus.tasks.analyse.notes import Analysis
    from firmus.tasks.analyse.sound import SoundAnalysis
    from firmus.tasks.ask.proposal import Proposal
    from firmus.tasks.check.report import Report
    from firmus.tasks.exercise.exercises import Exercise
    from firmus.tasks.explain.explainer import Explanation
    from firmus.tasks.recommend.recommendation import Recommendations
    from firmus.tasks.search.matching import Findings
    from firmus.tasks.sound.generation import Sound
    from firmus.tasks.teach.assessment import Assessment
    from firmus.tasks.teach.performance import Performed
    from firmus.work import Brief, Origin, Work

_HOMES = {
    "Brief": "firmus.work", "Chord": "firmus.score", "FirmusError": "firmus.errors", "Key": "firmus.score",
    "Meter": "firmus.score", "Note": "firmus.score", "Origin": "firmus.work", "Part": "firmus.score",
    "Score": "firmus.score", "Section": "firmus.score", "Tempo": "firmus.score", "Work": "firmus.work",
}  # fmt: skip

__all__ = [
    "Brief", "Chord", "FirmusError", "Key", "Meter", "Note", "Origin", "Part", "Score", "Section", "Tempo", "Work",
    "accompany", "adapt", "analyse", "ask", "batch", "catalogue", "check", "compose", "convert", "develop", "effects",
    "evaluate", "exercise", "explain", "extend", "game", "harmonise", "humanise", "infill", "interpolate", "jam",
    "orchestrate", "perform", "plan", "produce", "read", "recommend", "rights_card", "search", "soothe", "sound",
    "teach", "timbre", "train", "transcribe", "vary", "verify", "write",
]  # fmt: skip


def _from_nothing(function: Callable[..., Any]) -> FromNothing:
    return _cast("FromNothing", function)


def _from_piece(function: Callable[..., Any]) -> FromPiece:
    return _cast("FromPiece", function)


@_from_nothing
def plan(brief: Brief | None = None, **options: Any) -> Any:
    """Plan form, keys and chords of a piece: a Work whose parts are empty, for `compose` to take as its `source`.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords, as `compose` has them.

    Examples
    --------
    >>> a_plan = plan(style="hymn", key="G major", meter="4/4", form="A4A'4", seed=7).score
    >>> [section.label for section in a_plan.sections], a_plan.chords[0].text
    (['A', "A'"], 'G')
    >>> compose(source=a_plan, style="hymn", seed=7).score.sections == a_plan.sections
    True
    """
    return _perform("plan", brief, options)


@_from_nothing
def compose(brief: Brief | None = None, **options: Any) -> Any:
    """Compose a piece from nothing, or under a plan: a Work, or a list of them, best first, where `count` is given.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords: `style`, `genre`, `bars` or `seconds`, `key`, `meter`, `tempo`, `pickup`, `chords`,
        `mood`, `density`, `register`, `polyphony`, `parts`, `ranges`, `form`, `count`, `seed`, `loose`, `temperature`,
        `top_p`, `model`; `source` is a plan, whose chords, keys and sections stay (see `plan`);
        see `firmus.work.Brief`.

    Examples
    --------
    >>> work = compose(style="folk", key="D major", meter="6/8", bars=2, seed=7)
    >>> len(work.score.parts), work.score.end
    (1, 2880)
    """
    return _perform("compose", brief, options)


@_from_piece
def extend(source: Piece, brief: Brief | None = None, **options: Any) -> Any:
    """Continue a piece (the command is ``firmus continue``) by so many `bars`, or `seconds`.

    Parameters
    ----------
    source : Score, path or bytes
    brief : Brief, optional
        Or its fields as keywords: `bars`, `chords` and the controls.
    """
    return _perform("continue", brief, options, source=source)


@_from_piece
def infill(source: Piece, brief: Brief | None = None, **options: Any) -> Any:
    """Compose some `bars` (``"9-12"``) of some `parts` of a piece anew; everything else stays.

    Parameters
    ----------
    source : Score, path or bytes
    brief : Brief, optional
        Or its fields as keywords: `bars`, `parts` (all by default, but one of the two is needed), and the controls.
    """
    return _perform("infill", brief, options, source=source)


@_from_piece
def harmonise(source: Piece, brief: Brief | None = None, **options: Any) -> Any:
    """Set a melody for four voices; it stays as it is.

    Parameters
    ----------
    source : Score, path or bytes
    brief : Brief, optional
        Or its fields as keywords: `parts` (which part is the melody; the one that sings by default), `style`
        (``"chorale"``, ``"hymn"`` or ``"choir"``), and the controls.
    """
    return _perform("harmonise", brief, options, source=source)


@_from_piece
def accompany(source: Piece, brief: Brief | None = None, **options: Any) -> Any:
    """Compose a piano, a band or chord symbols to a melody, which stays as it is.

    Parameters
    ----------
    source : Score, path or bytes
    brief : Brief, optional
        Or its fields as keywords: `parts` (which part is the melody; the one that sings by default), `style`
        (``"song"``: piano; ``"band"``: guitar, bass and drums; ``"lead-sheet"``: chord symbols), and the controls. With
        a latent `model` (``"gan-band"``) all parts of the source stay, and those of drums, bass, guitar, keys and
        strings that it has not are composed.
    """
    return _perform("accompany", brief, options, source=source)


@_from_piece
def vary(source: Piece, brief: Brief | None = None, **options: Any) -> Any:
    """Compose a share of a piece anew.

    Parameters
    ----------
    source : Score, path or bytes
    brief : Brief, optional
        Or its fields as keywords: `amount` (share of the bars of each part, 0.5 by default), `bars` and `parts` (where;
        everywhere by default), and the controls. The first bar of each part stays, so that the piece can be known
        again, unless `amount` is 1. With a latent `model` the amount, 0.3 by default, is how far each window goes, and
        `density`, `register` and `syncopation` say which way.
    """
    return _perform("vary", brief, options, source=source)


def interpolate(source: Piece, target: Piece, brief: Brief | None = None, **options: Unpack[VerbOptions]) -> list[Work]:
    """Compose the way from one piece to another, in `steps`, the two pieces among them.

    Parameters
    ----------
    source, target : Score, path or bytes
    brief : Brief, optional
        Or its fields as keywords: `steps` (3 to 64, 8 by default), `parts` (which part of the source), `density`,
        `register`, `syncopation`, `key`, `temperature`, `seed`, `model`.
    """
    works: list[Work] = _perform("interpolate", brief, dict(options), source=source, target=target)
    return works


@_from_piece
def humanise(source: Piece, brief: Brief | None = None, **options: Any) -> Any:
    """Give quantised drums human timing and loudness; which drum is struck at which sixteenth stays.

    Parameters
    ----------
    source : Score, path or bytes
    brief : Brief, optional
        Or its fields as keywords: `bars` (which; all by default), `parts` (a part of drums), `amount` (how much of what
        the drummer does, 0 to 1; all by default), `temperature`, `count`, `seed`, `model`.
    """
    return _perform("humanise", brief, options, source=source)


@_from_piece
def develop(source: Piece, brief: Brief | None = None, **options: Any) -> Any:
    """Develop a motif: it returns transformed, as often as there is room, and what goes between is composed.

    Parameters
    ----------
    source : Score, path or bytes
        One to four bars.
    brief : Brief, optional
        Or its fields as keywords: `bars` (how many; 16 by default), `by` (the transformations, in order and again:
        sequence, inversion and return by default), `style`, `chords`, `count`, `seed` and the controls.
    """
    return _perform("develop", brief, options, source=source)


@_from_piece
def perform(source: Piece, brief: Brief | None = None, **options: Any) -> Any:
    """Give a written piece the timing, loudness and pedal of a performance, by rules; its notes stay.

    Parameters
    ----------
    source : Score, path or bytes
    brief : Brief, optional
        Or its fields as keywords: `amount` (of every rule, 0 to 1; all by default), `count`, `seed`.
    """
    return _perform("perform", brief, options, source=source)


@_from_piece
def orchestrate(source: Piece, brief: Brief | None = None, **options: Any) -> Any:
    """Score a piece, such as one for piano, for other instruments, in their comfortable ranges.

    Parameters
    ----------
    source : Score, path or bytes
    brief : Brief, optional
        Or its fields as keywords: `parts`, instruments from high to low or the name of an ensemble (``"string
        quartet"``, the default; ``"wind quintet"``, ``"brass quintet"``, ``"band"`` ...).
    """
    return _perform("orchestrate", brief, options, source=source)


def transcribe(path: str | PathLike[str], voices: str = "many", tempo: float | None = None) -> Work:
    """Write down the notes of a sound file; see `firmus.tasks.transcribe.transcribe`."""
    from firmus.tasks import transcribe as task

    return task.transcribe(path, voices, tempo)


def analyse(source: Piece) -> Analysis | SoundAnalysis:
    """What is heard in a piece (a Score, a file of notes or of sound): key, chords, form and more.

    See `firmus.tasks.analyse.notes`, and `firmus.tasks.analyse.sound` for sound.
    """
    from firmus.analysis import sound
    from firmus.score import Score
    from firmus.tasks.analyse import notes as task
    from firmus.tasks.analyse import sound as hear

    if not isinstance(source, Score | bytes) and sound.is_sound(source):
        return hear.analyse_sound(source)
    return task.analyse(source if isinstance(source, Score) else read(source))


def ask(words: str, source: Piece | None = None, *, bars: str = "", parts: Sequence[str] = ()) -> Proposal:
    """Read a request in plain words, English or Chinese: a verb and a Brief, which `perform` performs.

    Parameters
    ----------
    words : str
        Such as ``"make bars 5 to 8 calmer, keep the bass"``.
    source : Score, path or bytes, optional
        The piece that is to change.
    bars, parts
        What `here` and `this` mean in it.

    Raises
    ------
    InvalidBrief
        Where the words are not understood: the message asks back.

    Examples
    --------
    >>> proposal = ask("a calm hymn in D major, 4 bars, seed 7")
    >>> proposal.verb, proposal.brief.mood, len(proposal.perform()[0].score.parts)
    ('compose', 'calm', 4)
    """
    from firmus.score import Score
    from firmus.tasks.ask.proposal import propose

    score = source if source is None or isinstance(source, Score) else read(source)
    selection = {name: value for name, value in (("bars", bars), ("parts", list(parts))) if value}
    return propose(words, score, selection or None)


def explain(source: Any, **options: Any) -> Explanation:
    """What can be told of each note of a piece (a Work, a Score, a file or folder); see `firmus.tasks.explain`."""
    from firmus import progress
    from firmus.score import Score
    from firmus.tasks.explain import explainer as task
    from firmus.work import Work

    options.setdefault("progress", progress.shown())
    return task.explain(source if isinstance(source, Work | Score) else task.read(source), **options)


def check(source: Any, **options: Any) -> Report:
    """How original a piece is (a Work, a Score, a file or folder): what it shares; see `firmus.tasks.check`."""
    from firmus import progress
    from firmus.score import Score
    from firmus.tasks.check import report as task
    from firmus.work import Work

    options.setdefault("progress", progress.shown())
    return task.check(source if isinstance(source, Work | Score) else task.read(source), **options)


def search(folder: Any, **options: Any) -> Findings:
    """Find a `melody`, a `hum`, or pieces that are `like` a piece, in a folder; see `firmus.tasks.search`."""
    from firmus import progress
    from firmus.tasks.search import matching as task

    options.setdefault("progress", progress.shown())
    return task.search(folder, **options)


def adapt(folder: str | PathLike[str], **options: Any) -> dict[str, Any]:
    """Adapt a model to the style of 5 to 20 pieces in a folder; what is written is a model to compose with.

    Parameters
    ----------
    folder : path
    **options
        `style`, `model` (that is adapted), `out` (folder of the new model), `force`.

    Returns
    -------
    dict
        ``model`` (its name), ``folder``, ``style``, ``pieces``, ``bytes``, and nats a token of pieces left out,
        ``before`` and ``after``.
    """
    from firmus import progress
    from firmus.tasks.adapt import adaptation as task

    options.setdefault("progress", progress.shown())
    return task.adapt(folder, **options)


def recommend(
    library: Any = None, *, compose: bool = False, taste: str | PathLike[str] | None = None, **options: Any
) -> Recommendations | list[Work]:
    """Recommend music by a taste that is learnt from ratings, or compose for it; see `firmus.tasks.recommend`.

    Parameters
    ----------
    library : path or mapping of str to Score, optional
        A folder of music files, or pieces by name.
    compose : bool
        Compose `count` works, with `style`, `bars`, `seed` and `effort`, instead of choosing from a library.
    taste : path, optional
        File of the ratings; one in the user's data folder where none is said.
    **options
        `like`, `finish`, `skip`, `dislike`: lists of names of pieces of the library, of files, or of Scores, which are
        remembered; `count`.

    Examples
    --------
    >>> import tempfile
    >>> from firmus.score import Note, Part, Score
    >>> tunes = {str(step): Score((Part("", tuple(Note(step * i, step, 60 + i % 8) for i in range(32))),))
    ...          for step in (120, 240, 480, 960, 1920)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = recommend(tunes, like=["240"], dislike=["960"], taste=f"{folder}/taste.json")
    >>> [piece.file for piece in found.pieces]
    ['120', '480', '1920']
    """
    from firmus import progress
    from firmus.tasks.recommend import session as task

    options.setdefault("progress", progress.shown())
    return task.recommend(library, compose=compose, taste=taste, **options)


def sound(prompt: str, **options: Any) -> Sound:
    """Make sound of words, by a model that you have (`model`); see `firmus.tasks.sound`."""
    from firmus.tasks.sound import generation as task

    return task.sound(prompt, **options)


def jam(take: str | PathLike[str] | Score, **options: Any) -> Work:
    """Play along with a recorded take: an accompaniment, answers to its phrases, or a harmony; a Work of both.

    Parameters
    ----------
    take : path or Score
    **options
        `plays`, `style`, `key`, `meter`, `tempo`, `steady`, `chords`, `seed`; see `firmus.tasks.jam`.

    Examples
    --------
    >>> from firmus import Note, Part, Score
    >>> phrase = Part("", tuple(Note(480 * i, 450, pitch) for i, pitch in enumerate((60, 64, 67, 69, 67, 65, 62))))
    >>> answered = jam(Score((phrase,)), plays="answer", key="C major").score.parts[1]
    >>> answered.name, answered.notes[-1].pitch % 12
    ('Answer', 0)
    """
    from firmus.tasks import jam as task

    return task.jam(take, **options)


def teach(source: Piece, *, played: Piece | None = None, **options: Any) -> Assessment | Performed:
    """Assess a pupil's part writing, and correct it, or compare a performance with its score; see `firmus.tasks.teach`.

    Parameters
    ----------
    source : Score, path or bytes
        Four voices, on four staves or on two; where it was played, any score.
    played : Score, path or bytes, optional
        What was played of it, MIDI or sound; no other option goes with it.
    species : int, optional
        1 to 5, where it is counterpoint of that species, in two voices.
    corrected : bool
        Whether a corrected version is composed; with `seed`.

    Raises
    ------
    InvalidBrief
        Where there are other voices than that.

    Examples
    --------
    >>> from firmus.score import Note, Part, Score
    >>> lines = (72, 74, 76), (67, 69, 72), (64, 65, 67), (48, 50, 48)
    >>> parts = tuple(Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line))) for line in lines)
    >>> found = teach(Score(parts), corrected=False).as_dict()
    >>> [(each["rule"], each["bar"], each["beat"]) for each in found["findings"] if each["severity"] == "fault"]
    [('parallel fifths', 1, 2.0), ('parallel octaves', 1, 2.0)]
    """
    from firmus import progress
    from firmus.score import Score
    from firmus.tasks.teach import performance
    from firmus.tasks.teach.assessment import assess_exercise

    score = source if isinstance(source, Score) else read(source)
    if played is not None:
        if isinstance(played, bytes):
            played = read(played)
        if not isinstance(played, Score):
            from firmus.runtime.transcription import read_performance

            played = read_performance(played, progress.shown())
        return performance.compare(score, played, **options)
    options.setdefault("progress", progress.shown())
    return assess_exercise(score, **options)


def exercise(
    kind: str | None = None, *, level: int | None = None, seed: int | None = None, pupil: str | None = None
) -> Exercise:
    """Compose an exercise for a music lesson within a level, with its answer key; `save` writes it, `mark` an answer.

    Parameters
    ----------
    kind : str, optional
        Such as ``"sight-reading"``, ``"melodic-dictation"``, ``"interval"``, ``"cadence"``, ``"figured-bass"`` or
        ``"counterpoint"``; see `firmus.tasks.exercise.kinds`.
    level : int, optional
        1 to 8; see ``docs/teaching.md``.
    seed : int, optional
    pupil : str, optional
        Whose record on this machine chooses what is left open.

    Raises
    ------
    InvalidBrief, ModelError

    Examples
    --------
    >>> asked = exercise("interval", level=2, seed=7)
    >>> asked.mark(asked.answer).is_right
    True
    """
    from firmus.tasks.exercise.lessons import next_exercise

    return next_exercise(kind, level, seed, pupil)


def produce(scene: str, *, seconds: float, **options: Any) -> Cue:
    """Compose music for a scene, of an exact length: a `Cue`, whose `save` writes sound, stems and cue sheet.

    Parameters
    ----------
    scene : str
        Such as ``"calm until 0:12, danger 0:12-0:20, release"``; see `firmus.production.scenes`.
    seconds : float
        Exact length, 2 to 3600.
    **options
        `style`, `key`, `seed`, `loop`, `loudness` (LUFS), `speech` (when there is any), `title`, `model`, `effort`.

    Examples
    --------
    >>> cue = produce("calm until 0:04, danger", seconds=7, style="folk", effort="quick", seed=7)
    >>> [(row["mood"], row["start"]) for row in cue.sheet()]
    [('calm', '0:00'), ('danger', '0:04')]
    """
    from firmus import progress
    from firmus.tasks import produce as task

    options.setdefault("progress", progress.shown())
    return task.produce(scene, seconds=seconds, **options)


def soothe(session: str, *, minutes: float = 15, **options: Any) -> Session:
    """Compose a session of music that leads from one mood to another: a `Session`, whose `save` writes sound and notes.

    Parameters
    ----------
    session : {"calm", "sleep", "focus", "lift", "gait"}
    minutes : float
        5 to 60.
    **options
        `feeling` (the mood now), `breathing` (breaths a minute at the end), `steps` (a minute), `key`, `seed`, `model`,
        `effort`.

    Examples
    --------
    >>> made = soothe("focus", minutes=5, effort="quick", seed=7)
    >>> made.summary["tempo_error"] < 1, 290 < made.summary["seconds"] < 310
    (True, True)
    """
    from firmus import progress
    from firmus.tasks import soothe as task

    options.setdefault("progress", progress.shown())
    return task.soothe(session, minutes=minutes, **options)


def batch(plan: str | PathLike[str] | None = None, **options: Any) -> Batch:
    """Compose many works for a music library into a folder, which a later call goes on with.

    None copies the training music, no two are too like each other; each has a title, a rights card and a row in the
    catalogue. See `firmus.production.batches`.

    Parameters
    ----------
    plan : path, optional
        A table (``.csv``) or a document (``.toml``) of what is wanted, a row each kind.
    **options
        `count` (works in all), `seed`, `out` (folder), `formats`, `against` (a folder of music that no work may be too
        like), and fields of a Brief, for rows that do not say otherwise.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = batch(style="folk", bars=2, count=3, effort="quick", seed=4, formats="mid", out=folder)
    >>> made.works, made.left_out
    (3, {})
    """
    from firmus import progress
    from firmus.tasks import batch as task

    options.setdefault("progress", progress.shown())
    return task.batch(plan, **options)


def effects(kind: str, **options: Any) -> Effect:
    """Synthesise a sound effect: an `Effect`, whose `save` writes its sound, its picture and its settings.

    Parameters
    ----------
    kind : str
        ``"riser"``, ``"impact"``, ``"sweep"``; ``"rain"``, ``"wind"``, ``"room"``, ``"machine"``; ``"click"``,
        ``"confirm"``, ``"error"``, ``"notify"``, ``"coin"``.
    **options
        `seconds`, `pitch` (hertz), `brightness`, `tone`, `space` (0 to 1), `rate` (a second), `loop`, `loudness`
        (LUFS), `seed`.

    Examples
    --------
    >>> rain = effects("rain", seconds=2, loop=True, seed=4)
    >>> rain.audio.samples.shape, rain.origin.brief["rate"]
    ((88200, 2), 220.0)
    """
    from firmus.tasks import effects as task

    return task.effects(kind, **options)


def timbre(kind: str, *of: str | PathLike[str], **options: Any) -> list[Instrument]:
    """Make instruments to take away: each a `Package`, whose `save` writes SoundFont, SFZ, a preview and its picture.

    Parameters
    ----------
    kind : {"from", "new", "morph"}
    *of : path or str
        A sound file; nothing; two instruments, by name, or sound files.
    **options
        `name`; `pitch` of a recording; `like` (words), `brightness`, `attack`, `decay`, `noise`, `harmonicity` (-1 to
        1) and `seed` of a new one; `steps` of a morph.

    Examples
    --------
    >>> import tempfile, numpy, soundfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     times = numpy.arange(44100) / 44100
    ...     soundfile.write(f"{folder}/tone.wav", 0.3 * numpy.sin(2 * numpy.pi * 440 * times), 44100)
    ...     (made,) = timbre("from", f"{folder}/tone.wav")
    >>> made.origin.measured["pitches"], made.soundfont()[:4]
    ([69.0], b'RIFF')
    """
    from firmus.tasks.timbre import timbre as task

    return task(kind, *of, **options)


def game(states: str, **options: Any) -> Pack:
    """Compose music for a game: a `Pack`, whose `save` writes loops in layers, transitions, stings and a page.

    Parameters
    ----------
    states : str
        2 to 7 moods, ``"calm,tense,danger"``, or names with moods, ``"village=calm,fight=danger"``.
    **options
        `bars` (of each loop, 8), `key`, `seed`, `loudness` (LUFS of the most agitated state), `title`, `model`,
        `effort`; `theme`, a Score or a file whose melody each state keeps.

    Examples
    --------
    >>> pack = game("calm,danger", bars=4, key="D minor", effort="quick", seed=4)
    >>> [(state.name, state.key.text) for state in pack.states]
    [('calm', 'D major'), ('danger', 'D minor')]
    """
    from firmus import progress
    from firmus.tasks import game as task

    options.setdefault("progress", progress.shown())
    return task.game(states, **options)


def convert(source: Piece, target: str | PathLike[str], *, tune: int = 1, force: bool = False) -> Path:
    """Write a piece as a music file of another format, by the ending of `target`; see `firmus.tasks.convert`."""
    from firmus.tasks.convert import convert as task

    return task(source, target, tune=tune, force=force)[0]


def evaluate(generated: str | PathLike[str], reference: str | PathLike[str], **options: Any) -> dict[str, Any]:
    """Compare a folder of composed pieces with a folder of real ones; see `firmus.tasks.evaluate`."""
    from pathlib import Path

    from firmus.tasks.evaluate import comparison as task

    return task.evaluate(Path(generated), Path(reference), **options)


def train(
    recipe: str | PathLike[str],
    *,
    sets: str | PathLike[str] = "music",
    data: str | PathLike[str] | None = None,
    out: str | PathLike[str] | None = None,
    minutes: float | None = None,
    pretrained: str = "",
) -> Path:
    """Train by a recipe (a file, or a name of `firmus recipes`); returns the folder of the weights.

    Parameters
    ----------
    recipe : path or str
    sets : path
        Where the recipe's sets of music lie.
    data : path, optional
        A folder of your own music files to learn from instead.
    out : path, optional
        Folder of the run, which goes on where it stood; ``runs/<name>`` by default.
    minutes : float, optional
        Bound on the time of the whole run.
    pretrained : str
        Name of the model whose weights it begins from; fresh ones by default.
    """
    from pathlib import Path

    from firmus.learning import run
    from firmus.recipes import find

    music, folder = (None if each is None else Path(each) for each in (data, out))
    return run.run(find(str(recipe)), Path(sets), music, folder, minutes, pretrained=pretrained)


def verify(path: str | PathLike[str]) -> Verification:
    """Whether a file is as Firmus wrote it: ``"intact"``, ``"altered"`` or ``"unknown"``, and what its notes say.

    Parameters
    ----------
    path : path
        See `firmus.rights.verification`.
    """
    from firmus.tasks import verify as task

    return task.verify(path)


def rights_card(path: str | PathLike[str], *, given: Piece | None = None) -> dict[str, Any]:
    """Who made which notes of a work, and what the model learnt from; see `firmus.rights.card`.

    Parameters
    ----------
    path : path
        A folder that Firmus wrote, or a file in it.
    given : Score, path or bytes, optional
        What the person gave, of which the card then says how much is there.
    """
    from firmus.tasks import rights as task

    return task.rights(path, given=given)


def catalogue(folder: str | PathLike[str], *, licence: str = "") -> list[Path]:
    """Write ``catalogue.csv`` and ``catalogue.json`` of the works in a folder; see `firmus.rights.catalogue`.

    Parameters
    ----------
    folder : path
    licence : str
        Of works that have none yet.
    """
    from firmus.tasks import catalogue as task

    return task.catalogue(folder, licence=licence)


def read(path: str | PathLike[str] | bytes) -> Score:
    """Read a Score from a music file (MIDI, MusicXML, ABC, Humdrum, Firmus JSON)."""
    from firmus import formats

    return formats.read(path)


def write(score: Score, path: str | PathLike[str]) -> None:
    """Write a Score as a music file, the format by its ending."""
    from firmus import formats

    formats.write(score, path)


def _perform(verb: str, brief: Brief | None, options: dict[str, Any], **pieces: Any) -> Any:
    """Do what a verb does with pieces and a Brief: its one Work, or the list of them."""
    from dataclasses import replace

    from firmus import progress
    from firmus.errors import InvalidBrief
    from firmus.score import Score
    from firmus.tasks import verb as task_of
    from firmus.work import Brief

    if brief is not None and options:
        raise InvalidBrief(f"a Brief and {', '.join(options)} are both given: say each thing once")
    request = brief or Brief.of(**options)
    scores: dict[str, Any] = {
        name: piece if isinstance(piece, Score) else read(piece) for name, piece in pieces.items()
    }
    request = replace(request, **scores) if scores else request
    task = task_of(verb)
    works = task.perform(task.commission(request), progress.shown())
    return works[0] if len(works) == 1 and request.count == 1 and "count" not in options else works


def __getattr__(name: str) -> Any:
    from importlib import import_module
    from importlib.util import find_spec

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if not name.startswith("_") and find_spec(f"firmus.{name}") is None:
        from firmus.tasks import verb, verbs

        if name in verbs():  # a verb of others
            return lambda *pieces, brief=None, **options: _perform(
                name, brief, options, **dict(zip(verb(name).VERB.pieces, pieces, strict=True))
            )
    raise AttributeError(f"module 'firmus' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
