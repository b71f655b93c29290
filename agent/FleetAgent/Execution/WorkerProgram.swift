import FleetProtocol
import FleetSystem
import NIOCore

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

/// What `agent worker` does: it supervises one process at a time, as lines on its standard streams tell it.
///
/// When its input ends, the agent is gone: what runs is killed, and the worker ends.
enum WorkerProgram {
    static func main() async -> Int32 {
        // A test that ends before it has read its input must not take its worker along.
        signal(SIGPIPE, SIG_IGN)
        do {
            try ProcessTree.becomeSubreaper()
            KillPreference.raise(getpid(), to: 300)
            let pipe = try await LinePipe.open(input: 0, output: 1)
            try await pipe.executeThenClose { inbound, outbound in
                try await withThrowingDiscardingTaskGroup { group in
                    var current: Supervision?
                    for try await line in inbound {
                        guard case .bytes(let bytes) = line else { continue }
                        let command = try JSONDecoder().decode(WorkerCommand.self, from: Data(bytes.readableBytesView))
                        switch command {
                        case .cancel(let reason): current?.cancel(reason: reason)
                        case .run(let request):
                            let supervision = Supervision(request)
                            current = supervision
                            group.addTask { try await outbound.write(encoded(await supervision.run())) }
                        }
                    }
                    current?.cancel(reason: "the agent is gone")
                }
            }
            return 0
        } catch {
            _ = await ProcessTree.killChildren(within: .seconds(5))
            return 1
        }
    }

    private static func encoded(_ report: WorkerReport) throws -> ByteBuffer {
        ByteBuffer(bytes: Array(try JSONEncoder().encode(report)) + [UInt8(ascii: "\n")])
    }
}
