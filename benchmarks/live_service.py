"""Playing together over the service: whether it keeps up with a player at the other end of a WebSocket.

Protocol: a service in a process of its own; a melody is played over ``/v1/live`` on the loopback for so many minutes at
120 a minute, onsets 12 ms off (standard deviation), half of the time in eighths, with a pause of two bars after eight.
Reported, after StreamMUSE: the share of the beats that had a plan in time (hit rate), backup levels in half beats, and
the time of a plan (p50, p99), waiting included, as a share of a beat. Besides: how early notes arrive before they are
to sound (p50, p1), those that arrive too late, and the time of a message there and back. The load is said with it.

    python benchmarks/live_service.py --minutes 2
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from typing import Any

import numpy as np
from websockets.sync.client import ClientConnection, connect

BPM, SPREAD = 120.0, 0.012
BEAT = 60 / BPM
TUNE = (60, 62, 64, 65, 67, 69, 67, 65, 64, 67, 65, 64, 62, 65, 64, 62)  # over C, F, G


def presses(minutes: float, begins: float) -> list[tuple[float, int, int]]:
    """Time, pitch and velocity (0: up) of each key."""
    generator, found, at = random.Random(1), [], begins
    while at < begins + 60 * minutes:
        for place in range(32):
            length = BEAT / 2 if place // 8 % 2 else BEAT
            down = at + generator.gauss(0, SPREAD)
            pitch = TUNE[place % len(TUNE)] + 12 * (place % 16 > 11)
            found += [(down, pitch, 80), (down + 0.9 * length, pitch, 0)]
            at += length
        at += 8 * BEAT
    return sorted(each for each in found if each[0] < begins + 60 * minutes)


def play(socket: ClientConnection, minutes: float) -> list[dict[str, Any]]:
    """Play; the messages that came, each with the time when it did."""

    def send(kind: str, **values: Any) -> None:
        socket.send(json.dumps({"type": kind, **values}))

    send("begin", at=time.monotonic(), tempo=BPM, plays="accompaniment,answer", count_in=True)
    came = [json.loads(socket.recv(timeout=30))]
    keys, synced = presses(minutes, came[0]["at"] + 4 * BEAT), 0.0
    while keys:
        now = time.monotonic()
        if now - synced > 1:
            send("sync", at=now)
            synced = now
        if keys[0][0] <= now:
            at, pitch, velocity = keys.pop(0)
            send("press", at=at, pitch=pitch, velocity=velocity) if velocity else send("release", at=at, pitch=pitch)
            continue
        try:
            message = json.loads(socket.recv(timeout=max(0.0, min(keys[0][0], synced + 1) - now)))
        except TimeoutError:
            continue
        came.append({**message, "came": time.monotonic()})
    return came


def report(came: list[dict[str, Any]], minutes: float) -> None:
    """Print what was measured."""
    beats = [each for each in came if each["type"] == "beat"]
    notes = [
        (note["at"] - each["came"], note)
        for each in came
        if each["type"] == "notes"
        for note in each["notes"]
        if note["velocity"]
    ]
    early = np.array([each for each, _ in notes])
    trips = [1000 * (each["came"] - each["at"]) for each in came if each["type"] == "sync"]
    levels = Counter(each["level"] for each in beats if each["level"] is not None)
    plans = np.array([each["planning"] for each in beats if each["planning"] is not None])
    refused = [each["detail"] for each in came if each["type"] == "refused"]
    print(f"{minutes:g} minutes, {len(beats)} beats, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"hit rate {beats[-1]['hit_rate']:.2%}, backup levels {dict(sorted(levels.items()))}")
    p50, p99 = np.percentile(plans, [50, 99])
    print(f"a plan took {1000 * p50:.1f} ms (p50), {1000 * p99:.1f} ms (p99): {p99 / BEAT:.1%} of a beat")
    print(f"{len(notes)} notes, {beats[-1]['dropped']} dropped by the service, {refused or 'none'} refused")
    p50, p1 = 1000 * np.percentile(early, [50, 1])
    print(f"they came {p50:.0f} ms before their time (p50), {p1:.0f} ms (p1); {np.sum(early < 0)} after it,")
    print(f"{np.sum(early < -0.05)} more than 50 ms after it, which a page leaves out")
    print(f"there and back {np.percentile(trips, 50):.1f} ms (p50), {np.percentile(trips, 99):.1f} ms (p99)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "firmus", "serve", "--port", "0", "--json", "--data", folder]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            line = process.stdout.readline() if process.stdout else ""
            port = json.loads(line)["port"]
            with connect(f"ws://127.0.0.1:{port}/v1/live") as socket:
                came = play(socket, options.minutes)
            process.terminate()
    report(came, options.minutes)


if __name__ == "__main__":
    main()
