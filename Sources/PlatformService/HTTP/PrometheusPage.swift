public import Hummingbird

/// A metrics page in Prometheus' text format, version 0.0.4.
public struct PrometheusPage: Sendable {
    /// What a metric is.
    public enum Kind: String, Sendable {
        /// Only grows, from zero at the start of the program.
        case counter
        /// Goes up and down.
        case gauge
    }

    /// One value of a metric.
    public struct Sample: Sendable {
        let value: Double
        let labels: [(name: String, value: String)]

        /// A value with labels, in the order in which they are written.
        public init(_ value: Double, labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
        }
    }

    /// What has been added, in lines.
    public private(set) var text = ""

    /// An empty page.
    public init() {}

    /// Adds a metric with one sample.
    public mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        add(name, kind, help, samples: [Sample(value)])
    }

    /// Adds a metric with its samples. Label values may hold anything; names and `help` are ours.
    public mutating func add(_ name: String, _ kind: Kind, _ help: String, samples: [Sample]) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.value)\n"
        }
    }

    /// The page as an answer.
    public var response: Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }
}
