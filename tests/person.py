"""Somebody at the page of the Studio, in a real browser; the sound that it makes is measured."""

import json
import re
import shutil
import time
from pathlib import Path

BROWSER = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
WORDS = Path(__file__).parents[1] / "web" / "src" / "translation"
METER = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (to instanceof AudioDestinationNode) {
    window.meter ??= this.context.createAnalyser();
    connect.call(this, window.meter, ...rest);
  }
  return connect.call(this, to, ...rest);
};
window.level = () => {
  if (!window.meter) return 0;
  const samples = new Float32Array(window.meter.fftSize);
  window.meter.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
};
"""
"""Measures what goes to the loudspeakers (`level`: root mean square), in an AnalyserNode."""
SILENT, SOUNDING = 0.0005, 0.003
KEYBOARD = """
window.asked = 0;
const port = {id: "one", name: "Test Piano 49", state: "connected", type: "input", onmidimessage: null};
const access = {inputs: new Map([["one", port]]), outputs: new Map(), onstatechange: null};
navigator.requestMIDIAccess = async () => (window.asked += 1, access);
window.midi = (...data) =>
  port.onmidimessage({data: new Uint8Array(data), timeStamp: performance.now()});
window.plug = isIn => {
  port.state = isIn ? "connected" : "disconnected";
  access.onstatechange({port});
};
"""
"""A keyboard with one port, which `midi` plays and `plug` pulls out and puts in again."""


class Person:
    """Somebody at the page, who reads it in a language."""

    def __init__(self, context, url, language):
        self.page, self.url = context.new_page(), url
        self.words = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))
        self.page.set_default_timeout(180_000)
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        self.page.add_init_script(METER)
        self.page.goto(url)
        self.page.locator("#studio > *").first.wait_for()  # the words of its language come after the page

    def say(self, words, **values):
        """A text of the page."""
        text = self.words[words]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def button(self, words, **values):
        """A button, by its words."""
        return self.page.get_by_role("button", name=self.say(words, **values), exact=True)

    def begin(self, name="chorale"):
        """Open a starter piece, which plays at once, and stop it."""
        self.page.locator(".card").filter(has_text=self.say(f"starters.{name}")).click()
        self.button("top.pause").wait_for()
        self.button("keys.stop").click()
        self.saved()

    def cell(self, part, bar):
        """A bar of a part, both from 0."""
        return self.page.locator(f'[data-cell="{part}:{bar}"]')

    def select(self, first, last):
        """Drag from a (part, bar) to another."""
        self.cell(*first).hover()
        self.page.mouse.down()
        self.cell(*last).hover()
        self.page.mouse.up()

    def ask(self):
        """Ask for candidates for what is selected, and wait for them."""
        self.button("ask.infill").click()
        self.button("ask.accept").wait_for()

    def idle(self):
        """Wait until nothing is composed any more."""
        self.page.locator("button.primary:enabled", has_text=self.say("create.compose")).first.wait_for()

    def saved(self):
        """Wait until the piece is stored, and nothing is composed."""
        self.idle()
        self.page.get_by_role("status").filter(has_text=re.compile(f"^{self.say('status.saved')}$")).wait_for()

    def piece(self):
        """The piece as the page keeps it."""
        return json.loads(self.page.evaluate("localStorage.getItem('firmus.draft')"))["document"]

    def notes(self, part=None):
        """(part, start, duration, pitch, velocity) of all notes, sorted; or of one part."""
        return sorted(
            (place, *values)
            for place, each in enumerate(self.piece()["parts"])
            if part in (None, place)
            for values in zip(
                *(each["notes"][name] for name in ("start", "duration", "pitch", "velocity")), strict=True
            )
        )

    def place(self, start):
        """Place from 0 of the bar of 4/4 that a tick is in; an incomplete first bar is one, too."""
        pickup = self.piece()["pickup"]
        return (start - pickup) // 1920 + bool(pickup)

    def level(self, wanted, seconds=10):
        """The sound level, once it is as wanted; or as it is at last."""
        until = time.monotonic() + seconds
        while not wanted(value := self.page.evaluate("level()")) and time.monotonic() < until:
            time.sleep(0.05)
        return value
