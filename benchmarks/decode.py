"""How fast tokens come: Firmus beside `transformers.generate`, the limit of the memory, and the cost of context.

Speed
    So many new tokens for each of 1, 4 and 16 sequences, the prompt included. Firmus: a chorale of four parts with the
    shipped model, with its rules, top-p sampling and generators of its own for each sequence. Beside it
    ``generate`` of a Llama of the same width, layers, heads and vocabulary (random weights, fp32, top-p sampling,
    no rules). The runs take turns; of each the best counts, since other work on the machine only ever slows down.
Limit
    Weights that a step reads x steps a second / how fast NumPy reads an array as large as they are, again and again
    (from the cache they fit into), and one of 256 MB (from memory). Keys and values, which a step also reads, are
    not counted: the share of a batch looks the smaller for it.
Context
    Time of a step after 100, 1,000 and 4,000 tokens.
Start
    Seconds until the first bar is composed, in a fresh process and with the model loaded; memory of the command.

transformers is no dependency of Firmus. Put it beside: ``.venv/bin/pip install --target FOLDER transformers`` and
run with ``PYTHONPATH=FOLDER``; without it that row is left out.

    python benchmarks/decode.py [--tokens 512] [--repeats 3] [--threads 2]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from firmus.runtime.batch import Batch
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.decoding import Callbacks, decoding
from firmus.runtime.request import Request
from firmus.runtime.sampling import Sampling
from firmus.runtime.stepper import Stepper
from firmus.runtime.weights import card
from firmus.score import Part, Score
from firmus.tokens import events

PROMPT = 60  # tokens, about what a chorale of this length takes
RANGES = ((60, 81), (55, 74), (48, 69), (40, 62))
MEMORY = (
    "import resource, sys; from firmus.cli import main; main(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)"
)
FIRST_BAR = """
import time
began = time.perf_counter()
from firmus.tasks import compose
from firmus.work import Brief
def run(began):
    marks = []
    commission = compose.commission(Brief(style="chorale", bars=16, meter="4/4", seed=1))
    compose.perform(commission, lambda *_: marks.append(time.perf_counter()))
    print(round(marks[1] - began, 3))
run(began)
run(time.perf_counter())
"""


def weights(stepper: Stepper) -> dict[str, Any]:
    """Arrays of the graph, by name."""
    model = onnx.load_from_string(stepper.card.model())
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def ours(stepper: Stepper, rows: int, tokens: int) -> float:
    """Tokens a second of so many chorales at once."""
    score = Score(tuple(Part(f"voice {place}", (), 52) for place in range(4)), end=(tokens // 8) * 1920)
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0] = False
    rules = Rules(tuple(PartRules(*each, True, 0) for each in RANGES))
    request = Request(score, is_open, "chorale", rules, Sampling(0.9, 0.95))
    length = max(stepper.card.shape["length"], 2 * tokens)
    batch = Batch(stepper, rows)
    for seed in range(rows):
        batch.add(decoding(request, np.random.default_rng(seed), length, Callbacks(lambda done, total: None)))
    began = time.perf_counter()
    for _ in range(tokens):
        batch.step()
    return rows * tokens / (time.perf_counter() - began)


def theirs(stepper: Stepper, found: dict[str, Any]) -> Callable[[int, int], float] | None:
    """Function from rows and tokens to tokens a second of ``generate``; None where transformers is not there."""
    try:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM
    except ImportError:
        return None
    width = len(found["block0.attention_norm"])
    config = LlamaConfig(
        vocab_size=stepper.vocabulary,
        hidden_size=width,
        intermediate_size=found["block0.down.packed"].shape[1] * 64,
        num_hidden_layers=len(stepper.memories) // 2,
        num_attention_heads=width // 64,
        num_key_value_heads=stepper.memories[0].shape[1],
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(config).eval()
    print(f"generate: a Llama of {sum(each.numel() for each in model.parameters()):,} weights, fp32", flush=True)

    def run(rows: int, tokens: int) -> float:
        prompt = torch.randint(0, stepper.vocabulary, (rows, PROMPT))
        began = time.perf_counter()
        with torch.inference_mode():
            made = model.generate(
                prompt, attention_mask=torch.ones_like(prompt), do_sample=True, temperature=0.9, top_p=0.95, top_k=0,
                max_new_tokens=tokens,
            )  # fmt: skip
        seconds = time.perf_counter() - began
        return rows * (made.shape[1] - PROMPT) / seconds

    return run


def reading(size: int) -> float:
    """Bytes a second that NumPy reads of an array of so many bytes, the best of many passes."""
    array = np.ones(size // 4, np.float32)
    times = []
    for _ in range(40):
        began = time.perf_counter()
        np.dot(array, array)
        times.append(time.perf_counter() - began)
    return size / min(times)


def step_after(stepper: Stepper, context: int) -> float:
    """Milliseconds of a step after so many tokens, the best of many."""
    state = stepper.start(context + 8)
    for buffer in state.buffers.values():
        buffer[:] = np.random.default_rng(0).standard_normal(buffer.shape, np.float32)
    times = []
    for _ in range(60):
        state.lengths[:] = context
        began = time.perf_counter()
        stepper.step(np.array([5]), np.array([[0, 0, 0]]), state)
        times.append(time.perf_counter() - began)
    return min(times) * 1000


def limits(found: dict[str, Any], speeds: dict[tuple[str, int], list[float]]) -> None:
    """Table of speeds, and their share of what reading the weights alone would allow."""
    read = sum(each.nbytes for name, each in found.items() if not name.endswith("_table"))
    cached, far = reading(read), reading(2**28)
    print(f"\na step reads {read / 1e6:.1f} MB of weights; NumPy reads {cached / 1e9:.1f} GB/s of an array as large,")
    print(f"{far / 1e9:.1f} GB/s of 256 MB\n")
    print("| sequences | firmus, tokens/s | generate | ratio (of each repeat) | of the limit: cache | memory |")
    print("|---|---|---|---|---|---|")
    for rows in (1, 4, 16):
        mine, other = speeds["firmus", rows], speeds.get(("generate", rows), [])
        each = ", ".join(f"{a / b:.1f}" for a, b in zip(mine, other, strict=False))
        beside = f"{max(other):.0f} | {max(mine) / max(other):.1f} ({each})" if other else " | "
        shares = " | ".join(f"{read * max(mine) / rows / limit:.0%}" for limit in (cached, far))
        print(f"| {rows} | {max(mine):.0f} | {beside} | {shares} |")


def start() -> None:
    """Time to the first bar, and memory."""
    done = subprocess.run([sys.executable, "-c", FIRST_BAR], capture_output=True, text=True, check=True)
    fresh, loaded = done.stdout.split()
    print(f"first bar of a chorale: {fresh} s in a fresh process, {loaded} s with the model loaded")
    with tempfile.TemporaryDirectory() as folder:
        words = ["compose", "--style", "chorale", "--bars", "16", "--seed", "1", "--quiet", "--out", f"{folder}/o"]
        done = subprocess.run([sys.executable, "-c", MEMORY, *words], capture_output=True, text=True, check=True)
    print(f"firmus compose, 16 bars, five files written: {float(done.stderr.split()[-1]):.0f} MB at most")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", default="composer")
    options.add_argument("--tokens", type=int, default=512, help="new tokens of each sequence")
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--threads", type=int, default=os.cpu_count(), help="of both engines")
    asked = options.parse_args()
    start()  # first: a process is told the memory of the one that started it as its own
    stepper = Stepper(card(asked.model), asked.threads)
    found = weights(stepper)
    generate = theirs(stepper, found)
    if generate:
        import torch

        torch.set_num_threads(asked.threads)
    else:
        print("transformers is not installed: see the top of this file")
    print(f"model {asked.model}, {asked.threads} threads, load of the machine {os.getloadavg()[0]:.1f}; rows together "
          f"{'are' if stepper.exact else 'are not'} bit-equal to rows alone")  # fmt: skip
    speeds: dict[tuple[str, int], list[float]] = {}
    for _ in range(asked.repeats):
        for rows in (1, 4, 16):
            speeds.setdefault(("firmus", rows), []).append(ours(stepper, rows, asked.tokens))
            if generate and rows != 4:
                speeds.setdefault(("generate", rows), []).append(generate(rows, asked.tokens))
            print(".", end="", file=sys.stderr, flush=True)
    limits(found, speeds)
    print("\n| tokens before | ms a token |\n|---|---|")
    for context in (100, 1000, 4000):
        print(f"| {context:,} | {step_after(stepper, context):.2f} |")


if __name__ == "__main__":
    main()
