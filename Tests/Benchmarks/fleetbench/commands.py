"""2,000 no-op command tests over SSH on four slots; for us each is a fork, an exec, a result and journal records."""
import json
import textwrap
import time

from .core import Failure, Table, rounds, run
from .server import server

COUNT = 2_000
# A test costs GNU parallel a login; fewer say the same.
FEW = 100
SLOTS = 4

ASYNCSSH = """
    import asyncio, sys, time, asyncssh
    port, user, key, known, count, slots = sys.argv[1:7]

    async def main():
        async with asyncssh.connect("127.0.0.1", int(port), username=user, client_keys=[key], known_hosts=known) as ssh:
            left = iter(range(int(count)))

            async def worker():
                for _ in left:
                    if (await ssh.run("true")).exit_status != 0:
                        raise SystemExit(1)

            await asyncio.gather(*(worker() for _ in range(int(slots))))

    asyncio.run(main())
"""


def measure(peers, count_of_rounds):
    folder = peers.folder
    with server(folder) as there:
        hosts = folder / "hosts.txt"
        hosts.write_text(there.line(slots=SLOTS, workdir=folder / "work"))
        suite = peers.noop_suite("many", COUNT)
        program = folder / "asyncssh_exec.py"
        program.write_text(textwrap.dedent(ASYNCSSH))
        (folder / "nodes").write_text("host\n")
        for name, body in [("forks", "assert subprocess.run(['true']).returncode == 0"), ("plain", "pass")]:
            place = folder / name
            place.mkdir()
            (place / "test_many.py").write_text(
                "import subprocess\nimport pytest\n\n\n"
                f"@pytest.mark.parametrize('number', range({COUNT}))\ndef test_noop(number):\n    {body}\n")

        def fleet():
            _, seconds = run(peers.fleet(hosts, suite), folder, peers.environment)
            report = json.loads((folder / "reports" / "test-results.json").read_text())
            passed = sum(test["outcome"] == "passed" for test in report["tests"])
            if passed != COUNT:
                raise Failure(f"the fleet passed {passed} of {COUNT}")
            return seconds / COUNT * 1000

        def xdist(name):
            command = [
                peers.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--dist", "load", "--rsyncdir",
                folder / name, "--tx",
                f"{SLOTS}*ssh=-F {there.client} host//python={peers.python}//chdir={folder / 'remote'}", folder / name]
            output = []
            _, seconds = run(command, folder / name, peers.environment, output=output)
            if f"{COUNT} passed".encode() not in b"".join(output):
                raise Failure(f"xdist: {output[-1]}")
            return seconds / COUNT * 1000

        def asyncssh():
            command = [peers.python, program, there.port, there.user, there.identity, there.known_hosts, COUNT, SLOTS]
            return run(command, folder, peers.environment)[1] / COUNT * 1000

        def parallel():
            command = [
                peers.parallel, f"-j{SLOTS}", "--ssh", f"ssh -F {there.client}", "--slf", folder / "nodes", "true", ":::",
                *range(FEW)]
            return run(command, folder, peers.environment)[1] / FEW * 1000

        (folder / "remote").mkdir()
        fleet()
        table = Table(f"{COUNT} no-op command tests over SSH, {SLOTS} slots", "ms for each", count_of_rounds, goal=1.2)
        yield rounds(table, [
            ("fleet", fleet), ("xdist, no fork", lambda: xdist("plain")), ("xdist, fork and exec", lambda: xdist("forks")),
            ("asyncssh exec", asyncssh), (f"GNU parallel ({FEW} tests)", parallel)])
