extension Rule {
    /// Who may import a module.
    private struct Fence {
        let module: String
        let importers: Set<String>
        let why: String
    }

    private static let fences = [
        Fence(module: "CSSH2", importers: ["FleetSSH"], why: "only FleetSSH imports libssh2"),
        Fence(module: "CCurl", importers: ["FleetHTTP"], why: "only FleetHTTP imports libcurl"),
        Fence(
            module: "CLinux", importers: ["FleetSystem"], why: "only FleetSystem imports the C between fork and exec"),
        Fence(
            module: "CPostgres", importers: ["PlatformPostgres"], why: "only PlatformPostgres imports libpq's functions"
        ),
        Fence(
            module: "Yams", importers: ["FleetCoordinator"], why: "the coordinator parses YAML; the agent stays small"),
        Fence(
            module: "FleetSSH",
            importers: ["FleetCoordinator", "FleetCoordinatorTests", "FleetSSHTests", "Benchmarks", "Fuzz"],
            why: "the coordinator alone speaks SSH"),
    ]

    /// Which modules a module must not import; a trailing `*` stands for any end.
    private static let walls: [(modules: [String], forbidden: [String], why: String)] = [
        (
            ["FleetSuites", "FleetTestKit"], ["Platform*", "Builtin*", "platform", "Hummingbird*"],
            "suites meet the platform over the network, so that a foreign one can be tested"
        ),
        (
            ["FleetAgent", "agent"], ["FleetCoordinator", "coordinator", "FleetScheduling", "FleetReports"],
            "coordinator and agent meet in protocol/ and FleetModel alone"
        ),
        (
            ["FleetCoordinator", "coordinator"], ["FleetAgent", "agent", "FleetEnvironments", "Platform*"],
            "coordinator and agent meet in protocol/ and FleetModel alone"
        ),
        (
            ["Builtin*"], ["PlatformOrchestrator", "PlatformControlCenter", "PlatformAPIServer", "PlatformKMS"],
            "a builtin service stands in for something foreign and knows nothing of the platform's own services"
        ),
        (
            ["Platform*", "Builtin*", "platform"],
            ["FleetSuites", "FleetTestKit", "FleetAgent", "FleetCoordinator", "FleetProtocol"],
            "the system under test knows nothing of the fleet"
        ),
    ]

    static let imports = fences.map(rule) + walls.map(rule) + [testSupport, foundation]

    private static func rule(_ fence: Fence) -> Rule {
        Rule(
            name: "who imports \(fence.module)", bad: [sample("internal import \(fence.module)\n")],
            good: fence.importers.map { sample("import \(fence.module)\n", path: "Sources/\($0)/Sample.swift") }
        ) { file in
            guard file.isSwift, !file.isManifest, !fence.importers.contains(file.module) else { return [] }
            return file.imports.filter { $0.module == fence.module }.map { file.finding($0.line, fence.why) }
        }
    }

    private static func rule(_ wall: (modules: [String], forbidden: [String], why: String)) -> Rule {
        let bad = wall.forbidden.map { name in
            let module = wall.modules[0].replacing("*", with: "Orchestrator")
            return sample(
                "import \(name.replacing("*", with: "Orchestrator"))\n", path: "Sources/\(module)/Sample.swift")
        }
        return Rule(name: "what \(wall.modules[0]) imports", bad: bad, good: [sample("import FleetModel\n")]) { file in
            guard file.isSwift, !file.isTest, wall.modules.contains(where: { matches(file.module, $0) }) else {
                return []
            }
            return file.imports.filter { found in wall.forbidden.contains { matches(found.module, $0) } }
                .map { file.finding($0.line, "\(file.module) imports \($0.module): \(wall.why)") }
        }
    }

    private static let testSupport = Rule(
        name: "FleetTestSupport is for tests", bad: [sample("import FleetTestSupport\n")],
        good: [sample("import FleetTestSupport\n", path: "Tests/FleetSSHTests/Sample.swift")]
    ) { file in
        guard file.isSwift, !file.isTest, !file.isManifest else { return [] }
        return file.imports.filter { $0.module == "FleetTestSupport" }
            .map { file.finding($0.line, "only tests import FleetTestSupport") }
    }

    /// Full Foundation brings ICU along: 7 MB in every agent that is pushed.
    private static let foundation = Rule(
        name: "FoundationEssentials suffices", bad: [sample("import Foundation\n")],
        good: [
            sample(
                "#if canImport(FoundationEssentials)\nimport FoundationEssentials\n#else\nimport Foundation\n#endif\n"),
            sample("import Foundation\n", path: "Tests/StyleTests/Sample.swift"),
        ]
    ) { file in
        guard file.isSwift, !file.isTest, !file.isManifest else { return [] }
        return file.imports.filter { $0.module == "Foundation" }.compactMap { found in
            let above = file.lines[..<(found.line - 1)].last { !$0.contains("import ") } ?? ""
            return above.hasPrefix("#else")
                ? nil : file.finding(found.line, "import FoundationEssentials, and Foundation only where there is none")
        }
    }

    private static func matches(_ name: String, _ pattern: String) -> Bool {
        pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }
}
