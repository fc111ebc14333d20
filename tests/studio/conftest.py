"""The Studio in a real browser, with a service of its own."""

import os
from contextlib import contextmanager

import pytest

from firmus.service.http import page as page_files
from person import BROWSER, Person
from serving import Studio


def pytest_collection_modifyitems(items):
    """Tests with a browser are left out where there is none, but for runs that install it."""
    if BROWSER is None and not os.environ.get("CI"):
        for item in items:
            if "studio" in item.fixturenames:
                item.add_marker(pytest.mark.skip(reason="no Chromium: .ci/run installs it"))


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    running = Studio(tmp_path_factory.mktemp("studio"), page_files.FOLDER)
    running.ready()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser(studio):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = play.chromium.launch(executable_path=BROWSER, args=args)
        yield browser
        browser.close()


@pytest.fixture
def person(studio, browser):
    """Opens the page for somebody: `with person("zh") as someone`."""

    @contextmanager
    def opened(language="en", size=(1440, 900), scheme="light"):
        viewport = dict(zip(("width", "height"), size, strict=True))
        locale = {"en": "en-GB", "zh": "zh-CN"}[language]
        context = browser.new_context(viewport=viewport, locale=locale, color_scheme=scheme, accept_downloads=True)
        someone = Person(context, studio.said["url"], language)
        yield someone
        context.close()
        assert not someone.errors

    return opened
