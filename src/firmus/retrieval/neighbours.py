"""Approximate nearest neighbours of a point among hundreds of thousands: a graph, by usearch.

Malkov & Yashunin, *Efficient and robust approximate nearest neighbor search using hierarchical navigable small world
graphs* (2018). Points have unit length; similarity is the cosine. Candidates are found by the graph and then ranked
exactly. Where usearch is not installed, the search is exhaustive.
"""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONNECTIVITY, EXPANSION_ADD, EXPANSION_SEARCH = 16, 64, 128  # HNSW's M, ef_construction and ef
MOST_REMOVED = 0.2  # share of a graph's points that are removed, above which it is rebuilt
Integers = NDArray[np.int64]


class Neighbours:
    """Points with the graph of their neighbours.

    Parameters
    ----------
    points : array (P, Z)
    ids : array (P,)
        Keys of the points in the graph, rising; -1 at the end for those that are not in it yet.
    packed : array of uint8
        The graph as serialised by usearch; empty where there is none.
    """

    def __init__(self, points: NDArray[np.float16], ids: Integers, packed: NDArray[np.uint8]) -> None:
        self.points = points
        self.ids = ids
        self.packed = packed

    @property
    def is_complete(self) -> bool:
        """Whether all points are in the graph, or usearch is missing."""
        return not _has_graphs() or (len(self.packed) > 0 and bool((self.ids >= 0).all()))

    def completed(self) -> Neighbours:
        """The same points, exactly these in the graph; without a graph where usearch is missing."""
        if not _has_graphs():
            return Neighbours(self.points, np.full(len(self.points), -1), np.empty(0, np.uint8))
        graph, ids = self._graph, self.ids.copy()
        known = np.sort(np.array(graph.keys[:], np.int64)) if len(graph) else np.empty(0, np.int64)
        removed = np.setdiff1d(known, ids)
        if len(removed) > MOST_REMOVED * len(known) or np.setdiff1d(ids[ids >= 0], known).size:
            graph, ids, known, removed = _empty(self.points.shape[1]), np.full(len(ids), -1), known[:0], known[:0]
        if len(removed):
            graph.remove(removed.astype(np.uint64))
        new = np.flatnonzero(ids < 0)
        if len(new):
            ids[new] = np.arange(len(new)) + (known.max() + 1 if len(known) else 0)
            graph.add(ids[new].astype(np.uint64), self.points[new], threads=1)  # one thread, so always the same graph
        return Neighbours(self.points, ids, np.frombuffer(graph.save(), np.uint8))

    def near(self, point: NDArray[np.float32], count: int) -> tuple[Integers, NDArray[np.float32]]:
        """Rows (K,) of the nearest points and their cosines (K,), the nearest first."""
        if len(self.packed) and _has_graphs():
            hits = self._graph.search(point.astype(np.float16), count, threads=1)
            rows = np.searchsorted(self.ids, np.sort(np.array(hits.keys, np.int64)))
        else:
            rows = np.arange(len(self.points))
        cosines = self.cosines(point, rows)
        order = np.argsort(-cosines, kind="stable")[:count]
        return rows[order], cosines[order]

    def cosines(self, point: NDArray[np.float32], rows: Integers) -> NDArray[np.float32]:
        """Cosines (K,) of the angles between a point and some of the points."""
        return self.points[rows].astype(np.float32) @ point

    @cached_property
    def _graph(self) -> Any:
        if not len(self.packed):
            return _empty(self.points.shape[1])
        return _usearch().Index.restore(self.packed.tobytes())


def _has_graphs() -> bool:
    return find_spec("usearch") is not None


def _usearch() -> Any:
    import onnxruntime  # noqa: F401  -- it crashes where it is loaded after usearch
    from usearch import index

    return index


def _empty(width: int) -> Any:
    return _usearch().Index(
        ndim=width,
        metric="cos",
        dtype="f16",
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION_ADD,
        expansion_search=EXPANSION_SEARCH,
    )
