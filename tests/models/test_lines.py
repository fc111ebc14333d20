"""Melodies as one-hot lines: what is heard of them."""

import numpy as np
import torch

from firmus.models import _lines as lines
from firmus.score import Note, Part, Score
from firmus.tokens import melody


def line():
    """A quarter of C, an eighth's rest, an eighth of E."""
    score = Score((Part("", (Note(0, 480, 60), Note(720, 240, 64))),), end=960)
    return lines.to_one_hot(torch.tensor(melody.encode(score).astype(np.int64))[None], melody.VOCABULARY)


def test_what_sounds_goes_on_until_something_begins():
    heard = lines.critic_features(line())[0]
    assert heard.shape == (8, 2 * melody.VOCABULARY + lines.FEATURES)
    sounding = heard[:, melody.VOCABULARY : -12]
    assert sounding.sum(1).tolist() == [1] * 8
    assert sounding.argmax(1).tolist() == [1 + 60 - 21] * 4 + [0] * 2 + [1 + 64 - 21] * 2


def test_pitch_classes_are_counted_from_the_lowest_a():
    classes = lines.critic_features(line())[0, :, -12:]
    assert classes.sum(1).tolist() == [1, 1, 1, 1, 0, 0, 1, 1]
    assert [int(row.argmax()) for row in classes[[0, 6]]] == [(60 - 21) % 12, (64 - 21) % 12]


def test_gradients_reach_what_began_earlier():
    some = line().requires_grad_()
    lines.critic_features(some)[0, 3, melody.VOCABULARY :].sum().backward()
    assert some.grad[0, 0, 41 - 2 : 42].abs().sum() > 0
    assert some.grad[0, 1, 0] > 0  # had it not gone on, nothing would sound


def test_the_first_step_never_goes_on():
    logits = lines.singable(torch.zeros(2, 3, 90))
    assert logits[:, 0, 0].max() < -1000
    assert not logits[:, 1:].any()
    assert not logits[:, 0, 1:].any()


def test_what_is_given_comes_back():
    given = torch.tensor([[[-1], [7], [-1]]])
    logits = torch.zeros(1, 3, 90)
    logits[..., 5] = 1
    assert lines.kept(given, logits)[0, :, 0].tolist() == [5, 7, 5]


def test_a_voice_sings_near_a_height_and_in_a_scale():
    voice = lines.Voice(4, melody.VOCABULARY)
    for weight in voice.parameters():
        torch.nn.init.zeros_(weight)
    with torch.no_grad():
        voice.height.bias.copy_(torch.tensor([0.5, 2.0]))  # half an octave above the middle of 88 pitches
        voice.classes.bias[2] = 9.0  # B, counted from A
    logits = voice(torch.zeros(1, 3, 4))[0, 1]
    pitches = logits[2:].topk(3).indices + 21
    assert pitches.tolist() == [71, 83, 59]  # 21 + 44 + 6 is B: the nearest B, then those beside it
    assert logits[:2].tolist() == [0, 0]
