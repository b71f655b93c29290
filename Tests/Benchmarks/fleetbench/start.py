"""From the command to the first result, with the bundle there already and with the bundle pushed."""
import shutil

from .core import Table, rounds, run
from .server import server


def measure(peers, count_of_rounds):
    folder = peers.folder
    with server(folder) as there:
        work = folder / "work"
        hosts = folder / "hosts.txt"
        hosts.write_text(there.line(slots=1, workdir=work))
        suite = peers.noop_suite("one", 1)
        inventory = folder / "inventory"
        # `host` is an alias of the OpenSSH configuration that ssh is given.
        inventory.write_text(
            f"host ansible_python_interpreter=/usr/bin/python3 ansible_ssh_common_args='-F {there.client}'\n")

        def fleet():
            return run(peers.fleet(hosts, suite), folder, peers.environment, mark=b'"event":"result"')[0]

        def pushed():
            shutil.rmtree(work, ignore_errors=True)
            return fleet()

        def ansible():
            environment = peers.environment | {"ANSIBLE_HOME": str(folder / "ansible")}
            return run([peers.ansible, "all", "-i", inventory, "-m", "ping"], folder, environment, mark=b"SUCCESS")[0]

        fleet()
        present = Table("Command to first result, bundle present", "s", count_of_rounds, goal=0.6)
        yield rounds(present, [("fleet", fleet), ("ansible -m ping", ansible)])
        away = Table("Command to first result, bundle pushed", "s", count_of_rounds, goal=2.5)
        yield rounds(away, [("fleet", pushed), ("ansible -m ping", ansible)])
