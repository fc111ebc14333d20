"""Dynamic marks become velocities.

``DYNAMICS`` has the marks from pppppp to ffffff. Accents (sf, fz, rf ...) raise one moment only; fp is forte for one
moment, then piano. Wedges do not change velocities.
"""

from __future__ import annotations

from bisect import bisect_right

DYNAMICS = {
    "pppppp": 2, "ppppp": 5, "pppp": 10, "ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80,
    "f": 96, "ff": 112, "fff": 120, "ffff": 124, "fffff": 126, "ffffff": 127,
}  # fmt: skip
ACCENTS = {"sf": 112, "fz": 112, "sfz": 112, "rf": 104, "rfz": 104, "sffz": 120, "sfzp": 112}
FALLING = {"fp": ("f", "p"), "pf": ("p", "f"), "sfp": ("ff", "p"), "sfpp": ("ff", "pp"), "ffp": ("ff", "p")}
DEFAULT_VELOCITY, LOUDEST = 80, 127


class Dynamics:
    """The marks of a part, and what they make of its notes.

    Examples
    --------
    >>> dynamics = Dynamics()
    >>> dynamics.mark(480, "fp")
    >>> [dynamics.velocity(tick) for tick in (0, 480, 960)]
    [80, 96, 49]
    """

    def __init__(self, velocity: int = DEFAULT_VELOCITY) -> None:
        self.levels = [(0, velocity)]  # tick, velocity from there on; in order of tick
        self.accents: dict[int, int] = {}

    def mark(self, tick: int, name: str) -> None:
        """Take a mark, ``"f"`` or ``"sfz"``; what is no mark changes nothing."""
        if name in ACCENTS:
            self.accents[tick] = ACCENTS[name]
        elif name in FALLING:
            loud, soft = FALLING[name]
            self.accents[tick] = DYNAMICS[loud]
            self.set_level(tick, DYNAMICS[soft])
        elif name in DYNAMICS:
            self.set_level(tick, DYNAMICS[name])

    def set_level(self, tick: int, velocity: int) -> None:
        """Let a velocity begin; of two at one tick the later call counts."""
        place = bisect_right(self.levels, (tick, LOUDEST))
        self.levels.insert(place, (tick, velocity))

    def velocity(self, tick: int) -> int:
        """Velocity of a note that begins at a tick."""
        if len(self.levels) == 1 and not self.accents:
            return self.levels[0][1]
        level = self.levels[max(0, bisect_right(self.levels, (tick, LOUDEST)) - 1)][1]
        return max(level, self.accents.get(tick, 0))
