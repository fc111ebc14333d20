"""verify, rights, check, catalogue: one answer on the command line, in Python, over HTTP and for assistants."""

import json
from base64 import b64encode

import pytest

import firmus
from firmus.cli import main
from firmus.service import tools
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.jobs import Claim
from firmus.service.workers import handlers
from firmus.work import Brief


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("music")
    firmus.compose(style="folk", bars=4, seed=5, title="Evening", effort="quick").save(root / "one", endings=["mid"])
    return root


def by_command(capsys, *arguments):
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def by_tool(root, tool, /, **arguments):
    return tools.call(tools.Folder(root), tool, arguments, None)


def by_job(tmp_path, kind, work=None, **options):
    blobs = Blobs(tmp_path)
    source = blobs.put((work / "piece.json").read_bytes()) if work else None
    brief = Brief.of(source=firmus.Score()) if work else Brief.of()
    handlers.check(handlers.JobSpec(kind, brief, options=options))
    lists = {"works": {"wrk_1": source}}
    claim = Claim("job", "me", kind, 1, {"kind": kind, "brief": {}, "options": options}, source, None, None)
    if hasattr(handlers.KINDS[kind], "WORKS"):
        claim = Claim("job", "me", kind, 1, claim.request, blobs.put(json.dumps(lists).encode()), None, None)
    return json.loads(blobs.get(handlers.perform(claim, blobs, tools.Reporter(lambda *_: None, _Never())).result))


class _Never:
    def is_set(self):
        return False


def test_verify(folder, tmp_path, capsys):
    path = folder / "one/piece.mid"
    expected = firmus.verify(path).as_dict()
    assert by_command(capsys, "verify", str(path)) == expected
    assert by_tool(folder, "verify", source="one/piece.mid")["verification"] == expected
    data = b64encode(path.read_bytes()).decode()
    found = by_job(tmp_path, "verify", name="piece.mid", data=data)["verification"]
    assert found == {**expected, "time": ""}  # which the sidecar alone says


def test_rights(folder, tmp_path, capsys):
    expected = firmus.rights_card(folder / "one")
    assert by_command(capsys, "rights", str(folder / "one")) == expected
    assert len(expected["attribution"]["nearest"]) == 5
    without = {name: value for name, value in expected.items() if name != "verdict"}
    assert by_tool(folder, "rights", source="one/piece.json")["rights"] == without
    assert by_job(tmp_path, "rights", folder / "one")["rights"] == without


def test_check(folder, tmp_path, capsys):
    expected = json.loads(json.dumps(firmus.check(folder / "one/piece.json").as_dict()))
    assert by_command(capsys, "check", str(folder / "one/piece.json")) == expected
    assert by_tool(folder, "check", source="one/piece.json")["originality"] == expected
    assert by_job(tmp_path, "check", folder / "one")["originality"] == expected


def test_catalogue(folder, tmp_path, capsys):
    paths = firmus.catalogue(folder, licence="CC BY 4.0")
    (expected,) = json.loads(paths[1].read_text())["works"]
    assert by_command(capsys, "catalogue", str(folder))["files"] == [str(path) for path in paths]
    assert by_tool(folder, "catalogue", folder=".")["files"] == [path.name for path in paths]
    found = by_job(tmp_path, "catalogue", folder / "one", licence="CC BY 4.0")["catalogue"]
    assert found["works"] == [{**expected, "folder": "wrk_1", "written": "", "verdict": ""}]
    assert found["csv"].splitlines()[0] == ",".join(expected)
