import Testing

extension Integration {
    /// `coordinator audit` on hosts of a lab.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct AuditTests {
        @Test func runLeavesNothingAndWhatIsPlantedIsFound() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 2, scratch) { lab in
                    let snapshot = scratch.path("before.json")
                    let save = try await audit(lab, scratch, "--save", snapshot)
                    #expect(save.status == 0, "\(save)")

                    let run = try CoordinatorRun(in: scratch)
                    let suite = SuiteFile.seconds(4)
                    try run.expectAllPassed(
                        suite, try await run.start(on: lab, try run.choice(suite)).end(within: .seconds(120)))
                    let clean = try await audit(lab, scratch, "--before", snapshot)
                    #expect(clean.status == 0, "\(clean)")
                    #expect(
                        clean.output.split(separator: "\n").count { $0.hasSuffix("nothing stayed") } == 2, "\(clean)")

                    try await plant(lab)
                    let found = try await audit(lab, scratch, "--before", snapshot)
                    #expect(found.status == 1, "\(found)")
                    let wanted = [
                        "process: ", "sleep 1234 of /left", "file: /tmp/left-over", "file: /tmp/left-over/inside",
                        "sessions/dead-1", "socket: tcp port 7777", "interface: left", "mount: tmpfs on /mnt",
                        "timer: /etc/cron.d/left", "user left",
                    ]
                    for word in wanted { #expect(found.output.contains(word), "\(word) in \(found)") }
                    let other = try lab.address("h2")
                    #expect(found.output.contains("\(other): nothing stayed"), "\(found)")

                    let ours = try await audit(lab, scratch)
                    #expect(ours.status == 1 && ours.output.contains("sleep 1234"), "\(ours)")
                    #expect(!ours.output.contains("left-over"), "\(ours)")
                    try await lab.must("exec", "h1", "--", "pkill", "-f", "^sleep 1234|fleet-left-socket")
                }
            }
        }

        private func audit(_ lab: Lab, _ scratch: Scratch, _ flags: String...) async throws -> RunningProgram.End {
            let words = [Programs.coordinator, "audit", "--agents", lab.hostsFile] + flags
            return try await RunningProgram.run(lab.command(words), in: scratch, within: .seconds(120))
        }

        /// Everything that a run could leave, on one host.
        private func plant(_ lab: Lab) async throws {
            let user = [
                "setsid -f env FLEET_SESSION=/left sleep 1234 </dev/null >/dev/null 2>&1",
                "mkdir /tmp/left-over; touch /tmp/left-over/inside",
                "mkdir -p ~/.cache/provisioning-fleet/sessions/dead-1",
                """
                setsid -f python3 -c 'import socket, time
                s = socket.socket(); s.bind(("127.0.0.1", 7777)); s.listen(); time.sleep(1000)' fleet-left-socket \
                </dev/null >/dev/null 2>&1
                """,
            ]
            for line in user { try await lab.must("exec", "h1", "--user", "--", "sh", "-c", line) }
            let root = [
                "ip link add left type veth peer name right", "mount -t tmpfs left /mnt",
                "echo '* * * * * root true' >/etc/cron.d/left", "echo left:x:4242:4242::/:/bin/sh >>/etc/passwd",
                "timeout 5 bash -c 'until exec 3<>/dev/tcp/127.0.0.1/7777; do :; done' 2>/dev/null",
            ]
            for line in root { try await lab.must("exec", "h1", "--", "sh", "-c", line) }
        }

        @Test func badSnapshotIsRefused() async throws {
            try await Scratch.with { scratch in
                let hosts = try scratch.write("local workdir=\(scratch.path("work"))\n", to: "hosts.txt")
                let words = [Programs.coordinator, "audit", "--agents", hosts]
                let end = try await RunningProgram.run(words + ["--before", hosts], in: scratch)
                #expect(end.status == 65 && end.errors.contains("not a snapshot"), "\(end)")
                let unwritten = try await RunningProgram.run(words + ["--save", "/nowhere/at/all"], in: scratch)
                #expect(unwritten.status == 74, "\(unwritten)")
            }
        }
    }
}
