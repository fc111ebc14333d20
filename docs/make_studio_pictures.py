"""Writes the pictures of the Studio, in English and in Chinese.

``images/studio.png`` and ``studio-zh.png`` show candidates that are to be judged, ``studio-uses.png`` and
``studio-uses-zh.png`` a cue for a scene and a session.

``python docs/make_studio_pictures.py`` needs the extra ``dev`` and Chromium.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).parent / "images"
LANGUAGES = {"studio.png": ("en-GB", "light"), "studio-zh.png": ("zh-CN", "dark")}

USES = {"en-GB": ("produce", 13.0), "zh-CN": ("soothe", 40.0)}  # name, seconds into the sound
WORDS = Path(__file__).parents[1] / "web" / "src" / "translation"


def picture(page: Any, path: Path) -> None:
    """Ask for two bars of two voices, see the first candidate in roll and score, and keep that sight."""
    page.locator(".card").first.click()
    page.keyboard.press("Enter")
    page.locator('[data-cell="1:2"]').hover()
    page.mouse.down()
    page.locator('[data-cell="2:3"]').hover()
    page.mouse.up()
    page.keyboard.press("Shift+R")
    page.locator("li.shown").wait_for()
    page.locator(".tools .group button").last.click()
    page.locator(".score g.note.added").first.wait_for()
    page.wait_for_timeout(1500)  # the playhead comes into the bars that are asked for
    page.keyboard.press(" ")
    page.screenshot(path=path)


def use(page: Any, path: Path, title: str, at: float) -> None:
    """Have a use of the list composed as it is proposed, and keep its sight so many seconds into the sound."""
    page.goto(page.url)
    page.locator("#studio > *").first.wait_for()
    page.keyboard.press("u")
    page.locator("nav button", has_text=title).click()
    page.locator(".use form button.primary").click()
    page.locator("audio").wait_for(timeout=300_000)
    for group in page.locator(".rating").all():
        group.locator("button").nth(5).click()
    page.locator("audio").evaluate(
        "(audio, at) => { audio.muted = true; audio.currentTime = at; return audio.play(); }", at
    )
    page.wait_for_timeout(1000)
    page.locator("audio").evaluate("audio => audio.pause()")
    page.locator(".use").evaluate("use => use.scrollTo(0, 0)")
    page.screenshot(path=path)


def main() -> None:
    """Write all of them."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as data:
        words = [sys.executable, "-m", "firmus", "studio", "--no-browser", "--json", "--port", "0", "--data", data]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            url = json.loads(process.stdout.readline())["url"]
            with sync_playwright() as play:
                arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
                browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
                for name, (locale, scheme) in LANGUAGES.items():
                    size = {"width": 1280, "height": 800}
                    page = browser.new_context(viewport=size, locale=locale, color_scheme=scheme).new_page()
                    page.goto(url)
                    picture(page, IMAGES / name)
                    chosen, at = USES[locale]
                    words = json.loads((WORDS / f"{locale[:2]}.json").read_text("utf-8"))
                    use(page, IMAGES / name.replace("studio", "studio-uses"), words[f"uses.{chosen}"], at)
                browser.close()
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    main()
