"""The Studio's budgets, measured in a headless Chromium against a service of its own.

- *usable*: seconds from the request for the page to a form that can be sent, in a fresh browser; median of five.
- *JavaScript*: bytes of the page's scripts, which the audio worklet of the synthesizer is not among.
- *first sound*: seconds from the click on a starter piece to a sound level above 0.003 (root mean square) behind the
  synthesizer, its SoundFont read before; median of five.
- *first candidate*: seconds from Shift+R on two bars of two parts of a chorale to the candidates; median of five.
- *key to sound*: milliseconds from the event of a key of the computer (`N`), and of one of the roll's keyboard, to the
  first sample of its note behind synthesizer and limiter, in context time; median, 95th percentile of 40. What is
  added before loudspeakers (`baseLatency`, `outputLatency`) is apart: it is the sound card's.
- *roll*: 3,000 notes all in sight, scrolled and played: seconds between frames, and of the main thread for a frame.
- *memory*: bytes of the heap after garbage collection, at the beginning and every 1,000 edits; after 200 candidates.

    python benchmarks/studio.py [--edits 5000] [--asks 50]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from firmus.formats import json as firmus_json
from firmus.score import Note, Part, Score
from firmus.service.http.page import FOLDER

SCRIPTS = ("studio.js", "synthesizer.js", "timer.js")
METER = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (to instanceof AudioDestinationNode) {
    window.meter ??= this.context.createAnalyser();
    connect.call(this, window.meter, ...rest);
  }
  return connect.call(this, to, ...rest);
};
window.sounding = () => new Promise(done => {
  const look = () => {
    const samples = new Float32Array(2048);
    window.meter?.getFloatTimeDomainData(samples);
    if (Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / 2048) > 0.003) done(performance.now());
    else setTimeout(look, 5);
  };
  look();
});
window.frames = seconds => new Promise(done => {
  const times = [];
  const count = now => {
    times.push(now);
    if (now - times[0] < seconds * 1000) requestAnimationFrame(count);
    else done(times.slice(1).map((time, place) => (time - times[place]) / 1000));
  };
  requestAnimationFrame(count);
});
"""


ONSET = """
const silent = samples => samples.every(value => Math.abs(value) < 1e-4);
window.onset = kind => new Promise(done => {
  addEventListener(kind, event => {
    const {context} = window.meter, samples = new Float32Array(window.meter.fftSize);
    const look = () => {
      const [now, current] = [performance.now(), context.currentTime];
      window.meter.getFloatTimeDomainData(samples);
      const first = samples.findIndex(value => Math.abs(value) > 1e-4);
      if (first < 0) return setTimeout(look, 0);
      const ago = 1000 * (samples.length - first) / context.sampleRate;
      if (context.currentTime !== current) return setTimeout(look, 0);
      done(now - ago - event.timeStamp);
    };
    look();
  }, {once: true, capture: true});
});
window.quiet = () => new Promise(done => {
  const look = () => {
    const samples = new Float32Array(window.meter.fftSize);
    window.meter.getFloatTimeDomainData(samples);
    if (silent(samples)) done();
    else setTimeout(look, 20);
  };
  look();
});
window.latencies = () => [window.meter.context.baseLatency * 1000, window.meter.context.outputLatency * 1000];
"""


@contextmanager
def studio() -> Iterator[str]:
    """``firmus studio`` with a data folder of its own; the address that it opens."""
    with tempfile.TemporaryDirectory() as data:
        words = [sys.executable, "-m", "firmus", "studio", "--no-browser", "--json", "--port", "0", "--data", data]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()
            process.wait(60)


def fresh(browser: Any, url: str) -> Any:
    """A page in a browser that has seen nothing yet."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB").new_page()
    page.add_init_script(METER)
    page.goto(url)
    return page


def usable(browser: Any, url: str) -> float:
    """Seconds to a form that can be sent."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB").new_page()
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator("button.primary:enabled").first.wait_for()
    seconds = time.perf_counter() - begun
    page.context.close()
    return seconds


def first_sound(browser: Any, url: str) -> float:
    """Seconds from a click to sound."""
    page = fresh(browser, url)
    page.wait_for_load_state("networkidle")
    clicked = (
        "new Promise(done => addEventListener('click', () => done(performance.now()), {once: true, capture: true}))"
    )
    waiting = page.evaluate_handle(f"() => ({{at: {clicked}}})")
    page.locator(".card").first.click()
    ended = page.evaluate("sounding()")
    seconds = (ended - waiting.evaluate("handle => handle.at")) / 1000
    page.context.close()
    return float(seconds)


def first_candidate(browser: Any, url: str) -> float:
    """Seconds from the request to candidates."""
    page = fresh(browser, url)
    page.locator(".card").first.click()
    page.locator('[data-cell="1:2"]').hover()
    page.mouse.down()
    page.locator('[data-cell="2:3"]').hover()
    page.mouse.up()
    page.wait_for_timeout(4000)  # the piece is stored
    begun = time.perf_counter()
    page.keyboard.press("Shift+R")
    page.locator("li.shown").wait_for()
    seconds = time.perf_counter() - begun
    page.context.close()
    return seconds


def key_to_sound(browser: Any, url: str, presses: int = 40) -> Iterator[tuple[str, float, float]]:
    """What was measured, with median and 95th percentile, in milliseconds."""
    page = fresh(browser, url)
    page.locator(".card").last.click()  # a piano, whose notes begin at once
    page.evaluate("sounding()")
    page.keyboard.press("Enter")
    page.evaluate(ONSET)
    box = page.get_by_role("application").bounding_box()

    def press() -> None:
        page.keyboard.press("n")

    def click() -> None:
        page.mouse.click(box["x"] + 20, box["y"] + 150)

    for name, kind, act in (("key N", "keydown", press), ("key of the roll", "pointerdown", click)):
        found = []
        for _ in range(presses):
            page.evaluate("quiet()")
            handle = page.evaluate_handle(f"() => ({{at: onset('{kind}')}})")
            act()
            found.append(handle.evaluate("handle => handle.at"))
        yield name, statistics.median(found), statistics.quantiles(found, n=20)[-1]
    base, output = page.evaluate("latencies()")
    yield "baseLatency, outputLatency", base, output
    page.context.close()


def opened(browser: Any, url: str, score: Score) -> Any:
    """A page with a piece open."""
    page = fresh(browser, url)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(firmus_json.write(score))
        file.flush()
        page.locator(".starters input[type=file]").set_input_files(file.name)
        page.get_by_role("application").wait_for()
    return page


def roll(browser: Any, url: str) -> dict[str, float]:
    """Frames with 3,000 notes in sight, while they are scrolled and while they are played."""
    parts = tuple(
        Part(f"Part {place}", tuple(Note(240 * step, 240, 40 + 8 * place + step % 8) for step in range(375)), 48)
        for place in range(8)
    )
    page = opened(browser, url, Score(parts))
    page.get_by_role("application").focus()
    for _ in range(12):
        page.keyboard.press("-")
    box = page.get_by_role("application").bounding_box()
    page.mouse.move(box["x"] + 400, box["y"] + 200)
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable")

    def during(act: Callable[[], object]) -> tuple[float, float, float]:
        task = {each["name"]: each["value"] for each in metrics.send("Performance.getMetrics")["metrics"]}[
            "TaskDuration"
        ]
        handle = page.evaluate_handle("() => ({times: frames(4)})")
        act()
        times = handle.evaluate("handle => handle.times")
        busy = {each["name"]: each["value"] for each in metrics.send("Performance.getMetrics")["metrics"]}[
            "TaskDuration"
        ]
        return statistics.median(times), statistics.quantiles(times, n=20)[-1], (busy - task) / len(times)

    def scroll() -> None:
        for step in range(60):
            page.mouse.wheel(0, 12 if step // 10 % 2 else -12)
            page.wait_for_timeout(50)

    found = {}
    for name, act in (("still", lambda: None), ("scrolled", scroll), ("played", lambda: page.keyboard.press(" "))):
        median, slow, busy = during(act)
        found |= {f"{name}, median": median, f"{name}, 95 %": slow, f"{name}, main thread a frame": busy}
    page.context.close()
    return found


def memory(browser: Any, url: str, edits: int, asks: int) -> list[tuple[str, int]]:
    """Bytes of the heap as a piece is edited for long, and candidates come and go."""
    page = fresh(browser, url)
    page.locator(".card").first.click()
    page.keyboard.press("Enter")
    metrics = page.context.new_cdp_session(page)
    metrics.send("HeapProfiler.enable")

    def heap() -> int:
        metrics.send("HeapProfiler.collectGarbage")
        return int(metrics.send("Runtime.getHeapUsage")["usedSize"])

    found = [("beginning", heap())]
    page.keyboard.press("Control+a")
    for edit in range(1, edits + 1):
        page.keyboard.press("ArrowUp" if edit % 2 else "ArrowDown")
        if edit % 1000 == 0:
            found.append((f"{edit:,} edits", heap()))
    for _ in range(asks):
        page.keyboard.press("Shift+R")
        page.locator("li.shown").wait_for()
        page.keyboard.press("Escape")
    found.append((f"{4 * asks} candidates", heap()))
    page.context.close()
    return found


def main() -> None:
    """Measure, and print."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=5000)
    parser.add_argument("--asks", type=int, default=50)
    options = parser.parse_args()
    scripts = sum((FOLDER / name).stat().st_size for name in SCRIPTS)
    print(f"JavaScript            {scripts:,} bytes")
    print(f"audio worklet         {(FOLDER / 'synthesizer-worklet.js').stat().st_size:,} bytes")
    with studio() as url, sync_playwright() as play:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        measures: dict[str, Callable[[Any, str], float]] = {
            "usable": usable, "first sound": first_sound, "first candidate": first_candidate,
        }  # fmt: skip
        for name, measure in measures.items():
            times = [measure(browser, url) for _ in range(5)]
            print(f"{name:<21} {statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})", flush=True)
        for name, median, slow in key_to_sound(browser, url):
            print(f"key to sound, {name}: {median:.1f}, {slow:.1f} ms", flush=True)
        for name, seconds in roll(browser, url).items():
            print(f"roll, {name}: {1000 * seconds:.1f} ms", flush=True)
        for name, size in memory(browser, url, options.edits, options.asks):
            print(f"memory, {name}: {size / 1e6:.1f} MB", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
