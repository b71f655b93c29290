"""A bundle-sized file over loopback, checked by SHA-256 on the other side."""
import hashlib
import json
import os
import subprocess
import time

from .core import Failure, Table, rounds, run
from .server import server

SIZE = 256 * 1024 * 1024


def measure(peers, count_of_rounds):
    folder = peers.folder
    source, target = folder / "source", folder / "target"
    block = os.urandom(1024 * 1024)
    digest = hashlib.sha256()
    with open(source, "wb") as file:
        for number in range(SIZE // len(block)):
            piece = number.to_bytes(8, "big") + block[8:]
            digest.update(piece)
            file.write(piece)
    with server(folder) as there:

        def fleet():
            output = []
            command = [peers.own, "push", *there.options(), "--sha256", digest.hexdigest(), source, target]
            run(command, folder, peers.environment, output=output)
            if target.stat().st_size != SIZE:
                raise Failure("the pushed file has another size")
            target.unlink()
            return SIZE / 1e6 / json.loads(output[-1])["seconds"]

        def cat(remote):
            begin = time.monotonic()
            with open(source, "rb") as file:
                subprocess.run(
                    ["ssh", "-F", there.client, "host", remote], stdin=file, check=True, env=peers.environment,
                    stdout=subprocess.DEVNULL)
            seconds = time.monotonic() - begin
            target.unlink()
            return SIZE / 1e6 / seconds

        table = Table("Bundle push over loopback", "MB/s", count_of_rounds, goal=120, at_most=False)
        table.notes.append("ours includes the check of the SHA-256 on the other side")
        yield rounds(table, [
            ("fleet", fleet), ("ssh host 'cat >f'", lambda: cat(f"cat >{target}")),
            ("ssh host 'cat >f && sha256sum f'", lambda: cat(f"cat >{target} && sha256sum {target}"))])
