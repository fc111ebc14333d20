"""Tiny models with random weights in Hugging Face's layout, of the architectures that engines play."""

import contextlib
import io
import os

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported anywhere


def _saved(model, folder):
    with contextlib.redirect_stderr(io.StringIO()):  # its progress bars
        model.save_pretrained(folder)


def anticipation(folder, **more):
    """A GPT-2 over arrival times; in reading 96 tokens at once it soon has to begin anew."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    shape = {"vocab_size": 55028, "n_positions": 96, "n_embd": 16, "n_layer": 1, "n_head": 2} | more
    model = GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=0, eos_token_id=0))
    with torch.no_grad():
        model.transformer.wte.weight *= 20  # so that what was read matters
    _saved(model, folder)
    return folder


def musicgen(folder):
    """A MusicGen of 16 kHz with a reader of six words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        EncodecConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        PreTrainedTokenizerFast,
        T5Config,
    )

    torch.manual_seed(0)
    text = T5Config(vocab_size=32, d_model=16, d_ff=32, d_kv=8, num_layers=1, num_heads=2)
    codec = EncodecConfig(
        target_bandwidths=[1.0], sampling_rate=16_000, num_filters=4, hidden_size=16, codebook_size=32,
        codebook_dim=16, upsampling_ratios=[8, 5, 8], num_residual_layers=1, num_lstm_layers=1,
    )  # fmt: skip
    decoder = MusicgenDecoderConfig(
        vocab_size=32, hidden_size=16, ffn_dim=32, num_hidden_layers=1, num_attention_heads=2,
        num_codebooks=codec.num_quantizers, pad_token_id=32, bos_token_id=32, max_position_embeddings=512,
    )  # fmt: skip
    model = MusicgenForConditionalGeneration(MusicgenConfig(text_encoder=text, audio_encoder=codec, decoder=decoder))
    for layer in model.audio_encoder.quantizer.layers:
        layer.codebook.embed.normal_()  # which are 0 before they are taught
    for name in ("decoder_start_token_id", "pad_token_id", "bos_token_id"):
        setattr(model.generation_config, name, 32)
    _saved(model, folder)
    words = ["<pad>", "</s>", "<unk>", "calm", "piano", "rain"]
    reader = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="<unk>"))
    reader.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=reader, **special).save_pretrained(folder)
    return folder
