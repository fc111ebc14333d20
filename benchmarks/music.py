"""Composed music beside real music, as a musician would compare them, style by style; and how well a critic tells them.

Protocol: of each style so many pieces composed with defaults (16 bars, seeds from 1 or `--seed`) beside as many real
ones: held out (split "valid" of the music the model was trained with) as far as there are, then training pieces, so
many as are said. Real pieces have at least 12 full bars; measured are their first 16, and of what concerns endings
their last 16. They are taken as the representation keeps them, so that both sides have one grid; real choral music
has four voices, real lead sheets have a melody and are no songs' voices, bands are their melody, busiest other, bass
and drums, and in chorales, whose training data do not tell held notes from repeated ones, both sides are tied.
Measures: `firmus.analysis.composition`, where at least half of the pieces of either side have them; means, with 95 %
bootstrap intervals over pieces; "inside": our mean lies in the interval of real music. The critic:
`firmus.evaluation.feature_critic`, cross-validated by work. A work's versions and movements stand together.

Composed pieces are kept (`--composed`) by model and by the code that composes, so that a run can go on; `--from DIR`
measures music that is there already: files that have the style in their folder's or at the beginning of their name.

    python benchmarks/music.py [--sets ../shared/data] [--count 60] [--styles folk hymn] [--effort best]
"""

from __future__ import annotations

import argparse
import hashlib
import textwrap
from pathlib import Path

import numpy as np

import firmus
from distribution import compose
from firmus import formats
from firmus.analysis import composition
from firmus.brief_fields import EFFORTS
from firmus.composing.styles import styles
from firmus.evaluation import feature_critic, intervals
from firmus.learning.corpus import Corpus, load
from firmus.learning.real_music import BARS, FEWEST, Excerpts, comparable, excerpts
from firmus.learning.sources import SUFFIXES
from firmus.learning.versions import families, fingerprint
from firmus.runtime.weights import Card, card
from firmus.timing import bars
from styles import music_of

COMPOSES = ("composing", "runtime", "tasks", "tokens")  # rooms whose code decides what is composed


def measured(piece: Excerpts) -> dict[str, float]:
    """Every measure, of the bars that it is about."""
    found = {name: each(piece.beginning) for name, each in (composition.WHOLE | composition.BEGINNING).items()}
    return found | {name: each(piece.end) for name, each in composition.END.items()}


def real_music(corpus: Corpus, style: str, count: int, generator: np.random.Generator) -> list[Excerpts]:
    """So many real pieces of a style, held-out ones first."""
    found = list(excerpts(corpus.pieces("valid"), style, count, generator))
    return found + list(excerpts(corpus.pieces("train"), style, count - len(found), generator))


def composed(asked: argparse.Namespace, style: str) -> list[Excerpts]:
    """Composed pieces of a style, from the folder asked for or made now."""
    if asked.folder:
        paths = sorted(path for path in asked.folder.rglob("*") if is_of(style, path.relative_to(asked.folder)))
        named = [(path.name, formats.read(path)) for path in paths[: asked.count]]
    else:
        model = card(asked.model)
        kept = asked.composed / f"{model.name}-{state(model)}-{asked.effort}"
        given, seeds = {"model": model.name, "effort": asked.effort}, range(asked.seed, asked.seed + asked.count)
        named = [(f"seed {seed}", compose(kept, given, (style, BARS, seed))) for seed in seeds]
    heard = [(name, comparable(style, score)) for name, score in named]
    return [Excerpts(name, score, score) for name, score in heard if len(bars(score)) >= FEWEST]


def is_of(style: str, path: Path) -> bool:
    """Whether a file of music is of a style, by its folders' names or the beginning of its own."""
    return path.suffix.lower() in (*SUFFIXES, ".json") and (
        style in path.parts[:-1] or path.name == style + path.suffix or path.name.startswith(f"{style}-")
    )


def state(model: Card) -> str:
    """Digest of the weights, the critic's among them, and of the code that composes with them."""
    digest = hashlib.blake2b((model.digest + card("critic").digest).encode(), digest_size=6)
    for room in COMPOSES:
        for file in sorted((Path(firmus.__file__).parent / room).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def works_of(pieces: list[Excerpts]) -> list[int]:
    """Which work each piece is of: by tunes in common, and by folders, where these hold one work each."""
    known: dict[str, int] = {}
    together = []
    for place, piece in enumerate(pieces):
        folder = str(Path(piece.name).parent) if piece.name.count("/") > 1 else piece.name.partition("#")[0]
        together.append((known.setdefault(folder, place), place))
    return families([fingerprint(piece.beginning) for piece in pieces], together)[0]


Row = tuple[intervals.Interval, intervals.Interval]  # ours, and that of real music


def compared(ours: list[Excerpts], real: list[Excerpts]) -> dict[str, Row]:
    """Means and intervals of every measure that most pieces have."""
    values = [[measured(piece) for piece in some] for some in (ours, real)]
    rows = {}
    for name in composition.MEASURES:
        one, other = (np.array([each[name] for each in some]) for some in values)
        if min((~np.isnan(each)).mean() for each in (one, other)) >= 0.5:
            rows[name] = intervals.mean(one), intervals.mean(other)
    return rows


def report(style: str, ours: list[Excerpts], real: list[Excerpts]) -> dict[str, str]:
    """Print the table of a style, and what the critic says; cells of the summary."""
    print(f"\n### {style}\n\n{len(ours)} composed pieces; {len(real)} real ones, "
          f"{sum(piece.is_held_out for piece in real)} of them held out\n\n"
          "| measure | ours | 95 % interval | real | 95 % interval | inside |\n|-|-:|-|-:|-|-|")  # fmt: skip
    cells = {}
    for name, ((mean, least, most), (truth, low, high)) in compared(ours, real).items():
        inside = low <= mean <= high
        print(f"| {name} | {mean:.3f} | {least:.3f} to {most:.3f} | {truth:.3f} | {low:.3f} to {high:.3f} | "
              f"{'yes' if inside else f'no, {mean - truth:+.3f}'} |")  # fmt: skip
        cells[name] = f"{mean:.2f}, {truth:.2f}" if inside else f"**{mean:.2f}**, {truth:.2f}"
    features = [[feature_critic.features(piece.beginning, piece.end) for piece in some] for some in (ours, real)]
    area, low, high = feature_critic.auc(*features, works_of(real))
    telling = "; ".join(f"{name} {alone:.2f}" for name, alone in feature_critic.telling(*features))
    interval = f"({low:.2f} to {high:.2f})"
    line = f"Critic's AUC: **{area:.2f}** {interval}. Most telling alone (below .5: more in ours): {telling}"
    print("\n" + textwrap.fill(line, 120, break_on_hyphens=False), flush=True)
    return cells | {"critic's AUC": f"{area:.2f} {interval}"}


def summary(found: dict[str, dict[str, str]]) -> None:
    """Print all styles side by side."""
    print(f"\n### All styles: ours, real\n\n| measure | {' | '.join(found)} |\n|-|{'-|' * len(found)}")
    for name in [*composition.MEASURES, "critic's AUC"]:
        if any(name in cells for cells in found.values()):
            print(f"| {name} | {' | '.join(cells.get(name, '') for cells in found.values())} |")


def options(text: str | None) -> argparse.ArgumentParser:
    """Options of a comparison with held-out music."""
    found = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--sets", type=Path, default=Path("../shared/data"), help="where the sets of real music lie")
    found.add_argument("--prepared", type=Path, help="prepared music (a file of cache/) instead of --sets")
    found.add_argument("--model", default="composer")
    found.add_argument("--styles", nargs="+", help="all that the model composes unless given")
    found.add_argument("--count", type=int, default=60, help="pieces of each style, on each side")
    return found


def composing_options(text: str | None) -> argparse.ArgumentParser:
    """The same, and where composed music is."""
    found = options(text)
    found.add_argument("--from", dest="folder", type=Path, help="composed music that is there already")
    found.add_argument("--effort", default="usual", choices=EFFORTS)
    found.add_argument("--seed", type=int, default=1, help="of the first piece")
    found.add_argument("--composed", type=Path, default=Path("cache/composed"), help="where composed pieces are kept")
    return found


def corpus_and_styles(asked: argparse.Namespace) -> tuple[Corpus, list[str]]:
    """The music a model was trained with, and the styles to measure."""
    model = card(asked.model)
    corpus = load(asked.prepared) if asked.prepared else music_of(model, asked.sets, None)
    return corpus, asked.styles or [name for name in model.styles if name in styles()]


def main() -> None:
    asked = composing_options(__doc__).parse_args()
    corpus, wanted = corpus_and_styles(asked)
    found = {}
    for style in wanted:
        ours = composed(asked, style)
        real = real_music(corpus, style, asked.count, np.random.default_rng(0))
        if ours and real:
            found[style] = report(style, ours, real)
        else:
            print(f"\n### {style}\n\n{len(ours)} composed pieces, {len(real)} real ones: nothing to compare")
    summary(found)


if __name__ == "__main__":
    main()
