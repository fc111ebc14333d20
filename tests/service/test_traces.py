"""Traces and measurements of requests, where whoever runs the service asks for them; nothing anywhere else."""

import time

import pytest
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from firmus.service.http.application import routed
from serving import listening

SECRET = "firmus_0123456789ab_thesecret"


@pytest.fixture
def spans():
    """Spans that end in this process."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    exporter = InMemorySpanExporter()
    processor = SimpleSpanProcessor(exporter)
    trace.get_tracer_provider().add_span_processor(processor)
    yield exporter
    processor.shutdown()


@pytest.fixture
def collector():
    """What an OpenTelemetry collector of this machine is sent, by path."""
    received = []

    def answer(path, headers, body):
        received.append((path, body))
        return 200, {}

    with listening(answer) as address:
        yield address, received


def test_a_request_is_a_span_with_its_route_and_nothing_secret(spans):
    with TestClient(routed()) as client:
        client.get("/livez", headers={"Authorization": f"Bearer {SECRET}"})
    found = [span for span in spans.get_finished_spans() if span.kind is trace.SpanKind.SERVER]
    (span,) = found
    assert (span.name, span.attributes["http.route"]) == ("GET /livez", "/livez")
    assert span.attributes["http.response.status_code"] == 200
    assert not any(SECRET in str(value) for span in found for value in span.attributes.values())


def test_what_the_documents_say_sends_traces_and_measurements_to_a_collector(serve, collector):
    address, received = collector
    server = serve(
        environment={
            "FASTAPI_OTEL_AUTO_CONFIGURE": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": address,
            "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_METRIC_EXPORT_INTERVAL": "200", "OTEL_SERVICE_NAME": "firmus-test",
        }
    )  # fmt: skip
    assert server.client.get("/v1/models").status_code == 200
    until = time.monotonic() + 20
    while time.monotonic() < until and {path for path, _ in received} != {"/v1/traces", "/v1/metrics"}:
        time.sleep(0.1)
    server.stop()
    traces = [ExportTraceServiceRequest.FromString(body) for path, body in received if path == "/v1/traces"]
    names = {
        span.name
        for each in traces
        for resource in each.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    assert "GET /v1/models" in names
    measured = [ExportMetricsServiceRequest.FromString(body) for path, body in received if path == "/v1/metrics"]
    assert "http.server.request.duration" in str(measured)
    assert "firmus-test" in str(traces[0].resource_spans[0].resource)


def test_nothing_is_sent_where_nobody_asks_for_it(serve, collector):
    address, received = collector
    server = serve(environment={"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_BSP_SCHEDULE_DELAY": "50"})
    assert server.client.get("/v1/models").status_code == 200
    server.stop()
    assert not received
