"""Which tests reach which fault, and what the tests say when one is switched on."""
import datetime, re, shutil

from copies import run_coordinator
from programs import RED, any_of, programs_with, said

from .schemata import RECORD

# Tests that take longer than this, in seconds, come last.
LONG = 12
# What a service does so many milliseconds after its first step belongs to its start.
START = 3000
MODES = ["solo", "multiuser", "cicd", "enterprise"]


class Trial:
    def __init__(self, built, place, limit, report, once=frozenset()):
        self.built, self.place, self.limit, self.report = built, place, limit, report
        # The numbers of faults in values that are made once in a process, whoever is first to need them.
        self.once = once
        # By id: seconds, mode, and whether it is green without a fault. By number: the ids that reach the fault.
        self.tests, self.reach = {}, {}

    def run(self, number, place, arguments, slots=2, limit=None):
        """A run with the fault of that number on, in a directory that no other run uses meanwhile."""
        programs = programs_with(number, self.built, place / "programs")
        return run_coordinator(programs, place, limit or self.limit, arguments, slots)

    # Without a fault

    def explore(self):
        """Runs every test, two at a time as with a fault, and notes what is reached meanwhile, and who is red."""
        reached = self.place / "without/programs/reached"
        shutil.rmtree(reached, ignore_errors=True)
        reached.mkdir(parents=True)
        # Services may run as somebody else.
        reached.chmod(0o777)
        self.report("running all tests without a fault")
        status, tests, output = self.run(RECORD, self.place / "without", ["--retries", "0"], limit=3600)
        self.tests = {
            test["id"]: {"seconds": sum(a["seconds"] for a in test["attempts"]), "mode": test["mode"],
                         "green": test["outcome"] == "passed"} for test in tests}
        if not self.tests or not any(reached.iterdir()):
            raise SystemExit(f"the tests could not be run without a fault (status {status}):\n{output[-3000:]}")
        self.reach = self.reaching(tests, reached, self.once)
        red = sorted(name for name, known in self.tests.items() if not known["green"])
        self.report(f"{len(self.tests) - len(red)} of {len(self.tests)} tests are green without a fault; red: {red}")

    @staticmethod
    def reaching(tests, reached, once=frozenset()):
        """For each fault the tests during which it was reached.

        A fault that only starting services reach, or that is reached once, is laid to every test during which such a
        service did anything later.
        """
        windows = []
        for test in tests:
            for attempt in test["attempts"]:
                begin = datetime.datetime.fromisoformat(attempt["start"].replace("Z", "+00:00")).timestamp() * 1000
                windows.append((begin - 50, begin + attempt["seconds"] * 1000 + 300, test["id"]))
        later, services, users = {}, {}, {}
        for file in sorted(reached.iterdir()):
            head, *lines = file.read_text(errors="replace").splitlines() or [""]
            service = head.split(" ")[-1].split("/")[-1]
            hits = [tuple(int(word) for word in line.split()) for line in lines]
            for number, time in hits:
                within = {name for begin, end, name in windows if begin <= time <= end}
                services.setdefault(number, set()).add(service)
                users.setdefault((service, time - hits[0][1] > START), set()).update(within)
                if time - hits[0][1] > START and number not in once:
                    later.setdefault(number, set()).update(within)
        reach = {}
        for number, names in services.items():
            of_services = (users.get((name, True)) or users.get((name, False), set()) for name in names)
            reach[number] = sorted(later.get(number) or set().union(*of_services) or {test["id"] for test in tests})
        return reach

    def unsteady(self, names):
        """Those of these tests that are red now without a fault, so that they prove nothing."""
        found = {test["id"]: test for test in self.run(0, self.place / "without", ["--filter", any_of(names)])[1]}
        return [name for name in names if found.get(name, {"outcome": "not-run"})["outcome"] != "passed"]

    # With a fault

    def stages(self, number, others):
        """The tests that reach a fault in the order in which they are tried: few quick ones, the others, the long ones."""
        wanted = {name for name in self.tests if others and re.search(others, name)}
        known = [name for name in wanted.union(self.reach.get(number, [])) if self.tests[name]["green"]]
        known.sort(key=lambda name: (self.tests[name]["seconds"], name))
        lowest = min((MODES.index(self.tests[name]["mode"]) for name in known), default=0)
        first = [name for name in known if MODES.index(self.tests[name]["mode"]) == lowest][:8]
        first = [name for name in first if self.tests[name]["seconds"] <= LONG]
        more = [name for name in known if name not in first and self.tests[name]["seconds"] <= LONG]
        last = [name for name in known if self.tests[name]["seconds"] > LONG]
        return [stage for stage in (first, more, last) if stage]

    def try_fault(self, number, place, others=""):
        """The end of a fault, and by which test; `others` are further tests to try, as a regular expression."""
        stages, unsteady = self.stages(number, others), []
        if not stages:
            return {"end": "survived", "red": [], "said": "no test reaches it", "tests": 0}
        tried = sum(map(len, stages))
        for stage in stages:
            red, words = self.look(number, place, stage)
            if red is None:
                return {"end": "not run", "red": [], "said": words, "tests": 0}
            if not red:
                continue
            # Two of three: a test that is red by chance catches nothing.
            again = stage if red == ["environment"] else red
            if any(self.look(number, place, again)[0] for _ in range(2)):
                return {"end": "caught", "red": red, "said": words, "tests": tried}
            unsteady += red
        return {"end": "survived", "red": [], "tests": tried,
                "said": f"once red, then green: {', '.join(unsteady)}" if unsteady else ""}

    def look(self, number, place, tests):
        """One run: the test that turned red or “environment”, None when it was no run at all; and the words of it."""
        status, found, output = self.run(
            number, place, ["--filter", any_of(tests), "--fail-fast", "--retries", "0"])
        # Each test was green without a fault, so that none may say now that it cannot run here.
        red = [test for test in found if test["outcome"] in RED + ("skipped",)]
        if red:
            return [red[0]["id"]], said(red[0])
        unmade = [test for test in found if test["outcome"] == "not-run" and test["cause"] == "environment"]
        if unmade:
            return ["environment"], said(unmade[0])
        return ([], "") if status == 0 else (None, output[-1500:])

    # Memory

    def remembered(self):
        return {"tests": self.tests, "reach": {str(number): found for number, found in self.reach.items()}}

    def restore(self, memory):
        self.tests, self.reach = memory["tests"], {int(number): found for number, found in memory["reach"].items()}

