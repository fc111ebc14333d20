"""Proposals: a request in plain words as a verb and a Brief, which can be read before it is performed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from firmus.errors import InvalidBrief
from firmus.requests import grammar
from firmus.requests.piece import Piece
from firmus.requests.request import Request
from firmus.requests.text import language_of
from firmus.score import Key, Score
from firmus.tasks.ask import lineage, recombination, revision, steps, summary
from firmus.translation import translate
from firmus.work import Brief, Origin, Work

if TYPE_CHECKING:
    from firmus.composing.commission import Commission
    from firmus.progress import Progress


AT_ONCE = ("orchestrate", "perform")
"""Verbs of rules, which are done at once."""
STAYING = ("infill", "vary", "humanise")
"""Verbs after which a piece has the bars and parts that it had."""


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
    before : Score, optional
        The piece, before it was revised.
    following : tuple of Proposal
        Steps after this one, each on what the one before it gives.
    words : str
        The words of the request that ask for this step.
    """

    request: Request
    verb: str
    brief: Brief
    commission: Commission | None = None
    before: Score | None = None
    following: tuple[Proposal, ...] = ()
    words: str = ""

    @property
    def explanation(self) -> list[str]:
        """What will be done, in lines, in English."""
        return self.explained("en")

    def explained(self, language: str) -> list[str]:
        """The same, in English or Chinese; the first line of each of several steps has its number."""
        steps = [summary.lines(each.verb, each.brief, each.request, language) for each in (self, *self.following)]
        if not self.following:
            return steps[0]
        return [
            f"{number}. {line}" if place == 0 else f"   {line}"
            for number, lines in enumerate(steps, 1)
            for place, line in enumerate(lines)
        ]

    def perform(self, progress: Progress | None = None) -> list[Work]:
        """Do it: the works, best first; of a piece in which no note is composed anew, one.

        Of several steps the Origin has those before the last, in turn.
        """
        works = self._performed(progress)
        for step in self.following:
            earlier = works[0]
            again = _proposed(step.request, earlier.score)
            step = replace(
                again,
                commission=again.commission and _checked(again.request, again.verb, replace(
                    step.brief, source=again.brief.source)).commission,
            )  # fmt: skip
            works = [lineage.after(work, earlier) for work in step._performed(progress)]
        return works

    def _performed(self, progress: Progress | None) -> list[Work]:
        """The works of this step alone."""
        if self.commission is None:
            return [revised(self.brief, self.before)]
        from firmus.tasks import verb

        works: list[Work] = verb(self.verb).perform(self.commission, progress)
        return works

    @property
    def next(self) -> Proposal:
        """The first step that composes, or else the last, on the piece that those before it give."""
        steps = (self, *self.following)
        return next((each for each in steps if each.commission is not None and each.verb not in AT_ONCE), steps[-1])

    @property
    def then(self) -> str:
        """The words of what is asked for after `next`, once that is there; ``""`` where nothing is."""
        steps = (self, *self.following)
        later = dict.fromkeys(each.words for each in steps[steps.index(self.next) + 1 :])
        return ("，然后" if language_of("".join(later)) == "zh" else ", then ").join(later)

    @property
    def result(self) -> Score:
        """The piece after this step, as far as that is known before it is composed."""
        if self.commission is None and self.brief.source is not None:
            return self.brief.source
        if self.verb in AT_ONCE:
            return self._performed(None)[0].score
        if self.verb not in STAYING or self.brief.source is None:
            raise InvalidBrief(
                f"{self.verb}: what follows it is asked for once it is there: leave out what comes after it"
            )
        return self.brief.source


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
        return _in_steps(words, score, selection, given)
    except InvalidBrief as question:
        raise InvalidBrief(translate(str(question), language_of(words))) from question


def _in_steps(words: str, score: Score | None, selection: Mapping[str, Any] | None, given: dict[str, Any]) -> Proposal:
    """Every step of a request; of words such as 'then' one a stage, where each stage asks for something else."""
    stages = grammar.stages(words) if score is not None and len(words) <= grammar.MOST_WORDS else [words]
    if len(stages) > 1:
        try:
            steps = _chain(stages, score, selection, given)
        except InvalidBrief:
            return _chain([words], score, selection, given)
        verbs = [step.verb for step in (steps, *steps.following)]
        if all(one != other or not one for one, other in pairwise(verbs)):
            return steps
    return _chain([words], score, selection, given)


def _chain(
    stages: Sequence[str], score: Score | None, selection: Mapping[str, Any] | None, given: dict[str, Any]
) -> Proposal:
    """Proposals of stages, each read beside the piece that the one before it gives, joined into one."""
    steps: list[Proposal] = []
    for stage in stages:
        for request in grammar.read_steps(stage, steps[-1].result if steps else score, selection):
            if steps and steps[-1].brief.count > 1:
                raise InvalidBrief("versions are of the last step alone: ask for them at the end")
            piece = steps[-1].result if steps else score
            seeded = given if request.verb or len(stages) == 1 else {}
            step = _proposed(replace(request, fields={**request.fields, **seeded}), piece)
            steps.append(replace(step, words=stage))
    return replace(steps[0], following=tuple(steps[1:]))


def _proposed(request: Request, score: Score | None) -> Proposal:
    """What one step asks for."""
    fields = dict(request.fields)
    piece = Piece(score) if score is not None and request.needs_piece else None
    if piece is None:
        return _checked(request, request.verb, Brief.of(**fields))
    source = _revised(piece, request, fields)
    if request.verb in ("compose", "plan"):
        inherited = steps.inherited(piece)
        if "tempo" in request.relative:
            inherited["tempo"] = round(piece.tempo * steps.TEMPO ** request.relative["tempo"])
        inherited |= steps.absolute(piece, request, {})
        return _checked(request, request.verb, Brief.of(**{**inherited, **fields}))
    if request.verb in ("", "rest"):
        return Proposal(request, "", Brief.of(**fields, source=source), before=score)
    if request.verb in ("infill", "continue", "vary") and "syncopation" not in request.relative:
        fields.setdefault("style", steps.style_of(piece))
    fields |= steps.absolute(Piece(source), request, fields)
    return _checked(request, request.verb, Brief.of(**fields, source=source))


def revised(brief: Brief, before: Score | None = None) -> Work:
    """A Work of a revised piece; nothing in it was composed."""
    from firmus._version import __version__
    from firmus.analysis import features
    from firmus.composing.origin import digest, estimated_key

    if brief.source is None:
        raise InvalidBrief("there is no piece to revise: name a music file")
    measured = {**features.summary(brief.source), **estimated_key(brief.source)}
    origin = Origin(
        firmus=__version__, model="", weights="", task="ask", seed=0, brief=brief.as_dict(), measured=measured,
        source=digest(before) if before else "", ai_generated=False,
    )  # fmt: skip
    return Work(brief.source, origin)


def _revised(piece: Piece, request: Request, fields: dict[str, Any]) -> Score:
    """The piece with what changes without composing; it is taken out of the fields where the verb refuses it."""
    score = piece.score
    if request.verb in ("compose", "plan"):
        return score
    if request.verb == "rest":
        return revision.resting(score, fields["bars"], [piece.names.index(name) for name in fields["parts"]])
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
        if (bars := fields.get("bars")) is not None:
            fields["bars"] = bars if isinstance(bars, str) else recombination.shortened(score, bars)
            score = recombination.assembled(score, fields["bars"])
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
