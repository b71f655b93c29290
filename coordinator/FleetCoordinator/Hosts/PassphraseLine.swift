/// A secret that somebody types, byte by byte.
struct PassphraseLine {
    /// What the last byte meant.
    enum Event: Equatable {
        case more
        case done
        /// They want to give none (Ctrl-D on an empty line).
        case declined
        /// They want to end the program (Ctrl-C).
        case interrupted
    }

    /// No passphrase is longer; what comes after is dropped.
    static let mostBytes = 1024

    private(set) var bytes: [UInt8] = []

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func type(_ byte: UInt8) -> Event {
        switch byte {
        case 10, 13: return .done
        case 3: return .interrupted
        case 4: return bytes.isEmpty ? .declined : .done
        case 8, 127:
            // One character, whatever its length in UTF-8.
            while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
        case 21: bytes = []
        default: if bytes.count < Self.mostBytes { bytes.append(byte) }
        }
        return .more
    }
}
