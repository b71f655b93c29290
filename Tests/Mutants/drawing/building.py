"""One build with all faults: what does not build is taken out, and others are drawn in its place."""
import re

from copies import ROOT, copy_tree, swift_build
from programs import PROGRAMS

from .schemata import PLAIN, fault, rewritten

ERROR = re.compile(r"^(/\S+?\.swift):(\d+):(\d+): error: (.*)$", re.M)


class BuildFailed(Exception):
    pass


class Build:
    """The copy with its faults. `tree` is where it lies, `report` is told what happens."""

    def __init__(self, draw, files, tree, report):
        self.draw, self.files, self.tree, self.report = draw, files, tree, report
        self.faults = []

    def begin(self, count):
        for site in self.draw.first(count):
            self.add(site)

    def add(self, site):
        self.faults.append(fault(len(self.faults) + 1, site, self.files[site.path]))

    @property
    def drawn(self):
        return [fault for fault in self.faults if fault.state == "drawn"]

    def write(self):
        changed, columns = rewritten(self.files, self.faults, (ROOT / "Package.swift").read_text())
        copy_tree(self.tree, changed)
        return columns

    def make(self):
        """Builds until the program stands with every fault switched."""
        while True:
            columns = self.write()
            self.report(f"building the platform with {len(self.drawn)} faults")
            built = swift_build(self.tree, "platform")
            if built.returncode != 0:
                self.take_back(built.stdout, columns)
            elif not self.settle():
                break
        for product in PROGRAMS:
            built = swift_build(self.tree, product)
            if built.returncode != 0:
                raise BuildFailed(f"{product} does not build:\n{built.stdout[-3000:]}")

    def take_back(self, output, columns):
        """Writes each fault with an error in another way; those that have none left do not build."""
        guilty = {}
        for path, line, column, words in set(ERROR.findall(output)):
            found = self.guilty(path, int(line), int(column), columns)
            if found:
                guilty.setdefault(found.number, (found, words))
        if not guilty:
            raise BuildFailed(f"the platform does not build, and not because of a fault:\n{output[-3000:]}")
        for found, words in guilty.values():
            self.report(f"{found.number} {found.site.path}:{found.site.line} {found.name}: {words}")
            if found.form == len(found.forms) - 1:
                found.state = "does not build"
                self.replace(found)
            else:
                found.form += 1

    def guilty(self, path, line, column, columns):
        """The fault at an error: the nearest on its line, else the nearest one of the file."""
        here = [f for f in self.drawn if path.endswith("/" + f.site.path)]
        on_line = [f for f in here if f.site.line <= line <= f.site.last_line]
        if on_line:
            return min(on_line, key=lambda f: abs(columns.get(f.number, 0) - column))
        return min(here, key=lambda f: abs(f.site.line - line), default=None)

    def settle(self):
        """Takes out what builds only without a switch; returns whether there was any."""
        unswitched = [fault for fault in self.drawn if fault.name == PLAIN]
        for found in unswitched:
            found.state = "cannot be rewritten"
            self.replace(found)
        return bool(unswitched)

    def replace(self, gone):
        """Another place of the same area, or of the area that has the most left."""
        queues = self.draw.queues
        area = gone.site.area if queues[gone.site.area] else max(queues, key=lambda name: len(queues[name]))
        for site in self.draw.take(area):
            self.add(site)

    def remembered(self):
        """What a later run needs to go on with the same faults, as JSON."""
        return [{"number": f.number, "path": f.site.path, "begin": f.site.begin, "kind": f.site.kind, "form": f.form,
                 "state": f.state} for f in self.faults]

    def restore(self, memory, sites):
        """Takes up what an earlier run remembered of the same source."""
        for entry in memory:
            site = sites[entry["path"], entry["begin"], entry["kind"]]
            again = fault(entry["number"], site, self.files[site.path])
            again.form, again.state = entry["form"], entry["state"]
            self.faults.append(again)
            queue = self.draw.queues[site.area]
            queue[:] = [pair for pair in queue if pair[1] != site]
