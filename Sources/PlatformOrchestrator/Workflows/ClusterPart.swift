import PlatformExtensions
import PlatformService

/// A taskserv of a cluster in a submission: `"name:version"`, or an object that also says which nodes have it.
struct ClusterPart: Codable, Sendable, Hashable {
    var taskserv: String
    /// All, if it is left out.
    var on: String?

    enum CodingKeys: String, CodingKey { case taskserv, on }

    init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            taskserv = text
        } else {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            taskserv = try container.decode(String.self, forKey: .taskserv)
            on = try container.decodeIfPresent(String.self, forKey: .on)
        }
    }

    /// The part, checked.
    func part() throws -> ClusterOrder.Part {
        let spelling = on ?? ClusterOrder.Part.Place.all.rawValue
        guard let place = ClusterOrder.Part.Place(rawValue: spelling) else {
            let known = ClusterOrder.Part.Place.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "taskservs: on: \"\(spelling)\" is none of \(known)")
        }
        return ClusterOrder.Part(taskserv: try ExtensionReference(type: .taskserv, parsing: taskserv), on: place)
    }
}
