"""The frame transformer: what it reads of the past, what training gives, how dropout falls."""

import numpy as np
import torch

from firmus.models import frames
from firmus.tokens import Shape, grid

SHAPE = Shape(grid.VOCABULARY, grid.PLACES, grid.PARTS, grid.QUARTER)


def network(**config):
    torch.manual_seed(0)
    return frames.build(frames.Config(width=64, layers=1, encoder_layers=1, voice_layers=1, **config), SHAPE)


def pitches(*steps):
    return torch.tensor([[[pitch - grid.LOWEST + 1 if pitch else 0 for pitch in step] for step in steps]])


def test_the_past_is_held_notes_their_motion_and_the_key():
    piece = pitches((72, 67, 64, 48), (72, 69, 64, 48), (74, 69, 0, 48), (74, 69, 0, 48), (74, 69, 0, 48))
    past = network().eval()._past(piece)
    assert past.pitch[0, 0].tolist() == [grid.START] * 4
    assert past.pitch[0, 1:].tolist() == piece[0, :-1].tolist()
    assert past.held[0, :, 0].tolist() == [0, 0, 1, 0, 1]
    assert past.held[0, :, 2].tolist() == [0, 0, 1, 0, 1]
    assert past.held[0, :, 3].tolist() == [0, 0, 1, 2, 3]
    up, none = 2 - frames.MELODIC[0], frames._kinds(frames.MELODIC) - 1
    assert past.moved[0, :, 0].tolist() == [none, none, none, up, up]
    assert past.moved[0, :, 2].tolist() == [none] * 5
    assert past.key[0, 0] == frames.DEGREES - 1
    assert (past.key[0, 1] - (48 - grid.LOWEST + 1)) % 12 == 0  # a C major triad


def test_another_key_changes_only_what_is_read_as_pitch():
    piece = pitches((72, 67, 64, 48), (71, 67, 62, 55), (72, 67, 64, 48))
    one, other = (network().eval()._past(each) for each in (piece, piece + 3))
    assert torch.equal(one.held, other.held)
    assert torch.equal(one.moved, other.moved)
    assert torch.equal(one.degree, other.degree)
    assert torch.equal(one.pitch[:, 1:] + 3, other.pitch[:, 1:])


def test_regions_are_drawn_by_share_and_never_hold_what_the_input_lacks():
    torch.manual_seed(1)
    time = torch.arange(48).expand(400, 48).clone()
    time[:, 40:] = 0  # padding
    given = frames.regions(torch.zeros(400, 48, 4, dtype=torch.long), time, 0.5, 16)
    assert not given[:, 39:].any()
    some = given.flatten(1).any(1).float().mean()
    assert 0.4 < some < 0.55
    assert given[:, :39, 0].float().mean() > given[:, :39, 1:].float().mean()
    everything = frames.regions(torch.zeros(400, 48, 4, dtype=torch.long), time, 0.0, 16)
    assert not everything.any()


def test_given_tokens_cost_nothing_in_training():
    torch.manual_seed(2)
    net = network(given=1.0, dropout=0.0, feature_dropout=0.0).train()
    generator = np.random.default_rng(0)
    tokens = torch.tensor([[grid.START, *generator.integers(0, 47, 128)] for _ in range(32)])
    slots = torch.tensor(grid.slots(tokens[0].numpy())).expand(32, -1, -1)
    logits = net(tokens[:, :-1], slots[:, :-1])
    nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
    free, even = nats < 1e-6, (nats - np.log(grid.VOCABULARY)).abs() < 1e-3  # a fresh network knows nothing
    assert (free | even).all()
    assert free.float().mean() > 0.3
    assert even.float().mean() > 0.1


def test_one_mask_drops_the_same_at_all_times():
    torch.manual_seed(3)
    layer = frames.Dropout(0.5).train()
    dropped = layer(torch.ones(2, 9, 4, 8))
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(layer.eval()(torch.ones(2, 3)), torch.ones(2, 3))


def test_the_echo_is_what_followed_the_longest_equal_stretch():
    generator = np.random.default_rng(4)
    phrase = torch.tensor(generator.integers(1, 40, (20, 4)))
    piece = torch.cat([phrase, phrase + 3, phrase])[None]
    past = network().eval()._past(piece)
    assert (past.trust[0, : 40 + 4] == 0).all()  # nothing comes back before, and four frames are needed
    assert past.trust[0, 44:].tolist() == [1] * 4 + [2] * 8 + [3] * 4
    assert torch.equal(past.echo[0, 44:], phrase[4:])
    assert (past.echo[0, :44] == grid.START).all()


def test_a_note_that_is_held_is_no_echo():
    piece = torch.full((1, 12, 4), 20)
    assert (network().eval()._past(piece).trust == 0).all()
