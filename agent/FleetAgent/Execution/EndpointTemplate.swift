import FleetModel

/// Text in which `{service.property}` stands for an endpoint of the environment.
///
/// Other braces stay as they are, so that `${HOME}` and `{print $1}` of a shell line mean what they always mean.
struct EndpointTemplate {
    /// A placeholder that the environment cannot fill.
    struct UnknownEndpoint: Error, Hashable, CustomStringConvertible {
        var name: String
        var known: [String]

        var description: String {
            guard !known.isEmpty else { return "{\(name)} stands for an endpoint, but the test has no environment" }
            return "the environment has no endpoint {\(name)}; it has \(known.joined(separator: ", "))"
        }
    }

    let text: String

    /// The text with every placeholder replaced.
    func filled(from endpoints: Endpoints) throws(UnknownEndpoint) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            let inner = rest[rest.index(after: open)...]
            guard let close = inner.firstIndex(of: "}"), let (service, property) = Self.name(inner[..<close]) else {
                result.append("{")
                rest = inner
                continue
            }
            guard let value = endpoints[service, property] else {
                throw UnknownEndpoint(name: "\(service).\(property)", known: Self.names(of: endpoints))
            }
            result += value
            rest = inner[inner.index(after: close)...]
        }
        return result + rest
    }

    private static func name(_ text: Substring) -> (String, String)? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(isWord) else { return nil }
        return (String(parts[0]), String(parts[1]))
    }

    private static func isWord(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }

    private static func names(of endpoints: Endpoints) -> [String] {
        endpoints.services.flatMap { service, properties in properties.keys.map { "\(service).\($0)" } }.sorted()
    }
}
