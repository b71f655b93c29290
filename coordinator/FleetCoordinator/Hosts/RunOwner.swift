#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who starts a run, for the people with whom it shares a host.
enum RunOwner {
    /// User and machine, such as `alice@laptop`; at most 128 bytes of printable ASCII.
    static var text: String {
        let environment = ProcessInfo.processInfo.environment
        let named = environment["SUDO_USER"] ?? environment["USER"] ?? environment["LOGNAME"]
        let user = named ?? ProcessInfo.processInfo.userName
        let machine = ProcessInfo.processInfo.hostName.prefix { $0 != "." }
        return clean("\(user.isEmpty ? "somebody" : user)@\(machine.isEmpty ? "somewhere" : machine)")
    }

    private static func clean(_ text: String) -> String {
        let bytes = text.utf8.map { (33...126).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: bytes.prefix(128), as: UTF8.self)
    }
}
