"""Making the works of a batch: composed several at a time, judged in the order of their numbers.

A work that copies the training music, or is too like one before it, is composed again from another seed. Since each is
judged beside those before it alone, a batch that was interrupted goes on to the same works, on however many cores.
"""

from __future__ import annotations

import json
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from firmus.analysis.tags import tags
from firmus.composing.autoregressive import DRAFTS, attempts
from firmus.composing.controls import requested
from firmus.errors import FirmusError, InvalidBrief
from firmus.production.batches import titles
from firmus.production.batches.duplicates import Register
from firmus.production.batches.plan import ORIGINAL, Slot
from firmus.rights.card import attributed, of_work
from firmus.rights.originality import COPIES
from firmus.runtime.stepper import ROWS
from firmus.work import Brief, Work

TRIES = 8  # times that a work is composed
SPACING, AGAIN = 1000, 100  # seeds from one number to the next, and from one attempt to the next
TOGETHER = 8  # works of one brief that are composed at once, token by token, at most
AHEAD = 3  # times as many works are under way as the workers compose at once at most
CARD = "rights.json"

Compose = Callable[[Brief, Sequence[int]], list[Work]]
"""Composes a work from each seed, in order; a function of a module, for other processes to find it."""


class Pool(Protocol):
    """What does tasks: `firmus.production.batches.workers`."""

    size: int

    def submit(self, function: Callable[[Any], Any], task: Any) -> Future[Any]:
        """Do a task."""


@dataclass(frozen=True, slots=True)
class Task:
    """Works to be composed together: their slots, seeds and titles; a folder where they are to be written."""

    compose: Compose
    slots: tuple[Slot, ...]
    seeds: tuple[int, ...]
    seed: int
    folder: Path | None = None
    endings: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a slot: a work, where it was written, and why it cannot be taken, or ``""``."""

    slot: Slot
    work: Work | None = None
    folder: Path | None = None
    refused: str = ""

    def discard(self) -> None:
        """Remove what was written."""
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def seed_of(seed: int, number: int, attempt: int) -> int:
    """Seed from which a number of a batch is composed for the first time (attempt 0), the second, and so on."""
    return (seed + (number - 1) * SPACING + attempt * AGAIN) % 2**63


def together(brief: Brief) -> int:
    """Works of a brief that are composed at once: few where each is composed several times, and one is kept.

    Examples
    --------
    >>> together(Brief(style="folk", effort="quick")), together(Brief(style="folk", mood="calm"))
    (8, 4)
    """
    effort = brief.effort or "usual"
    tried = DRAFTS if requested(brief) else attempts.ALTERNATIVES[effort] * attempts.DRAFTS[effort]
    return max(1, min(TOGETHER, ROWS // tried))


def make(task: Task) -> list[Made]:
    """Compose some works, entitle and write them.

    Raises
    ------
    FirmusError
        Where one cannot be written.
    """
    try:
        works: list[Work | InvalidBrief] = list(task.compose(task.slots[0].brief, task.seeds))
    except InvalidBrief as error:
        if len(task.slots) > 1:
            alone = [
                replace(task, slots=(each,), seeds=(seed,)) for each, seed in zip(task.slots, task.seeds, strict=True)
            ]
            return [made for each in alone for made in make(each)]
        works = [error]
    return [_written(task, slot, work) for slot, work in zip(task.slots, works, strict=True)]


def _written(task: Task, slot: Slot, work: Work | InvalidBrief) -> Made:
    if isinstance(work, InvalidBrief):
        return Made(slot, refused=str(work))
    title = slot.title or titles.title(tags(work.score).mood, slot.number, task.seed)
    work = replace(work, score=replace(work.score, title=title))
    copied = work.origin.measured.get("originality", {})
    if slot.brief.original == ORIGINAL and copied.get("verdict") == COPIES:
        source = copied.get("source") or {}
        return Made(slot, work, refused=f"it copies {source.get('title') or 'the training music'}")
    if task.folder is None:
        return Made(slot, work)
    folder = task.folder / f"{slot.number}-{work.origin.seed}"
    work.save(folder, force=True, endings=task.endings)
    card = attributed(of_work(work), work.score)
    try:
        (folder / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise FirmusError(f"{folder}: {error.strerror or error}") from None
    return Made(slot, work, folder)


@dataclass(slots=True)
class Maker:
    """Makes works of slots.

    Parameters
    ----------
    compose : callable
    pool : Pool
    register : Register
        What no work may be too like; each that is taken is added.
    seed : int
        Of the batch.
    folder : Path, optional
        Where works are written.
    endings : sequence of str, optional
    """

    compose: Compose
    pool: Pool
    register: Register
    seed: int
    folder: Path | None = None
    endings: Sequence[str] | None = None

    def works(self, slots: Sequence[Slot]) -> Iterator[Made]:
        """Each slot in order, with its work, or with why there is none.

        Raises
        ------
        FirmusError
        """
        later = deque(slots)
        waiting: deque[Slot] = deque()
        attempts: dict[int, int] = {slot.number: 0 for slot in slots}
        running: set[Future[list[Made]]] = set()
        ready: dict[int, Made] = {}
        for slot in slots:
            while True:
                while slot.number not in ready:
                    self._fill(later, waiting, running, len(ready), attempts)
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    ready |= {made.slot.number: made for future in done for made in future.result()}
                made = self._judged(ready.pop(slot.number))
                attempts[slot.number] += 1
                if not made.refused or attempts[slot.number] == TRIES:
                    break
                made.discard()
                waiting.appendleft(slot)
            if made.refused:
                made.discard()
            elif made.work:
                self.register.add(made.work.score, str(slot.number))
            yield made

    def _fill(
        self,
        later: deque[Slot],
        waiting: deque[Slot],
        running: set[Future[list[Made]]],
        ready: int,
        attempts: Mapping[int, int],
    ) -> None:
        """Give the pool something to do: works of one brief together."""
        most = self.pool.size * TOGETHER * AHEAD
        while len(running) < self.pool.size:
            while later and ready + len(waiting) + TOGETHER * len(running) < most:
                waiting.append(later.popleft())
            if not waiting:
                return
            brief = waiting[0].brief
            alike = [slot for slot in waiting if slot.brief == brief]
            chosen = alike[: min(together(brief), -(-len(alike) // self.pool.size))]
            for slot in chosen:
                waiting.remove(slot)
            seeds = tuple(seed_of(self.seed, slot.number, attempts[slot.number]) for slot in chosen)
            task = Task(self.compose, tuple(chosen), seeds, self.seed, self.folder, self.endings)
            running.add(self.pool.submit(make, task))

    def _judged(self, made: Made) -> Made:
        """What was made, refused where it is too like another."""
        if made.refused or made.work is None:
            return made
        like = self.register.like(made.work.score)
        return replace(made, refused=f"it is too like {like}") if like else made
