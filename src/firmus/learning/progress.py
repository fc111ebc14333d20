"""Where a training run stands."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Steps, time, tokens and log of a run; kept in its checkpoint."""

    step: int = 0
    minutes: float = 0.0
    tokens: int = 0
    log: list[dict[str, float]] = field(default_factory=list)

    def note(self, **found: float) -> None:
        """Add an entry to the log."""
        self.log.append({"step": self.step, "minutes": self.minutes, "tokens": self.tokens, **found})

    def line(self, steps: int) -> str:
        """The last entry in words."""
        entry = self.log[-1]
        more = [f"{name} {value:.4g}" for name, value in entry.items() if name not in USUAL]
        told = f"step {self.step}/{steps} · {self.minutes:.0f} min · {self.tokens / 1e6:.2f} M tokens"
        return " · ".join([told, f"train {entry['train']:.4f}", f"valid {entry['valid']:.4f}", *more])


USUAL = ("step", "minutes", "tokens", "train", "valid", "rate")


class Means:
    """Running means of what is told at each step."""

    def __init__(self) -> None:
        self._told: dict[str, list[float]] = defaultdict(list)

    def add(self, told: dict[str, float]) -> None:
        """Take over the values of a step."""
        for name, value in told.items():
            self._told[name].append(value)

    def take(self) -> dict[str, float]:
        """Mean of each value since it was last taken."""
        told, self._told = self._told, defaultdict(list)
        return {name: sum(values) / len(values) for name, values in told.items()}
