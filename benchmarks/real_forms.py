"""Forms of real music, phrase by phrase: from which the usual forms of styles are chosen (`firmus.composing.styles`).

Protocol: of each style so many training pieces at random, in the parts that the style composes, cut into phrases of so
many bars from the first full bar on. A phrase is the one before that has most in common with it
(`firmus.analysis.form.likeness`), the same letter from .999, with ``'`` from .5, else a new letter. Printed: the most
frequent forms and their shares.

    python benchmarks/real_forms.py [--styles folk song] [--count 150] [--phrase 4] [--bars 16]
"""

from __future__ import annotations

from collections import Counter
from string import ascii_uppercase

import numpy as np

from firmus.analysis.form import likeness, notes_of_bars
from firmus.learning.real_music import comparable, full_bars, is_songs_voice, stretch
from firmus.score import Score
from firmus.tokens import events
from music import corpus_and_styles, options
from styles import style_of

SAME, VARIED = 0.999, 0.5
NAMED = 8  # forms of each style
FEWEST = 2  # notes a bar


def form_of(score: Score, phrase: int, count: int) -> str:
    """Letters of the phrases of the first bars; empty where there are fewer bars, or hardly any notes."""
    content = notes_of_bars(score)[1 if score.pickup else 0 :][:count]
    if len(content) < count or sum(map(len, content)) < FEWEST * count:
        return ""
    new: list[list[set[tuple[int, int]]]] = []
    text = ""
    for first in range(0, count, phrase):
        bars = list(content[first : first + phrase])
        alike, place = max(((likeness(each, bars), place) for place, each in enumerate(new)), default=(0.0, 0))
        if alike < VARIED:
            new.append(bars)
            text += ascii_uppercase[len(new) - 1]
        else:
            text += ascii_uppercase[place] + ("" if alike >= SAME else "'")
    return text


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--phrase", type=int, default=4, help="bars")
    parser.add_argument("--bars", type=int, default=16, help="of each piece")
    asked = parser.parse_args()
    corpus, wanted = corpus_and_styles(asked)
    generator = np.random.default_rng(0)
    for style in wanted:
        pieces = [
            each
            for each in corpus.pieces("train")
            if style_of(each.prepared) == style and full_bars(each) >= asked.bars and not is_songs_voice(each)
        ]
        found: Counter[str] = Counter()
        for place in generator.permutation(len(pieces))[: asked.count].tolist():
            prepared = pieces[place].prepared
            last = min(events.grid_shape(prepared)[0], asked.bars + 1)
            found[form_of(comparable(style, stretch(prepared, 0, last)), asked.phrase, asked.bars)] += 1
        del found[""]
        every = sum(found.values())
        shares = ", ".join(f"{form} {count / every:.2f}" for form, count in found.most_common(NAMED))
        print(f"{style} ({every}): {shares}", flush=True)


if __name__ == "__main__":
    main()
