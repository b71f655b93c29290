import FleetSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file of JSON lines that grows at its end; a line is on the disk when `append` returns.
///
/// A line that a crash tore at the end of the file was never acknowledged and is dropped; damage before it is an error.
package final class RecordLog: Sendable {
    private let path: String
    private let descriptor: Locked<Int32>

    /// Opens the file, makes it where there is none, and hands every line to `replay`.
    package init(_ path: String, replay: (JSON) throws -> Void) throws {
        self.path = path
        var bytes = (try? AtomicFile.read(path, limit: .max)) ?? []
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        bytes.removeSubrange(end...)
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            do { try replay(try JSON(bytes: line)) } catch {
                throw Refusal(500, "line \(number + 1) of \(path) is damaged: \(error)")
            }
        }
        descriptor = Locked(try Self.opened(path, size: end))
    }

    deinit { _ = descriptor.withLock { close($0) } }

    /// Adds lines, durably and together.
    package func append(_ records: [JSON]) throws {
        guard !records.isEmpty else { return }
        var bytes: [UInt8] = []
        for record in records {
            record.write(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        try descriptor.withLock { descriptor in
            let size = lseek(descriptor, 0, SEEK_END)
            do {
                try Self.write(bytes, to: descriptor, path: path)
                guard fdatasync(descriptor) == 0 else { throw SystemCallError(call: "fdatasync", subject: path) }
            } catch {
                // What is not whole must not stand before the next line.
                _ = ftruncate(descriptor, size)
                throw error
            }
        }
    }

    /// Puts other lines in the place of all, durably: the file has grown past its use.
    package func replace(with records: [JSON]) throws {
        var bytes: [UInt8] = []
        for record in records {
            record.write(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        try descriptor.withLock { descriptor in
            try AtomicFile.write(bytes, to: path)
            let fresh = try Self.opened(path, size: bytes.count)
            close(descriptor)
            descriptor = fresh
        }
    }

    private static func opened(_ path: String, size: Int) throws -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", subject: path) }
        guard ftruncate(descriptor, off_t(size)) == 0 else {
            close(descriptor)
            throw SystemCallError(call: "ftruncate", subject: path)
        }
        return descriptor
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Self.systemWrite(descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemCallError(call: "write", subject: path) }
            rest = rest.dropFirst(count)
        }
    }

    private static func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        #else
            Darwin.write(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }
}
