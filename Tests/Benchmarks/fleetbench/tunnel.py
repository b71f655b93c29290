"""Round trips and pipelined lines of 240 bytes through a tunnel to an echo server."""
import json
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager

from .core import Failure, Table, calibrate, run
from .server import free_port, server

ROUND_TRIPS = 2_000
LINES = 50_000
SIZE = 240

ECHO = """
    import asyncio, sys

    async def echo(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(main())
"""

ASYNCSSH = """
    import asyncio, json, sys, time, asyncssh
    port, user, key, known, echo, trips, lines, size = sys.argv[1:9]
    trips, lines, line = int(trips), int(lines), b"x" * int(size)

    async def main():
        async with asyncssh.connect("127.0.0.1", int(port), username=user, client_keys=[key], known_hosts=known) as ssh:
            reader, writer = await ssh.open_connection("127.0.0.1", int(echo))
            times = []
            for turn in range(-100, trips):
                begin = time.perf_counter()
                writer.write(line)
                await reader.readexactly(len(line))
                if turn >= 0:
                    times.append(time.perf_counter() - begin)
            begin = time.perf_counter()

            async def write():
                for _ in range(lines):
                    writer.write(line)
                    await writer.drain()

            task = asyncio.create_task(write())
            await reader.readexactly(lines * len(line))
            await task
            rate = lines / (time.perf_counter() - begin)
            times.sort()
            print(json.dumps({"p50": times[trips // 2], "p99": times[trips * 99 // 100], "linesPerSecond": rate}))

    asyncio.run(main())
"""

SSH2 = """
    import json, select, socket, sys, time
    from ssh2.error_codes import LIBSSH2_ERROR_EAGAIN
    from ssh2.session import Session
    port, user, key, known, echo, trips, lines, size = sys.argv[1:9]
    trips, lines, line = int(trips), int(lines), b"x" * int(size)
    sock = socket.create_connection(("127.0.0.1", int(port)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    session = Session()
    session.handshake(sock)
    session.userauth_publickey_fromfile(user, key)
    channel = session.direct_tcpip_ex("127.0.0.1", int(echo), "127.0.0.1", 0)

    times = []
    for turn in range(-100, trips):
        begin = time.perf_counter()
        channel.write(line)
        missing = len(line)
        while missing:
            count, data = channel.read(65536)
            missing -= len(data)
        if turn >= 0:
            times.append(time.perf_counter() - begin)

    session.set_blocking(False)
    begin = time.perf_counter()
    written = received = 0
    total = lines * len(line)
    left = memoryview(line)
    sent = 0
    while received < total:
        progress = False
        while True:
            count, data = channel.read(65536)
            if count <= 0:
                break
            received += count
            progress = True
        while sent < lines:
            code, count = channel.write(bytes(left))
            if count > 0:
                progress = True
                left = left[count:]
                if not left:
                    sent += 1
                    left = memoryview(line)
            if code == LIBSSH2_ERROR_EAGAIN or count <= 0:
                break
            if sent % 64 == 0:
                break
        if not progress:
            wanted = [sock] if session.block_directions() & 2 else []
            select.select([sock], wanted, [], 1)
    rate = lines / (time.perf_counter() - begin)
    times.sort()
    print(json.dumps({"p50": times[trips // 2], "p99": times[trips * 99 // 100], "linesPerSecond": rate}))
"""


@contextmanager
def started(command, **options):
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def plain(port):
    """Round trips and throughput over a TCP connection, bare or as `ssh -L` carries it."""
    line = b"x" * SIZE
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        times = []
        for turn in range(-100, ROUND_TRIPS):
            begin = time.perf_counter()
            connection.sendall(line)
            receive(connection, SIZE)
            if turn >= 0:
                times.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        writer = threading.Thread(target=lambda: [connection.sendall(line) for _ in range(LINES)])
        writer.start()
        receive(connection, SIZE * LINES)
        writer.join()
        rate = LINES / (time.perf_counter() - begin)
    times.sort()
    return {"p50": times[ROUND_TRIPS // 2], "p99": times[ROUND_TRIPS * 99 // 100], "linesPerSecond": rate}


def receive(connection, count):
    while count:
        data = connection.recv(65536)
        if not data:
            raise Failure("the echo server closed the connection")
        count -= len(data)


def measure(peers, count_of_rounds):
    folder = peers.folder
    for name, text in [("echo", ECHO), ("asyncssh_tunnel", ASYNCSSH), ("ssh2_tunnel", SSH2)]:
        (folder / f"{name}.py").write_text(textwrap.dedent(text))
    with server(folder) as there, started([peers.python, folder / "echo.py"]) as echo:
        port = int(echo.stdout.readline())
        login = [there.port, there.user, there.identity, there.known_hosts, port, ROUND_TRIPS, LINES, SIZE]

        def said(command):
            output = []
            run(command, folder, peers.environment, output=output)
            return json.loads(output[-1])

        def forwarded():
            local = free_port()
            command = ["ssh", "-F", there.client, "-N", "-L", f"127.0.0.1:{local}:127.0.0.1:{port}", "host"]
            with started(command, env=peers.environment):
                deadline = time.monotonic() + 10
                while True:
                    try:
                        socket.create_connection(("127.0.0.1", local)).close()
                        return plain(local)
                    except ConnectionRefusedError:
                        if time.monotonic() > deadline:
                            raise Failure("ssh -L does not listen") from None
                        time.sleep(0.02)

        contenders = [
            ("fleet", lambda: said([peers.own, "tunnel", *there.options(), "--echo", port, "--lines", LINES])),
            ("ssh2-python", lambda: said([peers.python, folder / "ssh2_tunnel.py", *login])),
            ("asyncssh", lambda: said([peers.python, folder / "asyncssh_tunnel.py", *login])),
            ("ssh -L", forwarded), ("bare TCP", lambda: plain(port)),
        ]
        p50 = Table("Tunnel, round trip of a 240-byte line, p50", "us", count_of_rounds)
        p99 = Table("Tunnel, round trip of a 240-byte line, p99", "us", count_of_rounds, goal=1000)
        rate = Table("Tunnel, pipelined 240-byte lines", "a second", count_of_rounds, goal=100_000, at_most=False)
        for _ in range(count_of_rounds):
            for name, contend in contenders:
                calibration = calibrate()
                figures = contend()
                for table, figure in [
                    (p50, figures["p50"] * 1e6), (p99, figures["p99"] * 1e6), (rate, figures["linesPerSecond"])
                ]:
                    table.calibrations.append(calibration)
                    table.add(name, figure)
        p50.goal = 1.2 * p50.median("ssh2-python")
        p50.notes.append("the goal is 1.2 times ssh2-python's")
        yield from (p50, p99, rate)
