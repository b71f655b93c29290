"""Where the programs are: ours, and the peers from Debian and PyPI."""
import os
import shutil
import subprocess
import venv
from functools import cached_property
from pathlib import Path

from .core import Failure

ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".build-tools" / "venv"
WHEELS = {
    "pytest": "pytest", "xdist": "pytest-xdist", "asyncssh": "asyncssh", "pssh": "parallel-ssh",
    "ssh2": "ssh2-python", "junitparser": "junitparser", "ansible": "ansible-core",
}


def python():
    """The python that has the peers, installed on first use."""
    program = VENV / "bin" / "python"
    if not program.exists():
        venv.create(VENV, with_pip=True)
    if subprocess.run([program, "-c", f"import {', '.join(WHEELS)}"], capture_output=True).returncode != 0:
        subprocess.run([program, "-m", "pip", "install", "--quiet", *WHEELS.values()], check=True)
    return program


class Peers:
    """A directory for one benchmark, and the programs that contend; each is looked for when a benchmark wants it."""

    def __init__(self, folder):
        self.folder = folder
        self.programs = Path(os.environ.get("FLEET_BIN", ROOT / ".build-release" / "release"))
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
            "PARALLEL_HOME": str(folder / "parallel"), "XDG_STATE_HOME": str(folder / "state"),
        }
        (folder / "parallel").mkdir()
        (folder / "parallel" / "will-cite").touch()

    @cached_property
    def python(self):
        return python()

    @property
    def ansible(self):
        return self.python.parent / "ansible"

    @cached_property
    def coordinator(self):
        return self.needed(self.programs / "coordinator", "run `make build`, or set FLEET_BIN")

    @cached_property
    def own(self):
        own = Path(os.environ.get("FLEET_BENCH", ROOT / ".build-bench" / "release" / "FleetBench"))
        return self.needed(own, "run `make bench-build`, or set FLEET_BENCH")

    @cached_property
    def parallel(self):
        program = shutil.which("parallel")
        if program is None:
            raise Failure("GNU parallel is not there: apt-get install parallel")
        return program

    @staticmethod
    def needed(path, advice):
        if not path.exists():
            raise Failure(f"{path} is not there: {advice}")
        return path

    def noop_suite(self, name, count):
        """No-op command tests, as a suite file of ours."""
        cases = "".join(f"  - {{id: bench/n{n}, command: ['true'], estimate: 0.01}}\n" for n in range(count))
        path = self.folder / f"{name}.yaml"
        path.write_text("tests:\n" + cases)
        return path

    def fleet(self, hosts, suite):
        """The words that run a suite file over a list of hosts, with the journal's lines on standard output."""
        return [
            self.coordinator, "run", "--agents", hosts, "--suite-file", suite, "--output-dir", self.folder / "reports",
            "--events", "-",
        ]
