"""What the rows of each client's table may name: the client, and a few helpers."""

import http.server
import json
import logging
import os
import subprocess
import threading
import time
from pathlib import Path

import servers as all_servers


def eventually(condition, seconds: float = 10.0):
    """The first true value of a condition that is asked again and again; its last value when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            value = condition()
        except Exception:
            if time.monotonic() > deadline:
                raise
            value = None
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.05)


class Shell:
    """Runs programs in the work directory and keeps what they printed."""

    def __init__(self, work: Path):
        self.work = work

    def __call__(self, *command: str, input: str = None, directory: str = ".") -> "Shell.Result":
        environment = {
            "PATH": f"{all_servers.TOOLS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.work), "LANG": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "Ann",
            "GIT_COMMITTER_EMAIL": "ann@example.org", "XDG_RUNTIME_DIR": str(self.work),
        }
        result = subprocess.run(
            command, cwd=self.work / directory, env=environment, input=input, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        return Shell.Result(result.returncode, result.stdout)

    class Result:
        def __init__(self, status: int, output: str):
            self.status = status
            self.output = output
            self.ok = status == 0

        def __repr__(self) -> str:
            return f"status {self.status}: {self.output}"


class Receiver:
    """Takes webhooks and remembers them."""

    def __init__(self):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((dict(self.headers), body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                """Says nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self):
        return [headers["X-Gitea-Event"] for headers, _ in self.received]


def make(name: str, work: Path, stack):
    """The servers of a client, not started, and the beginning of its namespace."""
    logging.disable(logging.CRITICAL)
    space = {"eventually": eventually, "run": Shell(work), "work": work, "json": json, "os": os, "Path": Path, "time": time}
    if name in ("git", "py-gitea"):
        found = [all_servers.Gitea(work)]
        receiver = Receiver()
        stack.callback(receiver.server.server_close)
        stack.callback(receiver.server.shutdown)
        space["receiver"] = receiver
    elif name == "grafana-client":
        found = [all_servers.Prometheus(work), all_servers.Grafana(work)]
    elif name in ("harborapi", "skopeo-harbor"):
        registry = all_servers.Registry(work)
        found = [registry, all_servers.Harbor(work, registry)]
    else:
        kinds = {
            "elasticsearch": all_servers.Elasticsearch, "hvac": all_servers.OpenBao, "oras": all_servers.Registry,
            "skopeo": all_servers.Registry, "dig": all_servers.Knot, "psycopg": all_servers.Postgres,
            "prometheus-api-client": all_servers.Prometheus,
        }
        found = [kinds[name](work)]
    return found, space


def connect(name: str, found: list, space: dict) -> None:
    """Makes the client, now that its server answers."""
    server = found[-1]
    space |= {"server": server, "url": server.url, "host": f"127.0.0.1:{server.port}"}
    if name in ("git", "py-gitea"):
        import gitea
        import hashlib
        import hmac
        import requests
        space |= vars(gitea) | {"gitea_module": gitea, "requests": requests, "hmac": hmac, "hashlib": hashlib}
        space["gitea"] = gitea.Gitea(server.url, auth=("root", "correct horse"), log_level="CRITICAL")
        space["api"] = api(server.url + "/api/v1", ("root", "correct horse"))
        space["login"] = server.url.replace("http://", "http://root:correct%20horse@")
    elif name == "elasticsearch":
        import elasticsearch
        from elasticsearch import helpers
        import requests
        space |= {"elasticsearch": elasticsearch, "helpers": helpers, "requests": requests}
        space["es"] = elasticsearch.Elasticsearch(server.url, basic_auth=("elastic", "changeme"))
        space["stranger"] = elasticsearch.Elasticsearch(server.url, basic_auth=("elastic", "wrong"))
    elif name == "grafana-client":
        from grafana_client import GrafanaApi
        space |= {"GrafanaApi": GrafanaApi, "prometheus": found[0].url}
        space["grafana"] = GrafanaApi.from_url(server.url, credential=("admin", "correct horse"))
        space["stranger"] = GrafanaApi.from_url(server.url, credential=("admin", "wrong"))
    elif name in ("harborapi", "skopeo-harbor"):
        from harborapi import HarborClient, models
        import requests
        space |= {"HarborClient": HarborClient, "models": models, "requests": requests}
        space["harbor"] = HarborClient(
            url=f"{server.url}/api/v2.0", username="admin", secret="Harbor12345", logging=False)
        image(space)
    elif name == "hvac":
        import hvac
        space |= {"hvac": hvac, "client": hvac.Client(url=server.url, token=server.keys["root_token"])}
    elif name in ("oras", "skopeo"):
        import oras.client
        space |= {"oras": oras, "client": oras.client.OrasClient(hostname=space["host"], insecure=True)}
        image(space)
    elif name == "dig":
        space |= {"ask": lambda *words: space["run"]("dig", "@127.0.0.1", "-p", str(server.port), *words)}
    elif name == "psycopg":
        import psycopg
        space |= {"psycopg": psycopg, "connect": lambda **more: psycopg.connect(
            host="127.0.0.1", port=server.port, user="fleet", dbname="postgres", **more)}
    elif name == "prometheus-api-client":
        import prometheus_api_client
        space |= {"prometheus_api_client": prometheus_api_client}
        space["client"] = prometheus_api_client.PrometheusConnect(url=server.url, disable_ssl=True)


def api(base: str, login: tuple):
    """Asks the API for what the client has no call for; returns status, body and headers."""
    import requests

    def ask(method: str, path: str, body=None, auth=login, **more):
        answer = requests.request(method, base + path, json=body, auth=auth, timeout=20, **more)
        return answer.status_code, answer.json() if answer.text.strip().startswith(("{", "[")) else answer.text, answer.headers

    return ask


def image(space: dict) -> None:
    """Makes a small OCI image as skopeo copies it: a directory in OCI layout with a layer of 3 MiB."""
    import gzip
    import hashlib
    layout = space["work"] / "image"
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(data: bytes) -> dict:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    layer = os.urandom(3 << 20)
    packed = blob(gzip.compress(layer))
    config = blob(json.dumps({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}).encode())
    kind = "application/vnd.oci.image"
    manifest = blob(json.dumps({
        "schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json",
        "config": {"mediaType": f"{kind}.config.v1+json", **config},
        "layers": [{"mediaType": f"{kind}.layer.v1.tar+gzip", **packed}]}).encode())
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout / "index.json").write_text(json.dumps({
        "schemaVersion": 2, "manifests": [{
            "mediaType": f"{kind}.manifest.v1+json", **manifest,
            "annotations": {"org.opencontainers.image.ref.name": "1.0"}}]}))
    space["digest"] = manifest["digest"]
