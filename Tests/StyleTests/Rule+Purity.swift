extension Rule {
    /// Modules that compute and never act, with all that they may import.
    private static let pure: [String: Set<String>] = [
        "FleetModel": [], "FleetScheduling": ["FleetModel"], "FleetReports": ["FleetModel"], "InterfaceProfile": [],
    ]

    /// What a state machine may import: values and bytes. PlatformService has its errors and time stamps.
    private static let machineImports: Set = [
        "PlatformService", "FleetModel", "FleetProtocol", "FleetScheduling", "NIOCore", "FoundationEssentials",
        "Foundation",
    ]

    /// What sees a clock, a socket, a file or chance.
    private static let worldly = [
        "ContinuousClock", "SuspendingClock", "DispatchTime", "Date.now", "Date()", "Task.sleep", "FileManager",
        "FileHandle", "ProcessInfo", "SystemRandomNumberGenerator", "clock_gettime(", "gettimeofday(", "open(",
        "socket(", "getenv(", "ServerBootstrap", "ClientBootstrap", "NIODeadline.now",
    ].map { SwiftLexer($0).tokens.map(\.text) }

    static let purity = [
        Rule(
            name: "pure modules import values only",
            bad: [
                sample("import FleetSystem\n", path: "Sources/FleetReports/Sample.swift"),
                sample("import Glibc\n", path: "Sources/FleetScheduling/Sample.swift"),
            ], good: [sample("public import FleetModel\n", path: "Sources/FleetReports/Sample.swift")]
        ) { file in
            guard file.isSwift, !file.isTest, let allowed = pure[file.module] else { return [] }
            return file.imports.filter { !allowed.contains($0.module) }
                .map { file.finding($0.line, "\(file.module) is pure and does not import \($0.module)") }
        },
        Rule(
            name: "pure code sees no clock, socket or file",
            bad: worldly.map { sample("let it = \($0.joined())\n", path: "Sources/FleetScheduling/Sample.swift") },
            good: [sample("let it = ContinuousClock()\n", path: "Sources/FleetSystem/Sample.swift")]
        ) { file in
            guard file.isSwift, !file.isTest, pure[file.module] != nil || isMachine(file) else { return [] }
            return worldly.flatMap { tokens in
                file.lines(with: tokens).map { line in
                    file.finding(
                        line, "\(tokens.joined()): decide here, act in a shell; take time and chance as values")
                }
            }
        },
        Rule(
            name: "state machines import values only",
            bad: [sample("import NIOPosix\n", path: "agent/FleetAgent/Session/SessionStateMachine.swift")],
            good: [sample("import NIOCore\n", path: "agent/FleetAgent/Session/SessionStateMachine.swift")]
        ) { file in
            guard isMachine(file) else { return [] }
            return file.imports.filter { !machineImports.contains($0.module) }
                .map { file.finding($0.line, "a state machine decides and does not import \($0.module)") }
        },
    ]

    private static func isMachine(_ file: SourceFile) -> Bool {
        file.isSwift && !file.isTest && (file.path.split(separator: "/").last ?? "").contains("StateMachine")
    }
}
