// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "provisioning-test-fleet",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "coordinator", targets: ["coordinator"]),
        .executable(name: "agent", targets: ["agent"]),
        .executable(name: "platform", targets: ["platform"]),
        // For the fuzzers and the benchmarks, which are packages of their own.
        .library(name: "FleetCoordinator", targets: ["FleetCoordinator"]),
        .library(name: "FleetModel", targets: ["FleetModel"]),
        .library(name: "FleetProtocol", targets: ["FleetProtocol"]),
        .library(name: "FleetScheduling", targets: ["FleetScheduling"]),
        .library(name: "FleetSSH", targets: ["FleetSSH"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.0.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    ],
    targets: [
        // C libraries: a module map and a shim each.
        .systemLibrary(
            name: "CSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"]), .brew(["libssh2"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .target(name: "CLinux"),
        .target(name: "CPostgres"),

        // The nouns, the contract, and what both sides stand on.
        .target(name: "FleetModel"),
        .target(
            name: "FleetProtocol",
            dependencies: [
                "FleetModel", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
            ], path: "protocol/FleetProtocol"),
        .target(name: "FleetSystem", dependencies: ["CLinux"]),
        .target(name: "FleetNIO", dependencies: [.product(name: "NIOCore", package: "swift-nio")]),
        .target(name: "FleetHTTP", dependencies: ["CCurl", "FleetSystem"]),
        .target(
            name: "FleetSSH",
            dependencies: [
                "CSSH2", "FleetNIO", .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(name: "FleetScheduling", dependencies: ["FleetModel"]),
        .target(name: "FleetReports", dependencies: ["FleetModel"]),

        // The tests of the suite: they meet the platform over the network only.
        .target(name: "InterfaceProfile"),
        .target(
            name: "FleetTestKit",
            dependencies: [
                "FleetModel", "FleetSystem", "FleetHTTP", "InterfaceProfile",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(name: "FleetSuites", dependencies: ["FleetHTTP", "FleetModel", "FleetTestKit", "InterfaceProfile"]),
        // Puts the first data into its services with the clients that tests have.
        .target(
            name: "FleetEnvironments",
            dependencies: ["FleetModel", "FleetSystem", "FleetHTTP", "FleetTestKit", "InterfaceProfile"]),

        // The reference system under test.
        .target(
            name: "PlatformService",
            dependencies: [
                "FleetSystem", "InterfaceProfile", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"), .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "PlatformPostgres",
            dependencies: [
                "CPostgres", "FleetSystem", "PlatformService", .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(
            name: "PlatformAPIServer",
            dependencies: [
                "InterfaceProfile", "PlatformPostgres", "PlatformService",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"), .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "PlatformControlCenter",
            dependencies: [
                "FleetSystem", "InterfaceProfile", "PlatformPostgres", "PlatformService",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"), .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(
            name: "PlatformKMS",
            dependencies: [
                "InterfaceProfile", "PlatformService", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "PlatformExtensions",
            dependencies: [
                "InterfaceProfile", "FleetSystem", "PlatformService",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .target(
            name: "PlatformOrchestrator",
            dependencies: [
                "InterfaceProfile", "FleetSystem", "PlatformExtensions", "PlatformService",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
        .target(
            name: "PlatformRegistry",
            dependencies: [
                "InterfaceProfile", "FleetSystem", "PlatformExtensions", "PlatformService",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .target(
            name: "PlatformCommands",
            dependencies: [
                "InterfaceProfile", "FleetSystem", "PlatformExtensions", "PlatformService",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        // Services of an environment that the host need not have: written to the originals' published interfaces.
        .target(
            name: "BuiltinSupport",
            dependencies: [
                "FleetSystem", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .target(
            name: "BuiltinGitea",
            dependencies: [
                "BuiltinSupport", "FleetSystem", "PlatformService",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(
            name: "BuiltinElasticsearch",
            dependencies: [
                "BuiltinSupport", "FleetSystem", "PlatformService",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "BuiltinGrafana",
            dependencies: [
                "BuiltinSupport", "PlatformService", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .target(
            name: "BuiltinHarbor",
            dependencies: [
                "BuiltinSupport", "FleetSystem", "PlatformService",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "platform",
            dependencies: [
                "BuiltinElasticsearch", "BuiltinGitea", "BuiltinGrafana", "BuiltinHarbor", "PlatformAPIServer",
                "PlatformCommands", "PlatformControlCenter", "PlatformKMS", "PlatformOrchestrator", "PlatformRegistry",
                "PlatformService",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        // The two programs.
        .target(
            name: "FleetAgent",
            dependencies: [
                "FleetModel", "FleetNIO", "FleetProtocol", "FleetSystem", "FleetEnvironments", "FleetTestKit",
                "FleetSuites", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ], path: "agent/FleetAgent"),
        .executableTarget(
            name: "agent",
            dependencies: [
                "FleetAgent", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "agent/agent"),
        .target(
            name: "FleetCoordinator",
            dependencies: [
                "FleetModel", "FleetNIO", "FleetProtocol", "FleetSSH", "FleetSystem", "FleetScheduling",
                "FleetReports", "FleetSuites", "FleetTestKit", "Yams",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ], path: "coordinator/FleetCoordinator"),
        .executableTarget(
            name: "coordinator",
            dependencies: [
                "FleetCoordinator", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "coordinator/coordinator"),

        // Tests, and what only tests may see.
        .target(
            name: "FleetTestSupport",
            dependencies: ["FleetModel", "FleetSystem", .product(name: "NIOCore", package: "swift-nio")]),
        .testTarget(name: "FleetModelTests", dependencies: ["FleetModel"]),
        .testTarget(
            name: "FleetProtocolTests",
            dependencies: [
                "FleetProtocol", "FleetModel", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOTestUtils", package: "swift-nio"),
            ]),
        .testTarget(
            name: "FleetSSHTests",
            dependencies: [
                "FleetSSH", "FleetSystem", "FleetTestSupport", .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "fleet-helper", dependencies: ["FleetSystem", "FleetEnvironments", "FleetModel"],
            path: "Tests/FleetHelper"),
        .testTarget(name: "FleetSystemTests", dependencies: ["FleetSystem", "fleet-helper"]),
        .testTarget(name: "FleetHTTPTests", dependencies: ["FleetHTTP", "FleetSystem", "FleetTestSupport"]),
        .testTarget(name: "FleetReportsTests", dependencies: ["FleetReports", "FleetModel"]),
        .testTarget(name: "FleetSchedulingTests", dependencies: ["FleetScheduling", "FleetModel"]),
        .testTarget(
            name: "FleetEnvironmentsTests",
            dependencies: [
                "FleetEnvironments", "FleetModel", "FleetSystem", "FleetHTTP", "FleetTestKit", "FleetTestSupport",
                "InterfaceProfile", "fleet-helper", "platform",
            ]),
        .testTarget(
            name: "FleetSuitesTests",
            dependencies: [
                "FleetEnvironments", "FleetSuites", "FleetTestKit", "FleetModel", "FleetHTTP", "FleetSystem",
                "FleetTestSupport", "InterfaceProfile", "fleet-helper", "platform",
            ]),
        .testTarget(
            name: "BuiltinTests",
            dependencies: [
                "BuiltinElasticsearch", "BuiltinHarbor", "BuiltinSupport", "FleetSystem", "FleetTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        .testTarget(
            name: "PlatformExtensionsTests",
            dependencies: [
                "PlatformExtensions", "PlatformService", "InterfaceProfile", "FleetSystem", "FleetTestSupport",
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "PlatformTests",
            dependencies: [
                "PlatformControlCenter", "PlatformExtensions", "PlatformOrchestrator", "PlatformPostgres",
                "PlatformService", "platform", "InterfaceProfile", "FleetSystem", "FleetTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "FleetAgentTests",
            dependencies: [
                "FleetAgent", "agent", "platform", "FleetEnvironments", "FleetProtocol", "FleetModel", "FleetSystem",
                "FleetSuites", "FleetTestSupport",
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "FleetCoordinatorTests",
            dependencies: [
                "FleetCoordinator", "FleetProtocol", "FleetModel", "FleetScheduling", "FleetReports", "FleetSSH",
                "FleetSystem", "FleetTestSupport", .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "FleetAgent", "FleetCoordinator", "FleetModel", "FleetProtocol", "FleetScheduling", "FleetSystem",
                "FleetTestSupport", .product(name: "NIOCore", package: "swift-nio"),
            ], path: "Tests/Simulation"),
        .testTarget(name: "StyleTests"),
        .testTarget(
            name: "IntegrationTests", dependencies: ["FleetModel", "FleetSystem", "FleetTestSupport"],
            path: "Tests/Integration"),
    ],
    swiftLanguageModes: [.v6]
)

// Every Swift target of ours obeys the same strict rules; a warning is an error.
for target in package.targets where target.type != .system && !["CLinux", "CPostgres"].contains(target.name) {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .treatAllWarnings(as: .error),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        ]
}
