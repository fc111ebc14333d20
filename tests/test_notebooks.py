"""Every notebook has been executed, runs from top to bottom, and shows something to see and something to hear."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

BOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))

every_book = pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)


def code(book):
    return [cell for cell in book.cells if cell.cell_type == "code"]


def shown(book):
    """Kinds of what its cells show, such as ``"image/png"``, and all of its HTML."""
    outputs = [output for cell in code(book) for output in cell.outputs]
    data = [output.data for output in outputs if "data" in output]
    return {kind for each in data for kind in each}, "".join(each.get("text/html", "") for each in data)


@every_book
def test_it_was_executed_in_order(path):
    book = nbformat.read(path, 4)
    assert [cell.execution_count for cell in code(book)] == list(range(1, len(code(book)) + 1))
    kinds, html = shown(book)
    assert {"image/png", "image/svg+xml"} <= kinds
    assert "data:audio/mpeg" in html
    assert path.stat().st_size < 1_000_000


@every_book
def test_it_runs(path, tmp_path):
    book = nbformat.read(path, 4)
    for cell in code(book):
        cell.outputs = []
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(book, timeout=900, kernel_name="python3", resources=resources).execute()
    kinds, html = shown(book)
    assert {"image/png", "image/svg+xml"} <= kinds
    assert "data:audio/mpeg" in html


def test_there_is_one_for_each_family():
    assert {path.stem for path in BOOKS} == {"recurrent", "vae", "gan", "recurrent_gan", "infogan", "vae_gan"}
