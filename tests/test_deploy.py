"""The Dockerfile and the manifests: read by parsers, security to the schemas of Kubernetes, and to our own rules.

No container was run: there is no daemon here. What can be run without one is run: the image's own commands.
"""

import fnmatch
import ipaddress
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from io import BytesIO
from pathlib import Path

import dockerfile_parse
import kubernetes_validate
import pytest
import yaml

from firmus.cli._options import parser
from firmus.service.http import pool
from firmus.service.serving import OVERTIME
from firmus.service.settings import Settings
from firmus.service.workers.webhooks import is_public
from serving import Server

ROOT = Path(__file__).parent.parent
MANIFESTS = sorted((ROOT / "deploy").rglob("*.yaml"))
KUBERNETES = "1.34"


class Careful(yaml.SafeLoader):
    """Refuses a name that comes twice."""

    def construct_mapping(self, node, deep=False):
        names = [self.construct_object(key, deep=deep) for key, _ in node.value]
        assert len(names) == len(set(names)), f"a name comes twice, line {node.start_mark.line + 1}: {names}"
        return super().construct_mapping(node, deep)


def documents(path):
    return [each for each in yaml.load_all(path.read_text(encoding="utf-8"), Careful) if each]


def every():
    return [(path.name, each) for path in MANIFESTS for each in documents(path)]


def templates():
    """Name, pod template and whether it is one of Ray's, of whatever runs pods."""
    for name, each in every():
        if each["kind"] == "RayCluster":
            yield f"{name} head", each["spec"]["headGroupSpec"]["template"], True
            yield from ((f"{name} {group['groupName']}", group["template"], True) for group in workers(each))
        elif "template" in each.get("spec", {}):
            yield f"{name} {each['kind']}", each["spec"]["template"], False


def workers(cluster):
    return cluster["spec"]["workerGroupSpecs"]


NAMES = [name for name, *_ in templates()]
pods = pytest.mark.parametrize(("template", "is_ray"), [each[1:] for each in templates()], ids=NAMES)


# -- the image --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dockerfile():
    read = dockerfile_parse.DockerfileParser(fileobj=BytesIO((ROOT / "Dockerfile").read_bytes()))
    return [(each["instruction"], each["value"]) for each in read.structure if each["instruction"] != "COMMENT"]


def values(dockerfile, name):
    return [value for instruction, value in dockerfile if instruction == name]


def test_the_image_is_built_in_two_stages_of_a_named_version(dockerfile):
    bases = values(dockerfile, "FROM")
    assert [base.split()[0] for base in bases] == ["python:3.11-slim"] * 2
    assert values(dockerfile, "COPY")[-1].startswith("--from=build ")


def test_wheels_alone_pinned(dockerfile):
    assert "PIP_ONLY_BINARY=:all:" in " ".join(values(dockerfile, "ENV"))
    installs = [line for run in values(dockerfile, "RUN") for line in re.findall(r"pip install[^&]*", run)]
    assert len(installs) == 2
    assert all("--constraint constraints.txt" in line for line in installs)
    assert not any("apt-get" in run for run in values(dockerfile, "RUN"))


def test_extras_that_are_installed_exist(dockerfile):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (usual,) = [value.partition("=")[2] for value in values(dockerfile, "ARG")]
    assert set(usual.split(",")) <= set(project["optional-dependencies"])
    assert not {"train", "large", "dev"} & set(usual.split(","))


def test_nobody_is_root_and_nothing_secret_is_in_it(dockerfile):
    names = [name for name, _ in dockerfile]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert values(dockerfile, "USER") == ["10001:10001"]
    assert values(dockerfile, "VOLUME") == ["/data"]
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"firmus_[0-9a-f]{8}|password|token|keys add", text, re.IGNORECASE)


def test_what_is_copied_is_what_the_builder_gets(dockerfile):
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    copied = [word for value in values(dockerfile, "COPY")[:-1] for word in value.split()[:-1]]
    assert set(copied) == allowed
    assert all((ROOT / name).exists() for name in copied)
    ignored = [line for line in lines if line.startswith("**/")]
    assert fnmatch.fnmatch("src/firmus/__pycache__", ignored[0])


def test_what_it_runs_is_a_command_of_firmus(dockerfile):
    (entry,), (words,) = (list(map(json.loads, values(dockerfile, name))) for name in ("ENTRYPOINT", "CMD"))
    assert entry == ["firmus"]
    options = parser().parse_args(words)
    assert (options.task, options.host, options.port, options.data) == ("serve", "0.0.0.0", 8340, "/data")


def test_its_health_check_tells_a_living_service_from_none(dockerfile, tmp_path):
    (check,) = values(dockerfile, "HEALTHCHECK")
    words = json.loads(check.partition("CMD ")[2])
    assert words[0] == "python"
    server = Server(tmp_path / "data", hosts=["music.example"])
    port = server.url.rpartition(":")[2]
    code = words[2].replace("8340", port)
    try:
        assert subprocess.run([sys.executable, *words[1:-1], code], check=False).returncode == 0
        # a probe that asks by the pod's address names another host, and is turned away
        assert server.client.get("/livez", headers={"Host": "10.1.2.3:8340"}).status_code == 421
        assert server.client.get("/livez", headers={"Host": "localhost"}).status_code == 200
        server.ready()
    finally:
        server.stop()
    failed = subprocess.run([sys.executable, *words[1:-1], code], check=False, stderr=subprocess.DEVNULL)
    assert failed.returncode == 1


# -- the manifests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [each for _, each in every() if each["kind"] != "RayCluster"], ids=str)
def test_the_schemas_of_kubernetes_hold(document):
    kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_the_schemas_are_looked_at():
    wrong = next(each for _, each in every() if each["kind"] == "StatefulSet") | {"spec": {"replicas": "one"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


@pods
def test_pods_are_careful(template, is_ray):
    pod = template["spec"]
    kubernetes_validate.validate(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pod}, KUBERNETES, strict=True
    )
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    security = container["securityContext"]
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert is_ray or security["readOnlyRootFilesystem"] is True
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]
    assert re.fullmatch(r"firmus(-cluster)?:\d+\.\d+\.\d+", container["image"])
    mounted = {each["name"] for each in container["volumeMounts"]}
    claimed = {"data"} if "persistentVolumeClaim" not in str(pod) and not is_ray else set()
    assert mounted <= {each["name"] for each in pod["volumes"]} | claimed


@pods
def test_probes_ask_under_a_name_that_the_service_answers_to(template, is_ray):
    (container,) = template["spec"]["containers"]
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        probe = container.get(name, {}).get("httpGet")
        if probe:
            assert probe["path"] == ("/readyz" if name == "readinessProbe" else "/livez")
            assert probe["httpHeaders"] == [{"name": "Host", "value": "localhost"}]
            assert {"name": probe["port"], "containerPort": 8340} in container["ports"]


def test_no_secret_is_written_down():
    for _, each in every():
        assert each["kind"] != "Secret"
        for container in [one for _, template, _ in templates() for one in template["spec"]["containers"]]:
            for setting in container.get("env", ()):
                if setting["name"] == "FIRMUS_DATABASE":
                    assert setting["valueFrom"]["secretKeyRef"]["name"] == "firmus-database"
        assert not re.search(r"postgresql[^\s]*:[^\s]*@", json.dumps(each))


def test_what_the_pods_run_are_commands_of_firmus():
    shown = 0
    for _, template, is_ray in templates():
        (container,) = template["spec"]["containers"]
        if not is_ray:
            parser().parse_args(container["args"])
            shown += 1
    assert shown == 2


def given():
    """The settings that each manifest gives."""
    return {name: tomllib.loads(each["data"]["service.toml"]) for name, each in every() if each["kind"] == "ConfigMap"}


def test_settings_that_are_given_exist():
    assert set(given()) == {"firmus.yaml", "raycluster.yaml"}
    for settings in given().values():
        assert set(settings) <= {each.name for each in fields(Settings)}


def gibibytes(text):
    return float(text.removesuffix("Gi"))


@pods
def test_what_workers_may_use_is_within_the_limit_of_their_pod(template, is_ray):
    (container,) = template["spec"]["containers"]
    if "keys" in container["args"]:
        return  # the job that makes a key has no workers
    limit = gibibytes(container["resources"]["limits"]["memory"])
    if not is_ray:
        settings = Settings(data=ROOT, database="", **given()["firmus.yaml"])
        processes, other = settings.composers + settings.renderers + settings.analysts + pool.PROCESSES, 1.0
    else:
        settings, is_head = Settings(data=ROOT, database="", **given()["raycluster.yaml"]), "ports" in container
        processes, other = pool.PROCESSES if is_head else int(container["resources"]["requests"]["cpu"]), 1.0
        other += gibibytes(template["spec"]["volumes"][-1]["emptyDir"]["sizeLimit"]) * (not is_head)  # memory, too
    assert processes * settings.worker_bytes / 2**30 + other <= limit


def test_who_reaches_the_service_and_whom_it_reaches_is_limited():
    policies = {each["metadata"]["name"]: each["spec"] for _, each in every() if each["kind"] == "NetworkPolicy"}
    policy = policies["firmus"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert all(rule["from"] and rule["ports"] == [{"port": "http", "protocol": "TCP"}] for rule in policy["ingress"])
    (public,) = [rule for rule in policy["egress"] if any(port["port"] == 443 for port in rule["ports"])]
    (block,) = [each["ipBlock"] for each in public["to"]]
    assert not any(is_public(str(ipaddress.ip_network(each)[1])) for each in block["except"])
    (stateful,) = [each for _, each in every() if each["kind"] == "StatefulSet"]
    assert policy["podSelector"]["matchLabels"].items() <= stateful["spec"]["template"]["metadata"]["labels"].items()


def test_services_find_their_pods():
    labels = [template["metadata"]["labels"] for _, template, _ in templates()]
    for _, each in every():
        if each["kind"] == "Service":
            assert any(each["spec"]["selector"].items() <= pod_labels.items() for pod_labels in labels)
        if each["kind"] == "StatefulSet":
            assert each["spec"]["selector"]["matchLabels"] == each["spec"]["template"]["metadata"]["labels"]
            assert each["spec"]["replicas"] == 1
            patience = each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
            assert patience > Settings(data=ROOT, database="").drain + OVERTIME


def test_the_cluster_of_ray_lets_in_nobody_without_its_token():
    (cluster,) = [each for _, each in every() if each["kind"] == "RayCluster"]
    assert cluster["apiVersion"] == "ray.io/v1"
    spec = cluster["spec"]
    assert spec["authOptions"] == {"mode": "token"}
    assert tuple(map(int, spec["rayVersion"].split("."))) >= (2, 60, 0)
    assert set(spec) <= {
        "rayVersion", "authOptions", "enableInTreeAutoscaling", "headGroupSpec", "workerGroupSpecs",
    }  # fmt: skip
    every_value = [*spec["headGroupSpec"]["rayStartParams"].values()]
    for group in workers(cluster):
        assert set(group) == {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
        every_value += group["rayStartParams"].values()
    assert all(isinstance(value, str) for value in every_value)  # of which Kubernetes has strings alone
    head = spec["headGroupSpec"]["template"]["spec"]["containers"][0]
    assert "firmus serve" in head["args"][0]
    assert "--cluster" in head["args"][0]
    assert subprocess.run(["sh", "-n", "-c", head["args"][0]], check=False).returncode == 0
    (policy,) = [
        each for _, each in every() if each["kind"] == "NetworkPolicy" and each["metadata"]["name"] == "firmus-ray"
    ]
    inside, service = policy["spec"]["ingress"]
    assert inside == {"from": [{"podSelector": {"matchLabels": {"ray.io/cluster": cluster["metadata"]["name"]}}}]}
    assert [each["port"] for each in service["ports"]] == ["http"]


@pytest.mark.parametrize("path", [*MANIFESTS, ROOT / "Dockerfile"], ids=lambda path: path.name)
def test_lines_are_clean(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all(len(line) <= 120 and line == line.rstrip() and "\t" not in line for line in lines)
