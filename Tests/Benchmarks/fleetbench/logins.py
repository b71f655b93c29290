"""60 sessions to one sshd with its default MaxStartups, all at once."""
import json
import textwrap

from .core import Failure, Table, rounds, run
from .server import server

COUNT = 60

ASYNCSSH = """
    import asyncio, json, sys, time, asyncssh
    port, user, key, known, count = sys.argv[1:6]

    async def main():
        begin = time.perf_counter()
        options = dict(username=user, client_keys=[key], known_hosts=known)
        connects = (asyncssh.connect("127.0.0.1", int(port), **options) for _ in range(int(count)))
        results = await asyncio.gather(*connects, return_exceptions=True)
        seconds = time.perf_counter() - begin
        print(json.dumps({"seconds": seconds, "refused": sum(isinstance(r, Exception) for r in results)}))

    asyncio.run(main())
"""

PARALLEL_SSH = """
    import json, sys, time
    from pssh.clients import ParallelSSHClient
    port, user, key, known, count = sys.argv[1:6]
    begin = time.perf_counter()
    client = ParallelSSHClient(
        ["127.0.0.1"] * int(count), user=user, port=int(port), pkey=key, pool_size=int(count), num_retries=RETRIES)
    output = client.run_command("true", stop_on_errors=False)
    client.join(output)
    seconds = time.perf_counter() - begin
    print(json.dumps({"seconds": seconds, "refused": sum(host.exception is not None for host in output)}))
"""


def measure(peers, count_of_rounds):
    folder = peers.folder
    texts = {
        "asyncssh": ASYNCSSH, "parallel-ssh": PARALLEL_SSH.replace("RETRIES", "1"),
        "parallel-ssh, 3 tries": PARALLEL_SSH.replace("RETRIES", "3"),
    }
    with server(folder) as there:
        refused = {}

        def contend(name, command):
            output = []
            run(command, folder, peers.environment, output=output)
            figures = json.loads(output[-1])
            refused.setdefault(name, []).append(figures["refused"])
            return figures["seconds"]

        contenders = [("fleet", [peers.own, "logins", *there.options(), COUNT])]
        for number, (name, text) in enumerate(texts.items()):
            path = folder / f"peer{number}.py"
            path.write_text(textwrap.dedent(text))
            login = [there.port, there.user, there.identity, there.known_hosts, COUNT]
            contenders.append((name, [peers.python, path, *login]))
        table = Table(f"{COUNT} sessions to one default sshd", "s", count_of_rounds, goal=1.5)
        rounds(table, [(name, lambda n=name, c=command: contend(n, c)) for name, command in contenders])
        table.notes.append("refused: " + ", ".join(f"{name} {values}" for name, values in refused.items()))
        if any(refused["fleet"]):
            raise Failure(f"sessions of ours were refused: {refused['fleet']}")
        yield table
