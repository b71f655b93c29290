import FleetSystem
import FleetTestSupport
import Foundation
import Logging
import Testing

@testable import PlatformOrchestrator
@testable import PlatformService

struct SecretTests {
    /// A store whose clock is turned by hand.
    private func with(
        _ body: (SecretStore, Locked<Timestamp>, _ directory: String) async throws -> Void
    ) async throws {
        let directory = try TestService.temporaryDirectory("secrets")
        defer { _ = DirectoryTree.remove(directory) }
        let clock = Locked(Timestamp(Date(timeIntervalSince1970: 1_000_000)))
        try FileManager.default.createDirectory(
            atPath: "\(directory)/servers/web/etc", withIntermediateDirectories: true)
        let store = try SecretStore(
            directory: "\(directory)/secrets", servers: "\(directory)/servers", source: SecretSource(openBao: nil),
            settings: SecretSettings(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            serverID: { $0 == "web" ? "1" : nil }, now: { clock.withLock { $0 } })
        try await body(store, clock, directory)
    }

    private func wish(_ type: SecretType, _ seconds: Int) -> SecretStore.Wish {
        .init(type: type, seconds: seconds, owner: "ada", workspace: "shop", purpose: "test")
    }

    @Test(arguments: [
        (SecretType.ssh, 600, 86_400, false), (.aws, 900, 43_200, true), (.upcloud, 1800, 28_800, false),
        (.temporalKey, 300, 86_400, false),
    ])
    func livesAreAsLongAsDocumented(type: SecretType, shortest: Int, longest: Int, isRenewable: Bool) async throws {
        try await with { store, clock, _ in
            for seconds in [shortest - 1, longest + 1, 0, -1] {
                await #expect(throws: PlatformError.self) { try await store.generate(wish(type, seconds)) }
            }
            _ = try await store.generate(wish(type, longest))
            let (record, credentials) = try await store.generate(wish(type, shortest))
            #expect(!credentials.isEmpty && record.type.isRenewable == isRenewable)
            #expect(record.expiresAt.seconds(since: record.createdAt) == Double(shortest))
            clock.withLock { $0 = $0.advanced(seconds: Double(shortest) - 1) }
            #expect(try await store.credentials(of: record.id) == credentials)
            if isRenewable {
                let renewed = try await store.renew(record.id, seconds: shortest)
                #expect(renewed.expiresAt.seconds(since: record.expiresAt) == Double(shortest) - 1)
                clock.withLock { $0 = $0.advanced(seconds: Double(shortest) - 1) }
            } else {
                let error = await #expect(throws: PlatformError.self) {
                    try await store.renew(record.id, seconds: shortest)
                }
                #expect(error?.kind == .conflict)
            }
            clock.withLock { $0 = $0.advanced(seconds: 1) }
            #expect(try await store.record(record.id).status == .expired)
            #expect(try await store.credentials(of: record.id) == nil)
            #expect(await store.cleanUp() == 1)
            #expect(await store.cleanUp() == 0)
            await #expect(throws: PlatformError.self) { try await store.revoke(record.id, reason: nil) }
        }
    }

    @Test func noFileHoldsASecret() async throws {
        try await with { store, _, directory in
            for type in [SecretType.ssh, .aws, .upcloud, .temporalKey] {
                let (record, credentials) = try await store.generate(wish(type, 3600))
                let text = String(
                    decoding: try AtomicFile.read("\(directory)/secrets/\(record.id).json"), as: UTF8.self)
                for name in ["private_key", "secret_access_key", "session_token", "password"] {
                    if let secret = credentials[name] { #expect(!text.contains(secret.prefix(60)), "\(type) \(name)") }
                }
                if type == .aws || type == .upcloud { #expect(credentials["simulated"] == "true") }
            }
        }
    }

    @Test func keysLieOnServersAsLongAsTheyLive() async throws {
        try await with { store, clock, directory in
            let file = "\(directory)/servers/web/etc/temporary_keys"
            let first = try await store.generate(wish(.temporalKey, 300)).0
            let second = try await store.generate(wish(.temporalKey, 600)).0
            let other = try await store.generate(wish(.ssh, 600)).0
            for key in [first, second] { _ = try await store.deploy(key.id, to: "web", serverID: "1") }
            await #expect(throws: PlatformError.self) { try await store.deploy(other.id, to: "web", serverID: "1") }
            let text = { String(decoding: try AtomicFile.read(file), as: UTF8.self) }
            #expect(
                try text().contains("expiry-time=\"19700112135140Z\" \(first.publicKey ?? "-") temporary-\(first.id)\n")
            )
            clock.withLock { $0 = $0.advanced(seconds: 300) }
            #expect(await store.cleanUp() == 1)
            #expect(try !text().contains(first.id) && text().contains(second.id))
            let revoked = try await store.revoke(second.id, reason: "no longer")
            #expect(try text().isEmpty && revoked.status == .revoked && revoked.reason == "no longer")
        }
    }

    @Test func aKeyOfAServerThatHasGoneDoesNotOpenItsNamesake() async throws {
        try await with { store, _, directory in
            let old = try await store.generate(wish(.temporalKey, 600)).0
            let new = try await store.generate(wish(.temporalKey, 600)).0
            _ = try await store.deploy(old.id, to: "web", serverID: "0")
            _ = try await store.deploy(new.id, to: "web", serverID: "1")
            let text = String(
                decoding: try AtomicFile.read("\(directory)/servers/web/etc/temporary_keys"), as: UTF8.self)
            #expect(text.contains(new.id) && !text.contains(old.id))
        }
    }

    @Test func keysAreThoseOfOpenSSH() async throws {
        let directory = try TestService.temporaryDirectory("key")
        defer { _ = DirectoryTree.remove(directory) }
        for number in 0..<4 {
            // Comments of different lengths need different fillers.
            let key = OpenSSHKey(comment: String(repeating: "x", count: number * 3))
            let file = "\(directory)/key\(number)"
            try AtomicFile.write(key.privateKey.utf8, to: file)
            let derived = try await Program.run("/usr/bin/ssh-keygen", ["-y", "-f", file])
            #expect(derived.status == .exited(0) && derived.output.hasPrefix(key.publicKey), "\(derived.output)")
            let shown = try await Program.run("/usr/bin/ssh-keygen", ["-l", "-f", file])
            #expect(shown.output.contains(" \(key.fingerprint) "), "\(shown.output)")
        }
    }

    @Test func withoutOpenBaoThereAreNoVaultTokens() async throws {
        try await with { store, _, _ in
            let error = await #expect(throws: PlatformError.self) { try await store.generate(wish(.vault, 600)) }
            #expect(error?.kind == .unavailable)
        }
    }
}
