"""What sounds in training is what sounds afterwards; the loss leads to a tone."""

import numpy as np
import torch

from firmus.analysis import additive, partials
from firmus.models import ddsp_vae


def test_torch_and_numpy_make_the_same_sound():
    generator = torch.Generator().manual_seed(1)
    levels = 0.01 * torch.rand(3, 21, additive.HARMONICS, generator=generator)
    bands = torch.rand(3, 21, additive.BANDS, generator=generator)
    white = 2 * torch.rand(3, 21, 2 * ddsp_vae.HOP, generator=generator) - 1
    hertz, stretch = torch.tensor([55.0, 220.3, 1700.0]), torch.tensor([0.0, 1e-4, 1e-3])
    tones, noises = ddsp_vae.harmonic(levels, hertz, stretch), ddsp_vae.filtered_noise(bands, white)
    for row in range(3):
        tone = additive.harmonic(
            levels[row].numpy(), float(hertz[row]), float(stretch[row]), ddsp_vae.RATE, ddsp_vae.HOP
        )
        noise = additive.filtered_noise(bands[row].numpy(), white[row].numpy(), ddsp_vae.RATE)
        assert np.abs(tones[row].numpy() - tone).max() < 1e-5
        assert np.abs(noises[row].numpy() - noise).max() < 1e-5


def test_a_stretch_of_a_note_is_what_the_whole_note_is_there():
    levels = torch.full((1, 31, 8), 0.1)
    hertz, stretch = torch.tensor([237.0]), torch.tensor([1e-4])
    whole = ddsp_vae.harmonic(levels, hertz, stretch)
    part = ddsp_vae.harmonic(levels[:, :11], hertz, stretch, torch.tensor([640.0]))
    assert torch.allclose(part[0], whole[0, 640 : 640 + part.shape[1]], atol=1e-4)


def batch_of(hertz, wanted):
    """Two notes of a steady tone of one instrument, and what is measured of them."""
    count, pitch, zero = len(partials.TIMES), torch.full((2,), 57.0), torch.zeros(2)
    samples = ddsp_vae.harmonic(wanted, hertz, zero)
    features = torch.rand(2, count, partials.FEATURES)
    measured = wanted[:, :count], features, pitch, torch.zeros(2, count, additive.BANDS)
    power = (wanted[:, :count] ** 2).sum(2) / 2
    instrument = torch.zeros(2, dtype=torch.long)
    return (samples, zero, pitch, torch.full((2,), 100.0), hertz, zero, *measured, power, instrument)


def test_the_loss_falls_and_finds_the_levels_of_a_tone():
    torch.manual_seed(0)
    network = ddsp_vae.build(ddsp_vae.Config(latent=2, width=64, layers=1, instruments=1)).train()
    wanted = torch.zeros(2, 33, additive.HARMONICS)
    wanted[:, :, 0], wanted[:, :, 3] = 0.2, 0.05
    batch = batch_of(torch.full((2,), 220.0), wanted)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for _ in range(120):
        loss, _ = network.loss("network", batch, 0.0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.4 * losses[0]
    with torch.no_grad():
        mean, _ = network.encode(batch[7], batch[2])
        time = torch.full((2, 1), 0.1)
        for point in (mean, network.points[[0, 0]]):  # the encoder's, and the instrument's own
            levels, bands, _ = network.decode(point, batch[2], batch[3], time)
            assert abs(20 * np.log10(float(levels[0, 0, 0]) / 0.2)) < 3
            assert float(bands.max()) < 0.02


def test_levels_between_times_are_interpolated_and_constant_beyond():
    times = torch.tensor([[0.0, *partials.TIMES.tolist(), 3.0]])
    weights = ddsp_vae.between(times.float())
    assert torch.allclose(weights[0, 1:-1], torch.eye(len(partials.TIMES)), atol=1e-3)
    assert torch.allclose(weights[0, [0, -1]], torch.eye(len(partials.TIMES))[[0, -1]])
    assert torch.allclose(weights.sum(-1), torch.ones(1, len(partials.TIMES) + 2))
    middle = ddsp_vae.between(torch.tensor([[float(np.sqrt(partials.TIMES[4] * partials.TIMES[5]))]]))
    assert torch.allclose(middle[0, 0, 4:6], torch.tensor([0.5, 0.5]), atol=1e-3)


def test_spectra_tell_pitch_and_level_apart():
    time = torch.arange(6144) / ddsp_vae.RATE
    tone = 0.1 * torch.sin(2 * torch.pi * 440 * time)[None]
    same = ddsp_vae.spectral_distance(tone, tone)
    quieter = ddsp_vae.spectral_distance(0.7 * tone, tone)
    higher = ddsp_vae.spectral_distance(0.1 * torch.sin(2 * torch.pi * 520 * time)[None], tone)
    assert float(same) == 0
    assert float(quieter) < float(higher)
