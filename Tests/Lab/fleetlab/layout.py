"""What a lab consists of: its name, its directory, its members and their addresses."""

import json
import os
import re
import stat
import zlib
from dataclasses import dataclass

USER, UID = "fleet", 19818
MARKER = "lab.json"


class LabError(Exception):
    """A sentence for people, and the exit status that goes with it."""

    def __init__(self, sentence, status=1):
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Lab:
    name: str

    def __post_init__(self):
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", self.name):
            raise LabError(f"a lab's name has lower-case letters, digits and `-`, not “{self.name}”", 64)

    @property
    def directory(self):
        base = os.environ.get("FLEET_LAB_BASE", "/tmp")
        return os.path.join(base, f"fleet-lab-{self.name}")

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    @property
    def subnet(self):
        """Three numbers of 198.18.0.0/15, which is set aside for benchmarks; told apart by the lab's name."""
        index = zlib.crc32(self.name.encode()) % 512
        return f"198.{18 + index // 256}.{index % 256}"

    @property
    def coordinator_address(self):
        return f"{self.subnet}.10"

    def address(self, host):
        return f"{self.subnet}.{10 + int(host[1:])}"

    @property
    def home(self):
        """The home directory that the coordinator gets: it holds known_hosts."""
        return self.path("home")

    @property
    def exists(self):
        return os.path.exists(self.path(MARKER))

    def read(self):
        """What `up` wrote down; an error when there is no such lab."""
        try:
            with open(self.path(MARKER)) as file:
                return json.load(file)
        except FileNotFoundError:
            raise LabError(f"there is no lab “{self.name}” ({self.directory}); run `lab up`") from None

    def hosts(self):
        return [f"h{number}" for number in range(1, self.read()["hosts"] + 1)]

    def require_host(self, host):
        if host not in self.hosts():
            raise LabError(f"the lab “{self.name}” has no host “{host}”, but {', '.join(self.hosts())}", 64)
        return host

    def create_directory(self):
        """Makes the private directory; one that is there already is refused."""
        try:
            os.mkdir(self.directory, 0o700)
        except FileExistsError:
            raise LabError(f"{self.directory} is in the way; `lab down --name {self.name}` removes a lab") from None
        except OSError as error:
            raise LabError(f"cannot make {self.directory}: {error.strerror}") from None

    def check_ownership(self):
        """Refuses a directory that is a link or another user's: it would be removed with everything in it."""
        state = os.lstat(self.directory)
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
            raise LabError(f"{self.directory} is not a directory of ours; it is left alone")
