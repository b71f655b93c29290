import Crypto
import FleetModel
import FleetProtocol

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files of a suite as one tar file, named by its hash.
public struct SuitePack: Hashable, Sendable {
    /// Where it is: `DIRECTORY/SHA.tar`.
    public var path: String
    /// Its SHA-256, 64 hexadecimal digits.
    public var sha256: String
    /// Its size in bytes.
    public var size: Int
}

/// Why a pack could not be written.
public struct SuitePackError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, what happened, and what to do.
    public var description: String
}

extension LoadedSuite {
    /// Writes the suite's files into `directory` and names the pack in every test; without files nothing is written.
    ///
    /// The same files give the same bytes, and so the same name, on every machine.
    ///
    /// - Throws: `SuitePackError` when a file cannot be read or has changed, or the pack cannot be written.
    public func packed(into directory: String) throws(SuitePackError) -> (suite: LoadedSuite, pack: SuitePack?) {
        guard !files.isEmpty else { return (self, nil) }
        let pack = try SuitePacker.write(files, into: directory)
        var suite = self
        suite.tests = tests.map { test in
            guard case .command(var command) = test.kind else { return test }
            command.pack = pack.sha256
            var test = test
            test.kind = .command(command)
            return test
        }
        return (suite, pack)
    }
}

/// Writes a pack, file by file, without ever holding one in memory.
struct SuitePacker: ~Copyable {
    private let descriptor: Int32
    private let temporary: String
    private var hash = SHA256()
    private var size = 0

    /// Writes all files, in their order, and gives the pack its name.
    static func write(_ files: [SuiteMember], into directory: String) throws(SuitePackError) -> SuitePack {
        var packer = try SuitePacker(directory)
        for file in files { try packer.add(file) }
        try packer.put(TarWriter.end)
        return try packer.finish(directory)
    }

    private init(_ directory: String) throws(SuitePackError) {
        let temporary = "\(directory)/.pack-\(getpid())-\(UInt64.random(in: .min ... .max)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SuitePackError(description: "cannot write a pack into \(directory): \(InputFile.reason(errno))")
        }
        self.temporary = temporary
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
        // Gone already when the pack got its name.
        unlink(temporary)
    }

    private mutating func add(_ file: SuiteMember) throws(SuitePackError) {
        func fail(_ what: String) -> SuitePackError {
            SuitePackError(description: "cannot pack \(file.source): \(what)")
        }
        let input = open(file.source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw fail(InputFile.reason(errno)) }
        defer { close(input) }
        try put(TarWriter.header(path: file.path, mode: file.mode, size: file.size))
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        var left = file.size
        while true {
            let count = read(input, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fail(InputFile.reason(errno)) }
            if count == 0 { break }
            left -= count
            guard left >= 0 else { break }
            try put(Array(chunk[..<count]))
        }
        guard left == 0 else { throw fail("it changed meanwhile; leave it alone and try again") }
        try put(TarWriter.padding(after: file.size))
    }

    private mutating func put(_ bytes: [UInt8]) throws(SuitePackError) {
        hash.update(data: bytes)
        size += bytes.count
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeBytes(descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw SuitePackError(description: "cannot write \(temporary): \(InputFile.reason(errno)); make room")
            }
            rest = rest.dropFirst(count)
        }
    }

    private func finish(_ directory: String) throws(SuitePackError) -> SuitePack {
        let digest = Hexadecimal.encode(hash.finalize())
        let path = "\(directory)/\(digest).tar"
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            throw SuitePackError(description: "cannot write \(path): \(InputFile.reason(errno))")
        }
        return SuitePack(path: path, sha256: digest, size: size)
    }
}

/// `write` of the C library: inside `SuitePacker` the name means something else.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
