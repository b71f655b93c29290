import InterfaceProfile

/// The platform refused a request, with what it said.
public struct PlatformRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Method and path.
    public var request: String
    /// The HTTP status.
    public var status: Int
    /// What the platform says is wrong.
    public var message: String

    /// One sentence.
    public var description: String { "\(request) answered \(status): \(message)" }
}

/// An answer of the platform that does not have the form that the profile says.
public struct UnexpectedAnswer: Error, Hashable, Sendable, CustomStringConvertible {
    /// Method and path.
    public var request: String
    /// What is wrong with the answer.
    public var reason: String
    /// The answer itself, its beginning.
    public var body: String

    /// One sentence with the beginning of the answer.
    public var description: String { "\(request): \(reason); the answer was: \(body)" }
}

/// One answer of the platform: reads both envelopes and both error shapes of the published pages.
struct Answer: Sendable {
    let response: WebResponse
    let profile: InterfaceProfile

    /// What the answer carries: `data` of the envelope, or the whole body where there is no envelope.
    ///
    /// - Throws: `PlatformRefusal` for an error in either shape, `UnexpectedAnswer` for what is no JSON.
    func payload() throws -> JSONValue {
        let names = profile.fields.envelope
        guard let body = JSONValue(bytes: response.body) else {
            guard (200..<300).contains(response.status) else { throw refusal(text) }
            throw unexpected("the body is not JSON")
        }
        let isSuccess = body[names.success]?.bool
        guard (200..<300).contains(response.status), isSuccess != false else { throw refusal(message(in: body)) }
        guard isSuccess != nil else { return body }
        return body[names.data] ?? .null
    }

    /// Whether the body is an error in one of the platform's two shapes.
    var isPlatformError: Bool {
        guard let body = JSONValue(bytes: response.body) else { return false }
        return body[profile.fields.envelope.success]?.bool == false || body[profile.fields.envelope.error] != nil
    }

    /// A member that must be a string.
    func text(_ value: JSONValue, _ name: String) throws -> String {
        guard let text = value[name]?.string else { throw unexpected("there is no string “\(name)”") }
        return text
    }

    /// The elements of a list, which may stand alone or be the only list of an object.
    func elements(_ value: JSONValue) throws -> [JSONValue] {
        if let array = value.array { return array }
        if case .object(let members) = value {
            let arrays = members.values.compactMap(\.array)
            if arrays.count == 1 { return arrays[0] }
        }
        throw unexpected("there is no list")
    }

    /// The id of a submitted task: a bare string, or a member of an object.
    func taskID(_ value: JSONValue) throws -> String {
        if let id = value.string { return id }
        for name in profile.fields.envelope.taskIDs {
            if let id = value[name]?.string { return id }
        }
        throw unexpected("there is no id of a task")
    }

    /// Says what is wrong with the form of the answer.
    func unexpected(_ reason: String) -> UnexpectedAnswer {
        UnexpectedAnswer(request: response.request, reason: reason, body: text)
    }

    private func refusal(_ message: String) -> PlatformRefusal {
        PlatformRefusal(request: response.request, status: response.status, message: message)
    }

    /// `{"error":"words"}`, or `{"error":"CODE","message":"words"}`.
    private func message(in body: JSONValue) -> String {
        let parts = [body[profile.fields.envelope.error]?.string, body["message"]?.string].compactMap(\.self)
        return parts.isEmpty ? text : parts.joined(separator: ": ")
    }

    private var text: String { String(String(decoding: response.body.prefix(600), as: UTF8.self)) }
}
