"""Draws: which of all places get a fault. The same seed and source give the same draw, on every machine."""
import hashlib
from collections import Counter, defaultdict

from .sites import KINDS, sites_of

PLATFORM = ("Sources/Platform", "Sources/platform/")


def platform_files(root):
    """Path and text of every file of the reference platform; builtin services stand for those of others."""
    found = {}
    for file in sorted((root / "Sources").rglob("*.swift")):
        path = str(file.relative_to(root))
        if path.startswith(PLATFORM):
            found[path] = file.read_text()
    return found


def shares(sizes, count):
    """`count` in proportion to the sizes, in whole numbers: the largest remainders get what is left."""
    whole = sum(sizes.values())
    exact = {name: count * size / whole for name, size in sizes.items()}
    given = {name: int(share) for name, share in exact.items()}
    left = sorted(exact, key=lambda name: (given[name] - exact[name], name))
    for name in left[:count - sum(given.values())]:
        given[name] += 1
    return given


class Draw:
    """All places by area, each area in the order in which it is drawn from."""

    def __init__(self, files, seed):
        self.sizes, self.queues = Counter(), defaultdict(list)
        found = [site for path, source in files.items() for site in sites_of(path, source)]
        kinds, seen = Counter(site.kind for site in found), Counter()
        self.count = dict(kinds)
        for site in found:
            # A place is known by its words, not by its line, so that a change elsewhere in the file draws the same.
            line = files[site.path].splitlines()[site.line - 1].strip()
            name = f"{seed}\0{site.path}\0{site.kind}\0{line}\0{site.before}"
            seen[name] += 1
            value = int.from_bytes(hashlib.sha256(f"{name}\0{seen[name]}".encode()).digest()[:8]) + 1
            # Weighted drawing without putting back: each kind gets its share, however many places it has.
            key = (value / 2**64) ** (kinds[site.kind] / KINDS[site.kind])
            self.queues[site.area].append((key, site))
        for path, source in files.items():
            self.sizes[self.area(path)] += sum(1 for line in source.splitlines() if line.strip())
        for queue in self.queues.values():
            queue.sort(key=lambda entry: (entry[0], entry[1].path, entry[1].begin))

    @staticmethod
    def area(path):
        parts = path.split("/")
        return "/".join(parts[1:3]) if parts[1] == "PlatformOrchestrator" and len(parts) > 3 else parts[1]

    def first(self, count):
        """The first draw: so many faults, over the areas in proportion to their lines."""
        sizes = {area: size for area, size in self.sizes.items() if self.queues[area]}
        return [site for area, share in sorted(shares(sizes, count).items()) for site in self.take(area, share)]

    def take(self, area, count=1):
        """The next places of an area, fewer when it has no more."""
        return [self.queues[area].pop()[1] for _ in range(min(count, len(self.queues[area])))]
