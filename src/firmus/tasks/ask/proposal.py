"""Proposals: a request in plain words as a verb and a Brief, which can be read before it is performed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from firmus.errors import InvalidBrief
from firmus.requests import grammar
from firmus.requests.grammar import Request
from firmus.requests.piece import Piece
from firmus.requests.text import language_of
from firmus.score import Key, Score
from firmus.tasks.ask import revision, steps, summary
from firmus.translation import translate
from firmus.work import Brief, Origin, Work

if TYPE_CHECKING:
    from firmus.composing.commission import Commission
    from firmus.progress import Progress


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for a request.

    Parameters
    ----------
    request : Request
        What was understood of the words.
    verb : str
        ``""`` where no note is composed anew.
    brief : Brief
        What the verb is asked; its source is the piece, revised where the request asks for another tempo, key, title or
        instrument.
    commission : Commission, optional
        The Brief, found to be possible; None where no note is composed anew.
    """

    request: Request
    verb: str
    brief: Brief
    commission: Commission | None = None

    @property
    def explanation(self) -> list[str]:
        """What will be done, in lines, in English."""
        return summary.lines(self.verb, self.brief, self.request)

    def explained(self, language: str) -> list[str]:
        """The same, in English or Chinese."""
        return summary.lines(self.verb, self.brief, self.request, language)

    def perform(self, progress: Progress | None = None) -> list[Work]:
        """Do it: the works, best first; of a piece in which no note is composed anew, one."""
        if self.commission is None:
            return [revised(self.brief)]
        from firmus.tasks import verb

        works: list[Work] = verb(self.verb).perform(self.commission, progress)
        return works


def propose(
    words: str, score: Score | None = None, selection: Mapping[str, Any] | None = None, **given: Any
) -> Proposal:
    """What a request in plain words asks for.

    Parameters
    ----------
    words : str
        English or Chinese.
    score : Score, optional
        The open piece.
    selection : mapping, optional
        `bars` and `parts` that are selected in it.
    **given
        Fields of the Brief that stand beside the words: `seed`, `count`.

    Raises
    ------
    InvalidBrief
        Where the words are not understood (the message asks back, in their language), or what they ask for cannot be
        composed.

    Examples
    --------
    >>> proposal = propose("a sad waltz for piano, 8 bars, seed 7")
    >>> proposal.verb, proposal.brief.mood, proposal.brief.bars
    ('compose', 'sad', 8)
    """
    try:
        request = grammar.read(words, score, selection)
    except InvalidBrief as question:
        raise InvalidBrief(translate(str(question), language_of(words))) from question
    piece = Piece(score) if score is not None and request.needs_piece else None
    fields = {**request.fields, **given}
    if piece is None:
        return _checked(request, request.verb, Brief.of(**fields))
    source = _revised(piece, request, fields)
    if request.verb in ("compose", "plan"):
        inherited = steps.inherited(piece)
        if "tempo" in request.relative:
            inherited["tempo"] = round(piece.tempo * steps.TEMPO ** request.relative["tempo"])
        inherited |= steps.absolute(piece, request, {})
        return _checked(request, request.verb, Brief.of(**{**inherited, **fields}))
    if not request.verb:
        return Proposal(request, "", Brief.of(**fields, source=source))
    if request.verb in ("infill", "continue", "vary") and "syncopation" not in request.relative:
        fields.setdefault("style", steps.style_of(piece))
    fields |= steps.absolute(Piece(source), request, fields)
    return _checked(request, request.verb, Brief.of(**fields, source=source))


def revised(brief: Brief) -> Work:
    """A Work of a revised piece; nothing in it was composed."""
    from firmus._version import __version__
    from firmus.analysis import features
    from firmus.composing.origin import estimated_key

    if brief.source is None:
        raise InvalidBrief("there is no piece to revise: name a music file")
    measured = {**features.summary(brief.source), **estimated_key(brief.source)}
    origin = Origin(
        firmus=__version__, model="", weights="", task="ask", seed=0, brief=brief.as_dict(), measured=measured,
        ai_generated=False,
    )  # fmt: skip
    return Work(brief.source, origin)


def _revised(piece: Piece, request: Request, fields: dict[str, Any]) -> Score:
    """The piece with what changes without composing; it is taken out of the fields where the verb refuses it."""
    score = piece.score
    if request.verb in ("compose", "plan"):
        return score
    bpm = fields.pop("tempo", None) if request.verb else fields.get("tempo")
    if "tempo" in request.relative:
        bpm = round(piece.tempo * steps.TEMPO ** request.relative["tempo"])
        if not request.verb:
            fields["tempo"] = float(bpm)
    if bpm is not None:
        score = revision.at_tempo(score, float(bpm))
    names = fields.get("parts", [])
    if request.verb == "infill" and (new := [name for name in names if name not in piece.names]):
        score = revision.with_part(score, new[0])
        fields["parts"] = [new[0].title()]
    if not request.verb:
        if "key" in fields:
            score = revision.in_key(score, Key.parse(fields["key"]))
        if names:
            score = revision.with_instruments(score, names, piece.names)
        score = replace(score, title=fields.get("title", score.title))
    return score


def _checked(request: Request, verb: str, brief: Brief) -> Proposal:
    """A proposal whose Brief the verb takes; a variation by the first model that can be asked for it."""
    from firmus.tasks import verb as task_of

    brief = steps.without_unknown_genre(verb, brief)
    refusal: InvalidBrief | None = None
    for model in steps.models(verb, brief):
        asked = replace(brief, model=model)
        try:
            return Proposal(request, verb, asked, task_of(verb).commission(asked))
        except InvalidBrief as error:
            refusal = refusal or error
    raise refusal or InvalidBrief(f"no model here can {verb} with syncopation {brief.syncopation}")
