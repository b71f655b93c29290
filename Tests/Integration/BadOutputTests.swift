import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Integration {
    /// Reports that cannot be written: it is told, the exit status is 74, and nothing is claimed that is not there.
    @Suite(.serialized, .enabled(if: Programs.areBuilt && geteuid() == 0, Programs.notBuilt))
    struct BadOutputTests {
        @Test func outputDirectoryThatIsALink() async throws {
            try await expectRefusal { output, scratch in
                let real = try scratch.makeDirectory("real")
                try FileManager.default.createSymbolicLink(atPath: output, withDestinationPath: real)
            }
        }

        @Test func outputDirectoryOfAnotherUser() async throws {
            try await expectRefusal { output, _ in
                try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
                try #require(chown(output, 19818, 19818) == 0)
            }
        }

        @Test func outputDirectoryThatIsAFile() async throws {
            try await expectRefusal { output, _ in try Data().write(to: URL(filePath: output)) }
        }

        @Test func outputDirectoryThatIsReadOnly() async throws {
            try await expectRefusal(mount: "ro,size=64k") { output, _ in
                try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
            }
        }

        @Test func diskThatIsFull() async throws {
            try await Scratch.with { scratch in
                let run = try CoordinatorRun(in: scratch)
                try FileManager.default.createDirectory(
                    atPath: run.outputDirectory, withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
                let suite = SuiteFile(tests: [.init(id: "full/flood", command: "head -c 200000 /dev/zero | tr '\\0' x")]
                )
                let end = try await onMount("size=16k,mode=0700", run, try run.choice(suite), show: true)
                #expect(end.status == 74, "\(end)")
                #expect(end.errors.contains("No space left on device"), "\(end)")
                #expect(end.errors.contains(run.outputDirectory), "\(end)")
                // What stands under a report's name is whole, and what is not there is not claimed.
                let files = end.output.split(separator: "\n").filter { $0.hasPrefix("in the directory: ") }
                #expect(!files.contains { $0.contains("partial") }, "\(files)")
                for name in ["junit-results.xml", "test-results.json"]
                where !files.contains(where: { $0.hasSuffix(name) }) {
                    #expect(!claims(name, end), "\(end)")
                }
            }
        }

        /// Whether a line says that a report was written, in words other than an error.
        private func claims(_ name: String, _ end: RunningProgram.End) -> Bool {
            end.output.split(separator: "\n").contains { $0.contains(name) && !$0.contains("cannot") }
        }

        private func expectRefusal(
            mount: String? = nil, _ prepare: (String, Scratch) throws -> Void
        ) async throws {
            try await Scratch.with { scratch in
                let run = try CoordinatorRun(in: scratch)
                try prepare(run.outputDirectory, scratch)
                let choice = try run.choice(.seconds(1))
                let end =
                    if let mount {
                        try await onMount(mount, run, choice)
                    } else {
                        try await run.start(["--local", "1"] + choice).end(within: .seconds(30))
                    }
                #expect(end.status == 74, "\(end)")
                #expect(end.errors.contains(run.outputDirectory), "\(end)")
                #expect(run.settled == 0, "it ran tests before it found that it cannot report them")
            }
        }

        /// Runs with a file system of its own on the output directory, in a mount namespace that ends with it.
        private func onMount(
            _ options: String, _ run: CoordinatorRun, _ choice: [String], show: Bool = false
        ) async throws -> RunningProgram.End {
            let script =
                #"mount -t tmpfs -o "$1" full "$2" || exit 99; directory=$2; shift 2; "$@"; status=$?; "#
                + (show ? #"for file in "$directory"/*; do echo "in the directory: $file"; done; "# : "")
                + "exit $status"
            let words = ["unshare", "-m", "sh", "-c", script, "sh", options, run.outputDirectory]
            return try await RunningProgram.run(
                words + run.words(["--local", "1"] + choice), in: run.scratch,
                variables: ["XDG_STATE_HOME": run.stateDirectory], within: .seconds(60))
        }
    }
}
