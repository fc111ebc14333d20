"""A prepared piece as it was written: without what analysis read off its notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from firmus.tokens import Prepared
from firmus.tokens.events.cells import BAR_SECTION, NO_TOKEN
from firmus.tokens.events.part_order import order_of, with_parts


def bare(prepared: Prepared, facts: Mapping[str, Any] | None = None) -> Prepared:
    """The piece without what analysis read off its notes (chords, sections), parts in the order of a card's `facts`."""
    marked = prepared["bars"].copy()
    marked[:, BAR_SECTION] = NO_TOKEN
    given = bool(prepared["lane"][0]) and not bool(prepared["lane"][-1])
    without = prepared | {"bars": marked, "lane": np.array([given, False])}
    return with_parts(without, order_of(facts or {}, prepared["programs"].tolist()))
