import InterfaceProfile
import PlatformPostgres
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The documented states of an operation.
enum OperationStatus: String, Sendable, Codable, CaseIterable {
    case pending, running, completed, failed, cancelled

    var isFinal: Bool { self != .pending && self != .running }
}

/// What an operation has the orchestrator do.
struct OrchestratorCall: Sendable, Codable, Hashable {
    /// How the orchestrator answers, and where it is asked how far it is.
    enum Kind: String, Sendable, Codable { case task, batch }

    let kind: Kind
    let method: String
    let path: String
    /// Nil or null: none.
    let body: JSONValue?
}

extension OrchestratorCall.Kind {
    /// Where the orchestrator says how far what it called so is; with `/cancel` it ends it.
    func path(_ id: String) -> String {
        switch self {
        case .task: filledPath(InterfaceProfile.standard.paths.task, id)
        case .batch: filledPath(InterfaceProfile.standard.apiServer.orchestratorBatch, id)
        }
    }
}

/// An operation as it is kept.
struct Operation: Sendable {
    let id: String
    /// Who asked for it.
    let owner: String
    let status: OperationStatus
    let createdAt: String
    let updatedAt: String
    let result: JSONValue
    let error: String?
    let call: OrchestratorCall
    /// The orchestrator's own id, once it has answered.
    let remoteID: String?
    /// The session whose rights it is submitted with.
    let session: String?
    /// The session of whoever cancelled it while it was being submitted.
    let cancelledBy: String?

    private static let form = #"'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'"#
    static let columns = """
        id, status, to_char(created_at, \(form)), to_char(updated_at, \(form)), result, error, call, remote_id, \
        owner, session, cancelled_by
        """

    init(_ row: PostgresRow) throws {
        id = row.text(0)
        status = OperationStatus(rawValue: row.text(1)) ?? .failed
        createdAt = row.text(2)
        updatedAt = row.text(3)
        result = try row[4].map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) } ?? .null
        error = row[5]
        call = try JSONDecoder().decode(OrchestratorCall.self, from: Data(row.text(6).utf8))
        remoteID = row[7]
        owner = row.text(8)
        session = row[9]
        cancelledBy = row[10]
    }
}

/// An operation as callers see it: the documented members, null where there is nothing.
struct OperationView: Encodable, Sendable {
    let operation: Operation

    enum CodingKeys: String, CodingKey {
        case id, status, result, error
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(operation.id, forKey: .id)
        try container.encode(operation.status, forKey: .status)
        try container.encode(operation.createdAt, forKey: .createdAt)
        try container.encode(operation.updatedAt, forKey: .updatedAt)
        try container.encode(operation.result, forKey: .result)
        try container.encode(operation.error, forKey: .error)
    }
}
