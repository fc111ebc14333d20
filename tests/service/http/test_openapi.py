"""The OpenAPI document is whole, and whatever it allows is answered without a 5xx."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from serving import Server

CASES = 15  # of each operation


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """A server on which nothing is composed, for requests without jobs."""
    running = Server(tmp_path_factory.mktemp("idle") / "data", composers=0, rate=100_000.0, burst=100_000.0)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def document(idle):
    return idle.client.get("/openapi.json").json()


def test_everything_is_described(document):
    assert document["openapi"].startswith("3.1")
    assert document["info"]["description"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            assert any(status.startswith("2") for status in operation["responses"])
            assert "4XX" in operation["responses"]
            for parameter in operation.get("parameters", ()):
                assert parameter["schema"]
    brief = document["components"]["schemas"]["JobSubmission"]["properties"]["brief"]
    assert brief["properties"]["tempo"]["maximum"] == 400
    assert document["components"]["schemas"]["JobSubmission"]["examples"]


def test_names_of_schemas_are_no_names_that_generators_make(document):
    """Of a property whose schema has no name, generators of clients make a class: its owner's name, then its own."""
    schemas = document["components"]["schemas"]
    made = {
        name + "".join(word.title() for word in inner.split("_"))
        for name, schema in schemas.items()
        for inner in schema.get("properties", {})
    }
    assert not made & set(schemas)


def test_references_lead_somewhere(document):
    text = json.dumps(document)
    for part in text.split('"$ref": "#/components/schemas/')[1:]:
        assert part.partition('"')[0] in document["components"]["schemas"]


def test_whatever_the_document_allows_is_answered_without_a_5xx(idle, document):
    schema = schemathesis.openapi.from_dict(document)
    seen = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy())
        def send(case):
            nonlocal seen
            seen += 1
            answer = case.call(base_url=idle.url, timeout=60)
            assert answer.status_code < 500, (case.method, case.formatted_path, answer.text[:500])
            if answer.status_code >= 400 and case.method != "HEAD":
                assert answer.headers["content-type"] == ["application/problem+json"]

        send()
    assert seen > 200
    assert '"trace"' not in idle.log.read_text()
