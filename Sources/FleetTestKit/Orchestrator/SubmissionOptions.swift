import InterfaceProfile

/// What a submission may say beside its servers; what is left out is the platform's choice.
public struct SubmissionOptions: Hashable, Sendable {
    /// Where new servers come from.
    public var provider: String?
    /// The workspace that they belong to.
    public var workspace: String?
    /// `development`, `staging` or `production`.
    public var environment: String?
    /// The higher the sooner.
    public var priority: Int?
    /// Ids of tasks that must be completed first.
    public var dependencies: [String] = []
    /// How often a failing task is tried.
    public var maximumAttempts: Int?
    /// Whether the answer comes when the task has ended.
    public var waits = false
    /// The approval that the submission refers to.
    public var approval: String?

    /// Says nothing.
    public init() {}

    /// A submission that waits for others.
    public static func after(_ tasks: String...) -> SubmissionOptions {
        var options = SubmissionOptions()
        options.dependencies = tasks
        return options
    }

    /// The members of the submission's body.
    func members(_ fields: FieldNames.Submission) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        members[fields.provider] = provider.map(JSONValue.string)
        members[fields.workspace] = workspace.map(JSONValue.string)
        members[fields.environment] = environment.map(JSONValue.string)
        members[fields.priority] = priority.map(JSONValue.integer)
        members[fields.maximumAttempts] = maximumAttempts.map(JSONValue.integer)
        members[fields.approval] = approval.map(JSONValue.string)
        if !dependencies.isEmpty { members[fields.dependencies] = .array(dependencies.map(JSONValue.string)) }
        if waits { members[fields.wait] = true }
        return members
    }
}
