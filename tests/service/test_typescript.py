"""The TypeScript client: its generated file is up to date; it compiles and works, where there is Node."""

import json
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "clients" / "typescript"
DIRECT = (22, 18)  # from this version on, Node runs TypeScript as it is


def version_of_node():
    node = shutil.which("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout if node else "v0.0"
    return tuple(int(each) for each in version.strip().removeprefix("v").split(".")[:2])


def test_the_generated_file_is_up_to_date():
    written = runpy.run_path(str(FOLDER / "generate.py"))["written"]()
    assert (FOLDER / "api.ts").read_text(encoding="utf-8") == written, "run python clients/typescript/generate.py"


def test_the_messages_of_playing_together_are_up_to_date():
    written = runpy.run_path(str(FOLDER / "generate.py"))["written_live"]()
    assert (FOLDER / "live.ts").read_text(encoding="utf-8") == written, "run python clients/typescript/generate.py"


def test_every_request_and_every_type_of_the_document_is_there(server):
    document, text = server.client.get("/openapi.json").json(), (FOLDER / "api.ts").read_text(encoding="utf-8")
    for path, methods in document["paths"].items():
        for method in methods:
            assert (
                f'"{method.upper()}", `{path}`'.replace("{name}", "${encodeURIComponent(name)}").replace(
                    "{kind}", "${encodeURIComponent(kind)}"
                )
                in text
            )
    for name in document["components"]["schemas"]:
        assert f"export type {name.replace('Page_', 'PageOf').rstrip('_')} = " in text


def test_it_compiles_and_works_also_where_the_wire_breaks(proxy, tmp_path):
    compiler, node = shutil.which("tsc"), shutil.which("node")
    if compiler:
        words = [compiler, "--project", FOLDER, "--outDir", tmp_path]
        compiled = subprocess.run(words, capture_output=True, text=True, check=False)
        assert compiled.returncode == 0, compiled.stdout
        shutil.copy(FOLDER / "package.json", tmp_path)
    elif version_of_node() < DIRECT:
        pytest.skip("neither tsc nor a Node that runs TypeScript is here")
    script = tmp_path / "example.js" if compiler else FOLDER / "example.ts"
    proxy.cuts = [0, 40, 900, 5]
    run = subprocess.run([node, script, proxy.url], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert not proxy.cuts
    result = json.loads(run.stdout)
    assert result["state"] == "succeeded"
    assert result["numbers"] == list(range(1, len(result["numbers"]) + 1))
    assert result["bytes"] > 50
    assert result["parent"] == result["first"]
    assert result["works"] == 1
    assert (result["refused"]["kind"], result["refused"]["status"]) == ("invalid-brief", 422)
    assert result["refused"]["detail"].startswith("tempo 999 must be 10 to 400")
