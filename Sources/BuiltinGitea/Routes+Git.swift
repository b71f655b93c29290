import BuiltinSupport
import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Gitea {
    /// Git over HTTP, the smart protocol.
    func gitRoutes() -> [Route] {
        [
            Route("GET /{owner}/{repo}/info/refs") { call in
                guard let service = call.query["service"], ["git-upload-pack", "git-receive-pack"].contains(service)
                else { throw Refusal(403, "only the smart protocol is spoken here") }
                let type = "application/x-\(service)-advertisement"
                return try await self.git(call, "info/refs", writes: service == "git-receive-pack", type: type)
            },
            Route("POST /{owner}/{repo}/git-upload-pack") { call in
                try await self.git(call, "git-upload-pack", writes: false, type: "application/x-git-upload-pack-result")
            },
            Route("POST /{owner}/{repo}/git-receive-pack") { call in
                try await self.git(
                    call, "git-receive-pack", writes: true, type: "application/x-git-receive-pack-result")
            },
        ]
    }

    private func git(_ call: Call, _ path: String, writes: Bool, type: String) async throws -> Response {
        if path != "info/refs", call.header("Content-Type") != "application/x-\(path)-request" {
            throw Refusal(415, "the body is no request of git's")
        }
        let caller = try caller(call)
        try caller?.check(.repository, writes: writes)
        let found: RepositoryCall
        do { found = try repositoryCall(call, caller) } catch let refusal as Refusal where refusal.status == 404 {
            // Who did not log in is asked to, so that nobody learns which private repositories there are.
            throw caller == nil ? Refusal(401, "log in") : refusal
        }
        try found.require(writes ? .write : .read)
        if writes, found.repository.isArchived { throw Refusal(403, "the repository is archived") }
        let report = "\(directory)/spool/\(UUID().uuidString)"
        let backend = GitBackend(
            directory: found.git.directory, path: path, call: call, user: caller?.account.login, report: report)
        let body = ResponseBody { writer in
            defer { try? FileManager.default.removeItem(atPath: report) }
            try await backend.run(&writer)
            if path == "git-receive-pack", let account = caller?.account {
                try await self.moved(Self.moves(report), found, by: account)
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-cache, max-age=0, must-revalidate"],
            body: body)
    }

    private static func moves(_ report: String) -> [Move] {
        let text = FileManager.default.contents(atPath: report).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 2).map(String.init)
            return fields.count == 3 ? Move(reference: fields[2], old: fields[0], new: fields[1]) : nil
        }
    }
}
