import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Integration {
    /// Hosts that cannot be reached: each has its own sentence, and the others do the work.
    @Suite(.serialized, .enabled(if: Programs.areBuilt, Programs.notBuilt))
    struct BadHostTests {
        @Test func hostThatDoesNotResolve() async throws {
            let end = try await unreachable("fleet@nowhere.invalid")
            #expect(end.errors.contains("nowhere.invalid"), "\(end)")
            #expect(end.errors.contains("resolve"), "\(end)")
        }

        @Test func hostThatRefuses() async throws {
            let port = try LoopbackPort()
            port.close()
            let end = try await unreachable("fleet@127.0.0.1:\(port.number)")
            #expect(end.errors.contains("refused"), "\(end)")
        }

        @Test func hostThatAcceptsAndSaysNothing() async throws {
            let port = try LoopbackPort()
            defer { port.close() }
            let end = try await unreachable("fleet@127.0.0.1:\(port.number)")
            #expect(end.errors.contains("127.0.0.1"), "\(end)")
            #expect(end.duration < .seconds(90), "\(end)")
        }

        /// Runs one test on one host that cannot be reached: exit status 2, and reports that say so.
        private func unreachable(_ host: String) async throws -> RunningProgram.End {
            try await Scratch.with { scratch in
                let run = try CoordinatorRun(in: scratch)
                let key = scratch.path("key")
                let made = try await RunningProgram.run(
                    ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], in: scratch)
                #expect(made.status == 0, "\(made)")
                let file = try scratch.write("\(host) slots=2 identity=\(key)\n", to: "hosts.txt")
                let suite = SuiteFile.seconds(3)
                let end = try await run.start(["--agents", file] + (try run.choice(suite))).end(within: .seconds(120))
                #expect(end.status == 2, "\(end)")
                let results = try run.results
                #expect(results.run.exit == 2 && !results.run.complete)
                #expect(results.tests.map(\.id) == suite.ids)
                #expect(results.tests.allSatisfy { $0.outcome == "not-run" })
                #expect(results.hosts.allSatisfy { !$0.notes.isEmpty })
                #expect(try run.junit.errors == suite.tests.count)
                return end
            }
        }
    }
}

/// A port on loopback that accepts connections (the kernel does) and never says a word.
struct LoopbackPort {
    let number: UInt16
    private let descriptor: Int32

    init() throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        try #require(isListening, "errno \(errno)")
        number = UInt16(bigEndian: address.sin_port)
    }

    func close() {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }
}
