import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The body of a workflow's submission in either of its forms: with everything side by side, or `{"infra":…,"params":{…}}`
/// as the platform's architecture has it.
struct SubmissionBody: Decodable, Sendable {
    let submission: Submission

    private enum CodingKeys: String, CodingKey { case params }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard container.contains(.params) else {
            submission = try Submission(from: decoder)
            return
        }
        let inner = try container.decode([String: JSONValue].self, forKey: .params)
        var members = try [String: JSONValue](from: decoder)
        members[CodingKeys.params.rawValue] = nil
        for (name, value) in inner {
            guard members[name] == nil else {
                throw PlatformError(.invalid, "\(name): stands in params and beside it; give it once")
            }
            members[name] = value
        }
        var submission = try JSONDecoder().decode(Submission.self, from: JSONEncoder().encode(members))
        submission.isAnsweredByWorkflow = true
        self.submission = submission
    }
}
