"""A network for voices on a grid that counts one position a step, not one a token: likelihood, given what one likes.

What it is
    A step x_t is a frame of P tokens, one a voice, and its likelihood is exact:
    p(x) = Π_t Π_v p(x_tv | x_<t, x_t,<v, g), where g is whatever else of the piece is given, before or after.
    A causal transformer (the *trunk*) reads the frames before t, a position each; an *encoder* that sees both ways
    reads g; a small network without attention, the same at every step, then tells one voice after another.
    Nothing given is plain composing; the soprano given is harmonising; all but a bar given is infilling.
Paper
    Frames read by one network and their voices predicted by another: Yang et al., *UniAudio* (2023), section 3.2.2.
    Random parts given in training: Huang et al., *Counterpoint by Convolution* (2017), section 3. One dropout mask
    for all times: Gal & Ghahramani (2016), section 4; Peracha, *Improving Polyphonic Music Models with Feature-Rich
    Encoding* (2020), for chorales. Key profiles: Krumhansl & Kessler (1982).
What it reads
    Besides the pitches, what follows from them: how long each voice has held its note and how it moved there, the
    intervals between voices, degrees in the key that the past suggests, and the *echo*: the frame that followed the
    longest earlier stretch that equals the last frames, for phrases come back. Logits are likewise the sum of a part
    by pitch, parts by interval from each voice, a part by degree and one of the echo: what it learns in one key it
    knows in all.
Conventions
    ``tokens`` (B, T), ``slots`` (B, T, 3), logits (B, T, V) as in `firmus.models.transformer`; T counts from the
    start of a frame. Token 0 is a rest, the last token stands for nothing known, the others are pitches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmus.models._sequence import SequenceNetwork
from firmus.models._traced import traced

TITLE = "Frame transformer (one position a step of time)"
KIND = "scorer"
HEAD = 64  # size of one attention head
HELD = 18  # distinct durations
VERTICAL, MELODIC, MOTION, REACH = (-13, 35), (-25, 25), (-12, 12), (-24, 24)  # distinct intervals, in semitones
OPEN_VOICE, OPEN_BARS, OPEN_SOME = 0.4, 0.75, 0.85  # borders between the kinds of regions that training leaves open
CERTAIN = 30.0  # logit of a token that was given
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
DEGREES = 25  # twelve of major, twelve of minor, unknown
ECHOES = 6  # kinds of echo: none, after 4, 8, 16, 32 and 64 equal frames


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the network, and what is hidden from it in training.

    Parameters
    ----------
    width : int
        Size of the residual streams, a multiple of 64.
    layers, encoder_layers, voice_layers : int
        Blocks of the trunk, of the encoder, and of the network that tells the voices.
    dropout : float
        Share of activations dropped, the same at all times of a sequence.
    feature_dropout : float
        Share of features that trunk and encoder do not read, drawn anew at every time in three of four sequences.
    given : float
        Share of training sequences in which a random region is left open and the rest is given.
    """

    width: int = 192
    layers: int = 3
    encoder_layers: int = 2
    voice_layers: int = 2
    dropout: float = 0.3
    feature_dropout: float = 0.15
    given: float = 0.4

    @property
    def heads(self) -> int:
        """Attention heads."""
        return self.width // HEAD

    @property
    def key_heads(self) -> int:
        """Key and value heads: each query head has its own."""
        return self.heads

    @property
    def hidden(self) -> int:
        """Width between the two matrices of a feed-forward block: 8/3 of the width, in multiples of 64."""
        return (self.width * 8 // 3 + 63) // 64 * 64


class Norm(nn.Module):
    """RMSNorm (Zhang & Sennrich 2019), written out, so that it can be exported."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Scale x (..., width) to unit mean square."""
        scaled = x.float() * torch.rsqrt(x.float().square().mean(-1, keepdim=True) + 1e-5)
        return scaled.to(x.dtype) * self.weight.to(x.dtype)


class Dropout(nn.Module):
    """Dropout with one mask for all times: x (B, S, ...) loses the same entries at every S."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Drop in training, nothing else."""
        if not self.training or not self.share:
            return x
        kept = torch.rand((x.shape[0], 1, *x.shape[2:]), device=x.device) >= self.share
        return x * (kept.to(x.dtype) / (1 - self.share))


class Block(nn.Module):
    """Attention, where wanted, and SwiGLU, each on a normalised copy of the stream and added to it."""

    def __init__(self, config: Config, depth: int, *, attends: bool = True, causal: bool = True) -> None:
        super().__init__()
        self.heads, self.attends, self.causal = config.heads, attends, causal
        width, hidden = config.width, config.hidden
        if attends:
            self.attention_norm = Norm(width)
            self.qkv = nn.Linear(width, 3 * width, bias=False)
            self.out = nn.Linear(width, width, bias=False)
        self.feed_norm = Norm(width)
        self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)
        self.dropout, self.hidden_dropout = Dropout(config.dropout), Dropout(config.dropout / 2)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                ends = name.startswith(("out", "down"))
                nn.init.normal_(weight, std=0.02 / (math.sqrt(2 * depth) if ends else 1.0))

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        """Map the stream (B, S, width), or without attention (B, S, P, width), to itself."""
        if self.attends:
            q, k, v = self.qkv(self.attention_norm(x)).view(*x.shape[:2], 3, self.heads, HEAD).permute(2, 0, 3, 1, 4)
            y = functional.scaled_dot_product_attention(_rotate(q, turn), _rotate(k, turn), v, is_causal=self.causal)
            x = x + self.dropout(self.out(y.transpose(1, 2).flatten(-2)))
        gate, up = self.gate_up(self.feed_norm(x)).chunk(2, dim=-1)
        fed: Tensor = x + self.dropout(self.down(self.hidden_dropout(functional.silu(gate) * up)))
        return fed


def _rotate(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Turn each plane of x (B, H, S, 64) by angles with this cosine and sine (B, 1, S, 32)."""
    cosine, sine = turn
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


@dataclass(frozen=True, slots=True)
class Past:
    """What follows from the frames before each: last pitches, durations, motion, key, echo and how long it is.

    Each is (B, S, P), but ``key`` and ``trust`` (B, S).
    """

    pitch: Tensor
    held: Tensor
    moved: Tensor
    key: Tensor
    degree: Tensor
    echo: Tensor
    trust: Tensor


class Frames(SequenceNetwork):
    """The network; see the module's docstring."""

    def __init__(self, config: Config, shape: Any) -> None:
        super().__init__()
        self.config, self.shape = config, shape
        width, size, voices = config.width, shape.vocabulary, shape.parts
        self.upper, self.lower = (each.tolist() for each in torch.triu_indices(voices, voices, 1))
        chord, motion = len(self.upper) * _kinds(VERTICAL), 2 * _kinds(MOTION)
        self.past = nn.Linear(
            _filled(voices * (2 * size + HELD + _kinds(MELODIC) + DEGREES) + chord + shape.places + ECHOES),
            width,
            bias=False,
        )
        self.trunk = nn.ModuleList(Block(config, config.layers) for _ in range(config.layers))
        self.given = nn.Linear(_filled(voices * (size + motion) + chord + shape.places), width, bias=False)
        self.encoder = nn.ModuleList(
            Block(config, config.encoder_layers, causal=False) for _ in range(config.encoder_layers)
        )
        self.given_norm = Norm(width)
        self.tell_given = nn.Linear(width, 2 * width, bias=False)
        others = voices * (size + _kinds(REACH) + DEGREES + _kinds(MOTION))
        own = size + DEGREES + HELD + _kinds(MELODIC) + voices * shape.places + _kinds(MELODIC) * ECHOES
        self.known = nn.Linear(_filled(others + own), width, bias=False)
        self.trunk_norm = Norm(width)
        self.tell_voices = nn.Linear(width, voices * width, bias=False)
        self.voices = nn.ModuleList(Block(config, config.layers, attends=False) for _ in range(config.voice_layers))
        self.norm = Norm(width)
        self.logits = nn.Linear(width, _filled((1 + 2 * voices) * size + DEGREES + 1), bias=False)
        self.dropout, self.half_dropout = Dropout(config.dropout), Dropout(config.dropout / 2)
        rolled = [torch.tensor(profile).roll(tonic) for profile in (MAJOR, MINOR) for tonic in range(12)]
        profiles = torch.stack(rolled)
        self.profiles: Tensor
        self.register_buffer("profiles", (profiles - profiles.mean(1, True)) / profiles.std(1, keepdim=True), False)
        for layer in (self.past, self.given, self.known):
            nn.init.normal_(layer.weight, std=0.1)
        nn.init.normal_(self.tell_voices.weight, std=0.05)
        nn.init.zeros_(self.tell_given.weight)
        nn.init.zeros_(self.logits.weight)

    def forward(self, tokens: Tensor, slots: Tensor) -> Tensor:
        """Logits (B, T, V) of the token after each of tokens (B, T); in training some are given, and are certain."""
        voices = self.shape.parts
        length = tokens.shape[1]
        missing = -length % voices
        frames = functional.pad(tokens[:, 1:], (0, missing + 1)).view(len(tokens), -1, voices)
        where = functional.pad(slots, (0, 0, 0, missing), value=0)[:, ::voices]
        given = None
        if self.training and self.config.given:
            given = regions(frames, where[..., 0], self.config.given, self.shape.places)
        logits = self.frames(frames, where[..., 0], where[..., 1], given)
        if given is not None:
            sure = CERTAIN * functional.one_hot(frames, self.shape.vocabulary).to(logits.dtype)
            logits = torch.where(given[..., None], sure, logits)
        return logits.flatten(1, 2)[:, :length]

    def frames(self, frames: Tensor, time: Tensor, place: Tensor, given: Tensor | None = None) -> Tensor:
        """Logits (B, S, P, V) of frames (B, S, P) at time and place (B, S), where given (B, S, P) is known at once."""
        past = self._past(frames)
        turn = self._turn(time)
        x = self.past(self._bag([
            (past.pitch, self.shape.vocabulary), (past.held, HELD), (past.moved, _kinds(MELODIC)),
            (past.degree, DEGREES), (self._chord(past.pitch), _kinds(VERTICAL)), (place[..., None], self.shape.places),
            (past.echo, self.shape.vocabulary), (past.trust[..., None], ECHOES),
        ], self.past.in_features, self.config.feature_dropout))  # fmt: skip
        ahead: Tensor | float = 0.0
        if given is not None:
            early, ahead = self._encode(frames, given, place, turn)
            x = x + early
        x = self.half_dropout(x)
        for block in self.trunk:
            x = block(x, turn)
        return self._tell(x + ahead, frames, past, place, given)

    def _encode(
        self, frames: Tensor, given: Tensor, place: Tensor, turn: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """What is added to the stream (B, S, width) before and after the trunk, from what is given."""
        seen = torch.where(given, frames, self._unknown())
        before, after = self._shifted(seen), functional.pad(seen[:, 1:], (0, 0, 0, 1), value=self._unknown())
        x = self.half_dropout(self.given(self._bag([
            (seen, self.shape.vocabulary), (self._gap(seen, before, MOTION), _kinds(MOTION)),
            (self._gap(after, seen, MOTION), _kinds(MOTION)), (self._chord(seen), _kinds(VERTICAL)),
            (place[..., None], self.shape.places),
        ], self.given.in_features, self.config.feature_dropout)))  # fmt: skip
        for block in self.encoder:
            x = block(x, turn)
        both = self.tell_given(self.given_norm(x)) * given.flatten(1).any(1)[:, None, None]
        early, ahead = both.chunk(2, dim=-1)
        return early, ahead

    def _tell(self, x: Tensor, frames: Tensor, past: Past, place: Tensor, given: Tensor | None) -> Tensor:
        """Logits (B, S, P, V) of each voice from the stream and the voices of its frame that it knows."""
        voices, size = self.shape.parts, self.shape.vocabulary
        order = torch.arange(voices, device=frames.device)
        knows = (order[None, :] < order[:, None]).expand(*frames.shape, voices)  # (B, S, P own, P other)
        if given is not None:
            knows = knows | (given[:, :, None, :] & (order[None, :] != order[:, None]))
        now = torch.where(knows, frames[:, :, None, :], self._unknown())
        was = past.pitch[:, :, None, :].expand_as(now)
        y = self.known(self._bag([
            (now, size), (self._gap(now, past.pitch[..., None], REACH), _kinds(REACH)),
            (self._degree(now, past.key[..., None, None]), DEGREES), (self._gap(now, was, MOTION), _kinds(MOTION)),
            (past.pitch[..., None], size), (past.degree[..., None], DEGREES), (past.held[..., None], HELD),
            (past.moved[..., None], _kinds(MELODIC)),
            ((place[:, :, None] * voices + order)[..., None], voices * self.shape.places),
            ((self._gap(past.echo, past.pitch, MELODIC) * ECHOES + past.trust[..., None])[..., None],
             _kinds(MELODIC) * ECHOES),
        ], self.known.in_features))  # fmt: skip
        y = self.half_dropout(y + self.tell_voices(self.trunk_norm(x)).view(*frames.shape, -1))
        for block in self.voices:
            y = block(y, (y, y))
        terms = self.logits(self.dropout(self.norm(y)))  # (B, S, P, (1 + 2 P) V + 25 + 1)
        near = torch.where(knows, now, was)
        return self._spread(terms, near, past.key, past.echo)

    def _spread(self, terms: Tensor, near: Tensor, key: Tensor, echo: Tensor) -> Tensor:
        """Logits by pitch, by interval from each voice (B, S, P, P) that is near, by degree and of the echo, added."""
        voices, size = self.shape.parts, self.shape.vocabulary
        pitches = torch.arange(size, device=terms.device)
        start = size + 2 * size * torch.arange(voices, device=terms.device)[:, None]
        by_interval = (pitches - near[..., None] + size) + start  # (B, S, P, P, V)
        key = key[:, :, None, None]
        by_degree = torch.where(key < DEGREES - 1, (pitches - key % 12) % 12 + 12 * (key // 12), DEGREES - 1)
        by_degree = (by_degree + (1 + 2 * voices) * size).expand(*terms.shape[:3], size)
        index = torch.cat([by_interval.flatten(-2), by_degree], dim=-1)
        parts = terms.float().gather(-1, index).view(*terms.shape[:3], voices + 1, size)
        sounds = functional.pad(self._sounds(near), (0, 1), value=1).to(parts.dtype)
        moved = (parts * sounds[..., None]).sum(-2) * self._sounds(pitches).to(parts.dtype)
        of_echo = terms[..., (1 + 2 * voices) * size + DEGREES, None].float() * (pitches == echo[..., None])
        return terms[..., :size].float() + moved + of_echo * self._sounds(echo)[..., None]

    def _past(self, frames: Tensor) -> Past:
        pitch = self._shifted(frames)
        before = self._shifted(pitch)
        steps = torch.arange(frames.shape[1], device=frames.device)
        begins = torch.where(pitch != before, steps[:, None], 0)  # (B, S, P)
        earlier = steps[None, :, None] <= steps[:, None, None]  # (S, S, 1)
        began = torch.where(earlier, begins[:, None], 0).amax(2)  # (B, S, P)
        moved = self._gap(pitch, before.gather(1, began), MELODIC)
        classes = functional.one_hot(torch.where(self._sounds(pitch), pitch % 12, 12), 13)[..., :12]
        counts = classes.sum(2).cumsum(1).float()  # (B, S, 12)
        key = torch.where(counts.sum(-1) > 0, (counts @ self.profiles.T).argmax(-1), DEGREES - 1)
        held = (steps[:, None] - began).clamp(max=HELD - 1)
        return Past(pitch, held, moved, key, self._degree(pitch, key[..., None]), *self._echo(frames))

    def _echo(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Frames (B, S, P) that followed the longest stretch, a bar ago or more, that equals the last frames.

        Also how long it is, 0 to 5 (B, S); where it is shorter than four frames, the echo is unknown.
        """
        length = frames.shape[1]
        equal = (frames[:, :, None] == frames[:, None]).all(-1)  # (B, S, S), the later frame first
        steps = torch.arange(length, device=frames.device)
        equal = equal & (steps[:, None] - steps >= self.shape.places)
        score, span = torch.zeros(equal.shape, dtype=torch.long, device=frames.device), 1
        for level in range(6 + 1):
            if level >= 2:
                score = score + equal
            earlier = functional.pad(equal[:, :, :length].int(), (span, 0, span, 0))[:, :length, :length] > 0
            equal, span = equal & earlier, 2 * span
        best = (score * length + steps).argmax(-1)  # (B, S), the latest of the longest
        trust = score.gather(-1, best[..., None])[..., 0]
        following = frames.gather(1, (best + 1).clamp(max=length - 1)[..., None].expand_as(frames))
        echo = torch.where(trust[..., None] > 0, following, self._unknown())
        return self._shifted(echo), functional.pad(trust[:, :-1], (1, 0))

    def _turn(self, time: Tensor) -> tuple[Tensor, Tensor]:
        """Cosine and sine (B, 1, S, 32) of the rotary angles: periods from half a quarter to 256 quarters."""
        planes = torch.arange(HEAD // 2, device=time.device) / (HEAD // 2)
        angles = time[:, None, :, None] * (2 * math.pi / (self.shape.quarter / 2 * 512.0**planes))
        return angles.cos().to(self._kind()), angles.sin().to(self._kind())

    def _kind(self) -> torch.dtype:
        device = self.profiles.device.type
        return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else self.profiles.dtype

    def _unknown(self) -> int:
        return int(self.shape.vocabulary) - 1

    def _sounds(self, pitch: Tensor) -> Tensor:
        return (pitch > 0) & (pitch < self._unknown())

    def _shifted(self, frames: Tensor) -> Tensor:
        """Frames one step later, the first unknown."""
        return functional.pad(frames[:, :-1], (0, 0, 1, 0), value=self._unknown())

    def _gap(self, first: Tensor, second: Tensor, span: tuple[int, int]) -> Tensor:
        """Interval from the second pitch to the first, counted from the span's lower end; the last: no interval."""
        gap = (first - second).clamp(*span) - span[0]
        return torch.where(self._sounds(first) & self._sounds(second), gap, _kinds(span) - 1)

    def _chord(self, frames: Tensor) -> Tensor:
        """Intervals (B, S, P (P - 1) / 2) between the voices."""
        return self._gap(frames[..., self.upper], frames[..., self.lower], VERTICAL)

    def _degree(self, pitch: Tensor, key: Tensor) -> Tensor:
        known = self._sounds(pitch) & (key < DEGREES - 1)
        return torch.where(known, (pitch - key % 12) % 12 + 12 * (key // 12), DEGREES - 1)

    def _bag(self, features: list[tuple[Tensor, int]], size: int, share: float = 0.0) -> Tensor:
        """One-hot codes of features (..., N) of so many kinds, end to end (..., size); a share is left out."""
        index, start = [], 0
        for each, kinds in features:
            index.append(each + start + kinds * torch.arange(each.shape[-1], device=each.device))
            start += kinds * each.shape[-1]
        hot = torch.cat(index, dim=-1)
        read = torch.ones(hot.shape, dtype=torch.bool, device=hot.device)
        if self.training and share:
            whole = torch.rand((len(hot),) + (1,) * (hot.dim() - 1), device=hot.device) < 0.25
            read = whole | (torch.rand(hot.shape, device=hot.device) >= share)
        empty = torch.zeros((*hot.shape[:-1], size), dtype=self._kind(), device=hot.device)
        return empty.scatter(-1, hot, read.to(empty.dtype))


def _kinds(span: tuple[int, int]) -> int:
    """Intervals of a span, and none."""
    return span[1] - span[0] + 2


def _filled(size: int) -> int:
    """The next multiple of 64: what quantising asks for."""
    return -(-size // 64) * 64


def regions(frames: Tensor, time: Tensor, share: float, places: int) -> Tensor:
    """Draw what is given, (B, S, P) of bool: nothing in most rows, in a share of them all but a random region.

    The region is all voices but the first, some bars, some voices, or some bars of each voice.
    """
    batch, steps, voices = frames.shape
    device = frames.device

    def chance(*size: int) -> Tensor:
        return torch.rand(size, device=device)

    bar = (torch.arange(steps, device=device) + torch.randint(places, (batch, 1), device=device)) // places  # (B, S)
    bars = steps // places + 2
    rate = torch.tensor([0.08, 0.2, 0.5], device=device)[torch.randint(3, (batch, 1), device=device)]
    kind = chance(batch, 1, 1)
    first = torch.arange(voices, device=device).expand_as(frames) == 0
    some_bars = (chance(batch, bars) >= rate).gather(1, bar)[..., None].expand_as(frames)
    some_voices = (chance(batch, 1, voices) < 0.5).expand_as(frames)
    cells = chance(batch, bars, voices) < chance(batch, 1, 1)
    some_cells = cells.gather(1, bar[..., None].expand_as(frames))
    drawn = torch.where(kind < OPEN_SOME, some_voices, some_cells)
    drawn = torch.where(kind < OPEN_BARS, some_bars, drawn)
    drawn = torch.where(kind < OPEN_VOICE, first, drawn)
    drawn = drawn & (chance(batch, 1, 1) < share)
    later = functional.pad(time[:, 1:], (0, 1))  # 0 at the last frame, whose last token is not in the input
    return drawn & (later > 0)[..., None]


def build(config: Config, shape: Any) -> Frames:
    """Make a network with fresh weights."""
    if config.width % HEAD:
        from firmus.errors import RecipeError

        raise RecipeError(f"width {config.width} must be a multiple of {HEAD}, the size of an attention head")
    return Frames(config, shape)


def graph(network: Frames) -> Any:
    """Write the network as an ONNX graph of a whole piece: ``frames`` and ``given`` (1, S, P) to ``logits``."""

    def whole(frames: Tensor, given: Tensor) -> Tensor:
        time = torch.arange(frames.shape[1], device=frames.device)[None]
        return network.frames(frames, time, time % network.shape.places, given > 0)

    example = torch.ones((1, 24, network.shape.parts), dtype=torch.int64)
    axes = {"frames": {1: "S"}, "given": {1: "S"}}
    return traced(network, whole, {"frames": example, "given": example}, {"logits": {1: "S"}}, axes)
