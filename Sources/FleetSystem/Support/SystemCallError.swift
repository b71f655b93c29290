#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A system call that failed: which one, on what, and why.
public struct SystemCallError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call, such as `open`.
    public var call: String
    /// What it was applied to, mostly a path.
    public var subject: String
    /// The error number of the system.
    public var code: Int32

    /// Describes the call that failed last on this thread.
    public init(call: String, subject: String) {
        self.init(call: call, subject: subject, code: errno)
    }

    /// Describes a failed call.
    public init(call: String, subject: String, code: Int32) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    /// One sentence.
    public var description: String { "\(call) of \(subject) failed: \(SystemCallError.text(of: code))" }

    /// The system's words for an error number.
    public static func text(of code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
