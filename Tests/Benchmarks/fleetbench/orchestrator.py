"""The reference platform's orchestrator under wrk: requests and durable task submissions in a second."""
import json
import re
import shutil
import signal
import subprocess
import time
import urllib.request

from .core import Failure, Table, calibrate

SECONDS, CONNECTIONS = 5, 50
SOA = "@ 3600 SOA ns hostmaster 1 3600 600 86400 60\n@ 3600 NS ns\nns 3600 A 127.0.0.1\n"
KNOT = """server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
database:
    storage: "{folder}/database"
{key}
acl:
  - id: update
    key: bench
    action: update
zone:
  - domain: provisioning.local
    storage: "{folder}"
    file: zone
    acl: update
"""
# Each request has another name; the tasks run in check mode while others are submitted.
SUBMIT = """local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end
function init() n = 0 end
function request()
  n = n + 1
  local body = '{"servers":["b' .. id .. '-' .. n .. '"],"check_mode":true}'
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
end
"""


def measure(peers, count_of_rounds):
    if shutil.which("wrk") is None:
        raise Failure("wrk is not there: apt-get install wrk")
    health = Table(f"GET /health, {CONNECTIONS} connections", "requests/s", count_of_rounds, 5_000, False)
    tasks = Table(f"durable task submissions, {CONNECTIONS} clients", "tasks/s", count_of_rounds, 1_000, False)
    for number in range(count_of_rounds):
        folder = peers.folder / f"orchestrator{number}"
        folder.mkdir()
        with Orchestrator(peers, folder) as url:
            calibration = calibrate()
            for table, figure in [(health, wrk(url + "/health")), (tasks, submissions(url, folder))]:
                table.calibrations.append(calibration)
                table.add("reference platform", figure)
    yield from (health, tasks)


def wrk(url, *more):
    output = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *more, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise Failure(output)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", output)[1])


def submissions(url, folder):
    """What counts is how many tasks the orchestrator has afterwards."""
    script = folder / "submit.lua"
    script.write_text(SUBMIT)
    begin = time.monotonic()
    wrk(url + "/workflows/servers/create", "-s", str(script))
    seconds = time.monotonic() - begin
    with urllib.request.urlopen(url + "/api/v1/queue") as answer:
        counts = json.load(answer)["data"]["counts"]
    return sum(counts.values()) / seconds


class Orchestrator:
    """The orchestrator with a DNS server beside it."""

    def __init__(self, peers, folder):
        self.peers, self.folder, self.processes = peers, folder, []

    def __enter__(self):
        folder = self.folder
        key = subprocess.run(["keymgr", "-t", "bench", "hmac-sha256"], capture_output=True, text=True, check=True).stdout
        (folder / "database").mkdir()
        (folder / "key").write_text(key)
        (folder / "zone").write_text(SOA)
        port = 20_000 + int(time.time() * 1000) % 20_000
        (folder / "knot.conf").write_text(KNOT.format(folder=folder, port=port, key=key))
        self.start(["knotd", "-c", folder / "knot.conf"])
        platform = self.start([
            self.peers.programs / "platform", "orchestrator", "--listen", "127.0.0.1:0", "--data", folder / "data",
            "--dns", f"127.0.0.1:{port}", "--dns-key-file", folder / "key", "--registry", "http://127.0.0.1:1"])
        line = platform.stdout.readline()
        if b"listening" not in line:
            raise Failure((folder / "errors").read_text()[-2000:])
        return f"http://127.0.0.1:{json.loads(line)['port']}"

    def start(self, command):
        with open(self.folder / "errors", "ab") as errors:
            process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=errors)
        self.processes.append(process)
        return process

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
