import InterfaceProfile

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension PrometheusPage {
    /// Adds what this process uses, under the names that Prometheus' own libraries have for it; nothing without `/proc`.
    public mutating func addProcess() {
        let names = InterfaceProfile.standard.processMetrics
        guard let text = FileManager.default.contents(atPath: "/proc/self/stat"),
            let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        else { return }
        // The name of the program, in parentheses, may hold anything; the third field follows it.
        let fields = String(decoding: text, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let pages = Double(fields[21])
        else { return }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        add(names.processorSeconds, .counter, "Processor seconds used.", (user + system) / ticks)
        add(names.memory, .gauge, "Resident memory in bytes.", pages * Double(sysconf(Int32(_SC_PAGESIZE))))
        // The directory that was read is one of them.
        add(names.descriptors, .gauge, "Open file descriptors.", Double(open.count - 1))
    }
}
