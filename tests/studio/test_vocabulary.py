"""What the page shares with Firmus is up to date: chord qualities, instruments, words; what kinds of job take."""

import importlib.util
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"


def test_the_pages_vocabulary_is_that_of_firmus():
    spec = importlib.util.spec_from_file_location("generate_vocabulary", WEB / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for path, text in module.written().items():
        assert path.read_text(encoding="utf-8") == text, "run: python web/generate.py"
