"""State of a training run: counters and the log of losses and metrics."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class TrainingState:
    """Steps, time, tokens and log of a run; part of its checkpoint."""

    step: int = 0
    minutes: float = 0.0
    tokens: int = 0
    export_minutes: float = 0.0  # as rehearsed before the first step
    log: list[dict[str, float]] = field(default_factory=list)

    def add_entry(self, **metrics: float) -> None:
        """Append an entry to the log."""
        self.log.append({"step": self.step, "minutes": self.minutes, "tokens": self.tokens, **metrics})

    def summary(self, steps: int) -> str:
        """The last entry of the log as a line of text."""
        entry = self.log[-1]
        more = [f"{name} {value:.4g}" for name, value in entry.items() if name not in STANDARD]
        position = f"step {self.step}/{steps} · {self.minutes:.0f} min · {self.tokens / 1e6:.2f} M tokens"
        return " · ".join([position, f"train {entry['train']:.4f}", f"valid {entry['valid']:.4f}", *more])


STANDARD = ("step", "minutes", "tokens", "train", "valid", "rate")


class RunningMeans:
    """Running means of the metrics of each step."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = defaultdict(list)

    def add(self, metrics: dict[str, float]) -> None:
        """Add the metrics of a step."""
        for name, value in metrics.items():
            self._values[name].append(value)

    def take(self) -> dict[str, float]:
        """Mean of each metric since the last call; starts anew."""
        collected, self._values = self._values, defaultdict(list)
        return {name: sum(values) / len(values) for name, values in collected.items()}
