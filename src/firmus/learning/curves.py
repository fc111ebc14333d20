"""Plots of loss curves."""

from __future__ import annotations

from pathlib import Path


def plot(log: list[dict[str, float]], path: Path, title: str = "") -> None:
    """Plot training and validation loss over tokens seen (millions) as SVG.

    Parameters
    ----------
    log : list of dict
        Entries with ``tokens``, ``train`` and ``valid`` (mean loss: nats per token of sequence models).
    path : Path
        Of the SVG file.
    title : str
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure  # without pyplot: its backend is the caller's, a notebook's perhaps

    with mpl.rc_context({"svg.hashsalt": "firmus", "font.size": 9}):
        figure = Figure(figsize=(6, 3.5), layout="constrained")
        axes = figure.subplots()
        seen = [entry["tokens"] / 1e6 for entry in log]
        axes.plot(seen, [entry["train"] for entry in log], label="training", color="#999933")
        axes.plot(seen, [entry["valid"] for entry in log], label="validation (averaged weights)", color="#332288")
        axes.set(xlabel="tokens seen, millions", ylabel="loss", title=title)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})
