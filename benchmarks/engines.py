"""How fast engines are: tokens a second of a GPT-2 as large as a published model, with random weights.

Speed does not depend on what the weights say. Usage: ``python benchmarks/engines.py [small|medium|large]``.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from firmus.engines import anticipation
from firmus.runtime.weights import find_card
from firmus.tokens.arrival import AUTOREGRESS, VOCABULARY

SIZES = {"small": (12, 12, 768), "medium": (24, 16, 1024), "large": (36, 20, 1280)}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("size", nargs="?", default="small", choices=SIZES)
    words.add_argument("--tokens", type=int, default=300)
    asked = words.parse_args()
    from transformers import GPT2Config, GPT2LMHeadModel

    layers, heads, width = SIZES[asked.size]
    shape = {"vocab_size": VOCABULARY, "n_positions": 1024, "n_layer": layers, "n_head": heads, "n_embd": width}
    with tempfile.TemporaryDirectory() as folder:
        GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=0, eos_token_id=0)).save_pretrained(folder)
        card = find_card(str(Path(folder)))
        begun = time.perf_counter()
        model = anticipation.load(card)
        loaded = time.perf_counter() - begun
        reading = model.reading()
        reading.feed(np.array([AUTOREGRESS]))
        begun = time.perf_counter()
        for token in range(asked.tokens):
            reading.feed(np.array([token]))
        rate = asked.tokens / (time.perf_counter() - begun)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{asked.size}: {card.facts['parameters'] / 1e6:.0f} M weights, {card.facts['bytes'] / 1e6:.0f} MB", end="; ")
    print(f"read and checked in {loaded:.1f} s; {rate:.1f} tokens/s, {rate / 3:.1f} notes/s; {memory:.0f} MB at most")
    print(f"on {model.network.device}, {model.torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
