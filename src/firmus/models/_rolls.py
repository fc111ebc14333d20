"""Piano rolls of a band as planes of pictures, and the planes that say what is given.

A window of `firmus.tokens.band` (B, T, 641) becomes nine planes (B, 9, T, 128) of zeros and ones: where drums are
struck; where bass, guitar, keys and strings sound; where these four are struck. A network is conditioned, beside
its z, on the tones of the chord at each step, its root, which of the five are given, and the nine planes of those.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmus import pitch
from firmus.models._bar_position import sustained
from firmus.tokens import band

PLANES = 2 * band.PARTS - 1
PITCHED = band.PARTS - 1
FACTS = 24 + band.PARTS  # of a step: tones, root, instruments that are given
OCTAVES = -(-band.PITCHES // 12)
OWNERS = (0, 1, 2, 3, 4, 1, 2, 3, 4)  # which instrument each plane belongs to
CHORDLESS = 0.2  # share of training windows without chords as a condition
ALONE = 0.5  # share of training windows in which no instrument is given


def to_planes(values: Tensor) -> Tensor:
    """Planes (B, 9, T, 128) of windows (B, T, 641)."""
    roll = torch.unflatten(values[..., : band.CELLS], -1, (band.PARTS, band.PITCHES)).transpose(1, 2)
    struck = roll == band.STRUCK
    return torch.cat([struck[:, :1], roll[:, 1:] > band.SILENT, struck[:, 1:]], dim=1).float()


def from_planes(planes: Tensor) -> Tensor:
    """Cells (B, T, 640) of planes (B, 9, T, 128), struck only where they sound; the inverse of `to_planes`."""
    on = (planes > 0.5).long()
    drums, sounds, struck = on[:, :1], on[:, 1 : 1 + PITCHED], on[:, 1 + PITCHED :]
    roll = torch.cat([band.STRUCK * drums, sounds * (band.SOUNDING + struck)], dim=1)
    return roll.transpose(1, 2).flatten(2)


def begun(planes: Tensor) -> Tensor:
    """Real planes (B, 9, T, 128) in which what sounds at the first step is struck there: a window knows no before."""
    drums, sounds, struck = planes[:, :1], planes[:, 1 : 1 + PITCHED], planes[:, 1 + PITCHED :]
    return torch.cat([drums, sounds, torch.cat([sounds[:, :, :1], struck[:, :, 1:]], dim=2)], dim=1)


def played(chances: Tensor) -> Tensor:
    """Planes (B, 9, T, 128) of what is struck and what is held.

    A network does not paint what sounds: it strikes pitches and holds them, so notes last and none begins unstruck.
    A pitch sounds that is struck, or that is held and sounded before. Of chances it gives chances.

    Parameters
    ----------
    chances : Tensor (B, 9, T, 128)
        Of striking drums; of holding the pitches of bass, guitar, keys and strings; of striking them.
    """
    drums, held, struck = chances[:, :1], chances[:, 1 : 1 + PITCHED], chances[:, 1 + PITCHED :]
    return torch.cat([drums, sustained(struck, (1 - struck) * held, near=True), struck], dim=1)


def chord_tones() -> Tensor:
    """Tones and root (chords, 2, 12) of each chord symbol of the raster; of none, nothing.

    Examples
    --------
    >>> chord_tones()[1 + 12 * band.QUALITIES.index("m") + 2].int().tolist()  # D minor
    [[0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
    """
    table = torch.zeros(band.CHORDS, 2, 12)
    for quality, name in enumerate(band.QUALITIES):
        for root in range(12):
            row = table[1 + 12 * quality + root]
            row[0, [(root + tone) % 12 for tone in pitch.QUALITIES[name]]] = 1
            row[1, root] = 1
    return table


class Given(NamedTuple):
    """What is known of windows.

    Parameters
    ----------
    facts : Tensor (B, 29, T)
        Tones of the chord, its root, and for each of the five instruments whether it is given.
    planes : Tensor (B, 9, T, 128)
        Those of the instruments that are given.
    """

    facts: Tensor
    planes: Tensor


class Conditions(nn.Module):
    """Conditions of windows."""

    def __init__(self) -> None:
        super().__init__()
        self.tones: Tensor
        self.register_buffer("tones", chord_tones(), persistent=False)

    def forward(self, values: Tensor, known: Tensor) -> Given:
        """Of windows (B, T, 641), of which instruments and, last, chords are `known` (B, T, 6)."""
        chord = torch.where(known[..., -1], values[..., -1], 0)
        parts = known[..., :-1].float()
        facts = torch.cat([self.tones[chord].flatten(2), parts], dim=-1).transpose(1, 2)
        return Given(facts, to_planes(values) * owned(facts))


def owned(facts: Tensor) -> Tensor:
    """Which planes are given (B, 9, T, 1), of facts (B, 29, T)."""
    return facts[:, 24:][:, list(OWNERS), :, None]


def with_given(given: Given, planes: Tensor) -> Tensor:
    """Planes (B, 9, T, 128) with those of given instruments in the place of what was made."""
    return given.planes + (1 - owned(given.facts)) * planes


def drawn(values: Tensor) -> Tensor:
    """Conditions (B, T, 6) that each training window has: chords mostly, of half of them one to four instruments."""
    count, device = len(values), values.device
    order = torch.rand(count, band.PARTS, device=device).argsort(dim=1)
    many = torch.randint(1, band.PARTS, (count, 1), device=device)
    some = (order < many) & (torch.rand(count, 1, device=device) >= ALONE)
    chord = torch.rand(count, 1, device=device) >= CHORDLESS
    return torch.cat([some, chord], dim=1)[:, None].expand(-1, values.shape[1], -1)


def conditioned(given: Tensor) -> Tensor:
    """Conditions (B, T, 6) that values (B, T, 641) give, some of them open (-1): instruments complete at a step."""
    parts = torch.unflatten(given[..., : band.CELLS], -1, (band.PARTS, band.PITCHES)).amin(-1)
    return torch.cat([parts, given[..., -1:]], dim=-1) >= 0


def kept(given: Tensor, planes: Tensor) -> Tensor:
    """Values (B, T, 641) of planes, with what is given in its place; an open chord symbol becomes none."""
    made = functional.pad(from_planes(planes), (0, 1))
    return torch.where(given >= 0, given, made)
