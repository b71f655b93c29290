"""50 runs of 200 tests made into one JUnit file."""
import xml.etree.ElementTree as ElementTree
import zlib

from .core import Failure, Table, calibrate, run

FILES, CASES = 50, 200


def changed(record, changes):
    """A record of the journal with other words, and with the sum that belongs to them."""
    text = record[:record.rindex(',"sum":')]
    for old, new in changes:
        text = text.replace(old, new)
    return f'{text},"sum":"{zlib.crc32(text.encode()):08x}"}}\n'


def measure(peers, count_of_rounds):
    folder = peers.folder
    (folder / "many").mkdir()
    hosts = folder / "hosts.txt"
    hosts.write_text("local slots=4\n")
    suite = peers.noop_suite("cases", CASES)
    runs = []
    # One real run; the others are copies of its journal under other names, as resumed and repeated runs would be.
    run(peers.fleet(hosts, suite), folder, peers.environment)
    state = folder / "state" / "provisioning-fleet" / "runs"
    first = next(state.iterdir())
    for number in range(FILES):
        copy = state / f"{first.name}-{number}"
        copy.mkdir(mode=0o700)
        records = (first / "journal.jsonl").read_text().splitlines()
        changes = [(first.name, copy.name), ('"bench/n', f'"bench{number}/n')]
        (copy / "journal.jsonl").write_text("".join(changed(record, changes) for record in records))
        runs.append(copy.name)
        junit = (folder / "reports" / "junit-results.xml").read_text()
        (folder / "many" / f"r{number}.xml").write_text(junit.replace("bench", f"bench{number}"))
    seconds = Table(f"{FILES} JUnit reports of {CASES} cases made one", "s", count_of_rounds, goal=0.2)
    memory = Table(f"{FILES} JUnit reports of {CASES} cases made one, memory", "MB", count_of_rounds, goal=40)
    contenders = [
        ("fleet", [peers.coordinator, "report", *runs, "--output-dir", folder / "merged"],
         folder / "merged" / "junit-results.xml"),
        ("junitparser", [
            peers.python.parent / "junitparser", "merge", *sorted(map(str, (folder / "many").iterdir())),
            folder / "peer.xml"], folder / "peer.xml"),
    ]
    for _ in range(count_of_rounds):
        for name, command, result in contenders:
            calibration = calibrate()
            peak = folder / "peak"
            _, taken = run(["/usr/bin/time", "-f", "%M", "-o", peak, *command], folder, peers.environment)
            for table, figure in [(seconds, taken), (memory, int(peak.read_text().split()[-1]) / 1024)]:
                table.calibrations.append(calibration)
                table.add(name, figure)
            cases = sum(1 for _ in ElementTree.parse(result).getroot().iter("testcase"))
            if cases != FILES * CASES:
                raise Failure(f"{name} kept {cases} of {FILES * CASES} cases")
    yield from (seconds, memory)
