"""Every notebook runs from its first cell to its last, and is kept with what it showed when it ran."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from firmus import plugins

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
RUN = """
import sys
import nbformat
from nbclient import NotebookClient
path = sys.argv[1]
book = nbformat.read(path, 4)
NotebookClient(book, timeout=None, kernel_name="python3").execute()
nbformat.write(book, path)
"""


def shown(book):
    return [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]


def pictures(book):
    kinds = [set(output.get("data", ())) for output in shown(book)]
    return sum(bool({"image/png", "text/html"} & each) for each in kinds)


def test_each_family_that_makes_music_has_a_notebook():
    kinds = {name: plugins.load("firmus.models", name).KIND for name in plugins.names("firmus.models")}
    makers = {name for name, kind in kinds.items() if kind in {"stepper", "latent"}} - {"transformer"}
    assert {path.stem for path in NOTEBOOKS} == makers | {"first_steps", "timbre"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_executed_and_small(path):
    book = nbformat.read(path, 4)
    assert all(cell.execution_count for cell in book.cells if cell.cell_type == "code")
    assert not any(output.output_type == "error" for output in shown(book))
    assert pictures(book) >= 2
    assert "audio/mpeg" in path.read_text(encoding="utf-8")
    assert path.stat().st_size < 1_000_000
    assert str(Path.home()) not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path):
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    surroundings = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(copy)],
        cwd=tmp_path,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    ran, kept = nbformat.read(copy, 4), nbformat.read(path, 4)
    assert pictures(ran) == pictures(kept)
    assert json.dumps([cell.source for cell in ran.cells]) == json.dumps([cell.source for cell in kept.cells])
