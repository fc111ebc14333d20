"""Moods of chord progressions: the documented rule beside a classifier that learns from what a person tagged.

    python benchmarks/moods.py --sets ../shared/data

The 190 progressions of ``chord-progressions`` each carry one or two mood words by their collector. Words are mapped to
quadrants of valence and arousal after Russell, *A Circumplex Model of Affect* (1980). The rule is
`firmus.analysis.emotion`, on the progression played as block chords, twice, a bar a chord at 100 a minute: of valence
it hears the mode, of arousal nothing but the same pace throughout, so its arousal is fixed here to what is commoner for
its valence in the training folds. The classifier is multinomial logistic regression on the shares of chord roots over
the tonic, root steps and kinds of chords. Ten folds by progression (equal ones in one fold), ten times over; a
progression counts as right where the quadrant is that of its first word, or of either.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy as np

from firmus.analysis.emotion import emotion
from firmus.score import Note, Part, Score, Tempo

QUADRANTS = {
    "happy": ("Hopeful", "Triumphant", "Joyful", "Surprised", "Playful", "Empowered", "Excited"),
    "calm": ("Romantic", "Tender", "Spiritual", "Relaxed", "Peaceful"),
    "tense": ("Rebellious", "Mysterious", "Dark", "Fearful", "Dramatic", "Anguished"),
    "sad": ("Nostalgic", "Sad", "Lonely"),
}
NAMES = tuple(QUADRANTS)
POSITIVE = (0, 1)  # quadrants of positive valence
DEGREES = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
IN_MINOR = {"iii": 3, "vi": 8, "vii": 10}
KINDS = {"major": (0, 4, 7), "minor": (0, 3, 7), "seventh": (0, 4, 7, 10), "minor seventh": (0, 3, 7, 10),
         "major seventh": (0, 4, 7, 11), "diminished": (0, 3, 6), "suspended": (0, 5, 7), "fifth": (0, 7)}  # fmt: skip
FOLDS, TIMES = 10, 10


Piece = tuple[list[tuple[int, str]], list[int], str]


def read(sets: Path) -> list[Piece]:
    """Progressions as roots over the tonic and kinds of chords, the quadrants of their words, and their list."""
    lists = json.loads((sets / "chord-progressions" / "progressions.json").read_text(encoding="utf-8"))
    quadrant = {word: place for place, words in enumerate(QUADRANTS.values()) for word in words}
    found = []
    for name, some in lists.items():
        for each in some:
            quadrants = [quadrant[word] for word in each["tags"] if word in quadrant]
            if quadrants:
                found.append(([chord(text, name == "prog_min") for text in each["chords"]], quadrants, name))
    return found


def chord(text: str, minor: bool) -> tuple[int, str]:
    """Root over the tonic and kind of a numeral: ``"bVIIM"`` is (10, "major")."""
    mark, letters, rest = re.fullmatch(r"([b#]?)([ivIV]+)(.*)", text).groups()  # type: ignore[union-attr]
    root = (IN_MINOR if minor else {}).get(letters.lower(), DEGREES[letters.lower()])
    small = (letters.islower() and not rest.startswith("M")) or (rest.startswith("m"))
    kind = "minor" if small else "major"
    if "dim" in rest:
        kind = "diminished"
    elif "sus" in rest:
        kind = "suspended"
    elif "7" in rest or "9" in rest:
        kind = "minor seventh" if small else "major seventh" if rest.startswith("M") else "seventh"
    elif rest == "5":
        kind = "fifth"
    return (root + {"b": -1, "#": 1, "": 0}[mark]) % 12, kind


def played(chords: list[tuple[int, str]]) -> Score:
    """Block chords over their root in the bass, a bar each, twice through."""
    notes = []
    for place, (root, kind) in enumerate(chords * 2):
        notes.append(Note(1920 * place, 1920, 36 + root))
        notes += [Note(1920 * place, 1920, 60 + (root + step) % 12) for step in KINDS[kind]]
    return Score((Part("", tuple(notes)),), tempi=(Tempo(0, 100),))


def features(chords: list[tuple[int, str]]) -> np.ndarray:
    """Shares of roots, root steps and kinds, whether the first and the last chord are on the tonic, and minor."""
    roots = np.array([root for root, _ in chords])
    kinds = np.array([list(KINDS).index(kind) for _, kind in chords])
    count = len(chords)
    steps = np.bincount(np.diff(np.append(roots, roots[0])) % 12, minlength=12) / count
    tonic = [kind for root, kind in chords if root == 0]
    minor = float(bool(tonic) and tonic[0].startswith("minor"))
    ends = [float(chords[0][0] == 0), float(chords[-1][0] == 0), minor, count / 8]
    shares = (np.bincount(roots, minlength=12) / count, steps, np.bincount(kinds, minlength=len(KINDS)) / count)
    return np.concatenate([*shares, ends])


def logistic(values: np.ndarray, truth: np.ndarray, ridge: float = 0.02) -> np.ndarray:
    """Weights (F + 1, 4) of multinomial logistic regression, by 500 steps of gradient descent."""
    rows = np.hstack([values, np.ones((len(values), 1))])
    weights, wanted = np.zeros((rows.shape[1], len(NAMES))), np.eye(len(NAMES))[truth]
    for _ in range(500):
        scores = rows @ weights
        raised = np.exp(scores - scores.max(1, keepdims=True))
        weights -= 1.0 * (rows.T @ (raised / raised.sum(1, keepdims=True) - wanted) / len(rows) + ridge * weights)
    return weights


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", type=Path, default=Path("../shared/data"))
    pieces = read(options.parse_args().sets)
    print(f"{len(pieces)} progressions: " + ", ".join(
        f"{name} {sum(labels[0] == number for _, labels, _ in pieces)}" for number, name in enumerate(NAMES)
    ))  # fmt: skip
    groups = {repr(chords): place for place, (chords, _, _) in enumerate(pieces)}
    group = np.array([groups[repr(chords)] for chords, _, _ in pieces])
    lists = sorted({name for *_, name in pieces})
    folds = [np.random.default_rng(time).permutation(len(pieces))[group] % FOLDS for time in range(TIMES)]
    table(pieces, folds, "folds of like progressions")
    table(pieces, [np.array([lists.index(name) for *_, name in pieces])], "each of the three lists held out")


def table(pieces: list[Piece], folds: list[np.ndarray], title: str) -> None:
    """Every method's marks, over some ways to hold progressions out."""
    values = np.stack([features(chords) for chords, _, _ in pieces])
    first = np.array([labels[0] for _, labels, _ in pieces])
    heard = [emotion(played(chords)) for chords, _, _ in pieces]
    bright = np.array([each is not None and each.valence >= 0 for each in heard])
    found: dict[str, list[list[float]]] = {}
    for fold in folds:
        guesses = {name: np.zeros(len(pieces), int) for name in ("commonest quadrant", "rule", "classifier")}
        for number in range(fold.max() + 1):
            held, rest = fold == number, fold != number
            counts = np.bincount(first[rest], minlength=len(NAMES))
            guesses["commonest quadrant"][held] = counts.argmax()
            lively = {True: int(counts[:2].argmax()), False: 2 + int(counts[2:].argmax())}
            guesses["rule"][held] = [lively[bool(each)] for each in bright[held]]
            weights = logistic(values[rest], first[rest])
            guesses["classifier"][held] = (np.hstack([values[held], np.ones((held.sum(), 1))]) @ weights).argmax(1)
        for name, guess in guesses.items():
            either = np.mean([one in labels for one, (_, labels, _) in zip(guess.tolist(), pieces, strict=True)])
            valence = (np.isin(guess, POSITIVE) == np.isin(first, POSITIVE)).mean()
            balanced = np.mean([(guess[first == each] == each).mean() for each in range(len(NAMES))])
            found.setdefault(name, []).append([(guess == first).mean(), either, balanced, valence])
    print(f"\n| {title} | first word | either word | balanced | valence |\n|---|---|---|---|---|")
    for name, runs in found.items():
        means, spread = np.mean(runs, axis=0), np.std(runs, axis=0)
        shown = [f"{m:.3f} ± {s:.3f}" if len(runs) > 1 else f"{m:.3f}" for m, s in zip(means, spread, strict=True)]
        print(f"| {name} | " + " | ".join(shown) + " |")


if __name__ == "__main__":
    main()
