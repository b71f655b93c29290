import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Hands a path for a working directory to the body, and removes what is there afterwards.
func withWorkdir(_ stem: String, _ body: (String) async throws -> Void) async throws {
    let workdir = "/tmp/fleet-\(stem)-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    do {
        try await body(workdir)
    } catch {
        #expect(DirectoryTree.remove(workdir).isEmpty)
        throw error
    }
    #expect(DirectoryTree.remove(workdir).isEmpty)
}
