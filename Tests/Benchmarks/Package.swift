// swift-tools-version: 6.2
import PackageDescription

// What `make bench` measures from inside a program of ours. A package of its own, because it sees the coordinator's
// internals: all of it is built with `-enable-testing`, which no program that we ship should be.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "provisioning-test-fleet", path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    ],
    targets: [
        .executableTarget(
            name: "FleetBench",
            dependencies: [
                .product(name: "FleetCoordinator", package: "provisioning-test-fleet"),
                .product(name: "FleetModel", package: "provisioning-test-fleet"),
                .product(name: "FleetProtocol", package: "provisioning-test-fleet"),
                .product(name: "FleetScheduling", package: "provisioning-test-fleet"),
                .product(name: "FleetSSH", package: "provisioning-test-fleet"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings)
    ],
    swiftLanguageModes: [.v6]
)
