// swift-tools-version: 6.2
import PackageDescription

// Fuzzers, apart from the main package: they link only with `--sanitize=fuzzer`. `make fuzz` builds and runs them.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "provisioning-test-fleet", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    ],
    targets: [
        .executableTarget(name: "FuzzCanary", swiftSettings: settings),
        .executableTarget(
            name: "FuzzProtocolLine",
            dependencies: [
                .product(name: "FleetProtocol", package: "provisioning-test-fleet"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings),
    ]
        + ["Journal", "Hosts", "Suite"].map { name in
            .executableTarget(
                name: "Fuzz\(name)",
                dependencies: [
                    .product(name: "FleetCoordinator", package: "provisioning-test-fleet"),
                    .product(name: "FleetModel", package: "provisioning-test-fleet"),
                    .product(name: "FleetScheduling", package: "provisioning-test-fleet"),
                ], swiftSettings: settings)
        }
        + ["SSHConfig", "KnownHosts"].map { name in
            .executableTarget(
                name: "Fuzz\(name)",
                dependencies: [.product(name: "FleetSSH", package: "provisioning-test-fleet")], swiftSettings: settings)
        },
    swiftLanguageModes: [.v6]
)
