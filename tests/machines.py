"""A cluster of Ray on this machine: a head that does no work and two nodes that do, in processes of their own.

``python tests/machines.py`` is the process that holds it, and ends it when its standard input ends, so that nothing is
left behind however the tests end.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NODE = {"num_cpus": 2, "object_store_memory": 80_000_000, "include_dashboard": False}


class Machines:
    """The cluster: its address, the environment of those who may speak to it, and a way to break it."""

    def __init__(self, nodes=2, mode="token"):
        token = {"RAY_AUTH_MODE": mode, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        self.environment = {**token, "RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}  # else 15: it starves
        self.folder = tempfile.mkdtemp(prefix="ray-")  # short, for it holds sockets
        self.log = Path(self.folder) / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, __file__, self.folder, str(nodes)], env={**os.environ, **self.environment}, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self.address = self._heard()

    def kill_node_of(self, process):
        """Kill a node as a power cut does, the one on which a process runs; another takes its place."""
        print(process, file=self.process.stdin, flush=True)
        assert self._heard() == "killed"

    def stop(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _heard(self):
        for line in self.process.stdout:
            name, _, value = line.strip().partition("=")
            if name == "cluster":
                return value
        raise AssertionError(self.log.read_text())


def _hold(folder, count):
    from ray.cluster_utils import Cluster

    Path(tempfile.gettempdir(), "ray").mkdir(exist_ok=True)  # where Ray notes an address, whatever its folder is
    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "num_cpus": 0, "temp_dir": folder})
    try:
        nodes = [cluster.add_node(**NODE) for _ in range(count)]
        print(f"cluster={cluster.address}", flush=True)
        for line in sys.stdin:
            parent = int(Path(f"/proc/{int(line)}/stat").read_text().rpartition(")")[2].split()[1])
            (node,) = [each for each in nodes if each.all_processes["raylet"][0].process.pid == parent]
            nodes.remove(node)
            cluster.remove_node(node, allow_graceful=False)
            nodes.append(cluster.add_node(**NODE))
            print("cluster=killed", flush=True)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    _hold(sys.argv[1], int(sys.argv[2]))
