import PlatformService

/// Callers' sessions at the control center. Our tokens name them; the tokens that the control center gave never leave us.
actor Sessions {
    private let store: SessionStore
    private let center: CenterClient
    private let turns = Turns()
    /// What the control center has given and the database could not take yet. A refresh token is good once, so it must not
    /// be lost; nothing is used before it is kept.
    private var unkept: [String: CenterTokens] = [:]

    init(_ store: SessionStore, center: CenterClient) {
        self.store = store
        self.center = center
    }

    /// Keeps a session that has begun at the control center.
    func begin(_ id: String, owner: String, _ tokens: CenterTokens, refreshID: String) async throws {
        try await store.begin(id, owner: owner, tokens, refreshID: refreshID)
    }

    /// An access token of the control center that holds, and is not the one that was refused. Throws `.unauthorised` when
    /// the session has ended, here or there.
    func token(of id: String, instead refused: String? = nil) async throws -> String {
        let tokens = try await store.session(id).tokens
        guard Self.isOver(tokens, refused) else { return tokens.access }
        return try await turns.inTurn(id) {
            // Who came before may have renewed it.
            let tokens = try await self.store.session(id).tokens
            return Self.isOver(tokens, refused) ? try await self.renewed(id, tokens).access : tokens.access
        }
    }

    /// Renews a session at the control center for a refresh token of ours, and makes `next` the one that is good. One that
    /// was used before ends the session: somebody else may have it.
    func refresh(_ id: String, shown: String, next: String) async throws -> CenterTokens {
        try await turns.inTurn(id) {
            let kept = try await self.store.session(id)
            guard kept.refreshID == shown else {
                try await self.end(id)
                throw PlatformError(
                    .unauthorised, "the refresh token was used before; its session has ended, log in again")
            }
            let tokens = try await self.renewed(id, kept.tokens)
            try await self.store.turn(id, refreshID: next)
            return tokens
        }
    }

    /// Ends a session, here and at the control center.
    func end(_ id: String) async throws {
        let kept = try? await store.session(id)
        try await store.remove(id)
        // Without an answer it ends there by itself: nobody has its refresh token any more.
        if let kept { try? await center.logOut(kept.tokens.access) }
    }

    private static func isOver(_ tokens: CenterTokens, _ refused: String?) -> Bool {
        tokens.access == refused || tokens.renewal <= .now()
    }

    private func renewed(_ id: String, _ tokens: CenterTokens) async throws -> CenterTokens {
        let new = try await next(id, tokens)
        unkept[id] = new
        try await store.keep(new, of: id)
        unkept[id] = nil
        return new
    }

    private func next(_ id: String, _ tokens: CenterTokens) async throws -> CenterTokens {
        if let new = unkept[id] { return new }
        do { return try await center.refresh(tokens.refresh) } catch let error as PlatformError
            where error.kind == .unauthorised
        {
            try await store.remove(id)
            throw PlatformError(.unauthorised, "the control center has ended the session; log in again")
        }
    }
}
