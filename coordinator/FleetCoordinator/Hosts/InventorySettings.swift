import FleetModel

/// The `key=value` words of one line of hosts.txt.
struct InventorySettings {
    /// The keys that something obeys.
    enum Key: String, CaseIterable {
        case slots, environments, identity, driver, modes, workdir, labels, address, speed, memory, nice
    }

    let home: String?
    private var seen: Set<Key> = []
    /// The keys whose values could not be read; what depends on them is not judged.
    private var broken: Set<Key> = []
    private var slots = 1
    private var environments = 1
    private var identity: String?
    private var driver: Driver?
    private var modes: Set<Mode>?
    private var workdir: String?
    private var labels: [String] = []
    private var address: String?
    private var speed = 1.0
    private var memory: Int?
    private var niceness = 0

    init(home: String?) { self.home = home }

    /// Reads one word.
    mutating func take(_ word: Substring) throws(InventoryFault) {
        let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
        guard let equals = word.firstIndex(of: "="), equals > word.startIndex else {
            let message = "\(InputError.quote(word)) is not key=value"
            throw InventoryFault(message: message, advice: "one line names one host; the keys are \(known)")
        }
        let name = String(word[..<equals])
        let value = word[word.index(after: equals)...]
        guard let key = Key(rawValue: name) else {
            let message = "there is no key \(InputError.quote(name))"
            throw InventoryFault(message: message, advice: "the keys are \(known)")
        }
        guard seen.insert(key).inserted else {
            throw InventoryFault(message: "\(name) is given twice", advice: "remove one of the two")
        }
        do {
            try set(key, value)
        } catch {
            broken.insert(key)
            let offset = word.unicodeScalars.distance(from: word.startIndex, to: value.startIndex)
            throw InventoryFault(message: error.message, advice: error.advice, offset: offset)
        }
    }

    private mutating func set(_ key: Key, _ value: Substring) throws(InventoryFault) {
        switch key {
        case .slots: slots = try number(key, value)
        case .environments: environments = try number(key, value)
        case .identity: identity = try path(key, value, allowingRelative: true)
        case .workdir: workdir = try path(key, value, allowingRelative: false)
        case .driver: driver = try offeredDriver(value)
        case .modes: modes = try modeList(value)
        case .labels: labels = try InventoryValues.labels(value)
        case .address: address = try InventoryValues.address(value)
        case .speed: speed = try InventoryValues.speed(value)
        case .memory: memory = try InventoryValues.memory(value)
        case .nice: niceness = try InventoryValues.niceness(value)
        }
    }

    private func number(_ key: Key, _ value: Substring) throws(InventoryFault) -> Int {
        let isDigits = !value.isEmpty && value.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        guard isDigits, let number = Int(value), (1...256).contains(number) else {
            let message = "\(key.rawValue) cannot be \(InputError.quote(value))"
            throw InventoryFault(message: message, advice: "write a whole number from 1 to 256")
        }
        return number
    }

    private func offeredDriver(_ value: Substring) throws(InventoryFault) -> Driver {
        if let driver = Driver(rawValue: String(value)) { return driver }
        let message = "there is no driver \(InputError.quote(value))"
        throw InventoryFault(message: message, advice: "write process, namespace, container or external")
    }

    private func modeList(_ value: Substring) throws(InventoryFault) -> Set<Mode> {
        let names = Mode.allCases.map(\.rawValue).joined(separator: ",")
        var modes: Set<Mode> = []
        for word in value.split(separator: ",", omittingEmptySubsequences: false) {
            guard let mode = Mode(rawValue: String(word)) else {
                let message = "there is no mode \(InputError.quote(word))"
                throw InventoryFault(message: message, advice: "write some of \(names), with commas and without blanks")
            }
            modes.insert(mode)
        }
        return modes
    }

    private func path(_ key: Key, _ value: Substring, allowingRelative: Bool) throws(InventoryFault) -> String {
        let isPrintable = value.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard isPrintable, !value.isEmpty else {
            let message = "\(key.rawValue) cannot be \(InputError.quote(value))"
            throw InventoryFault(message: message, advice: "write the path of a file or folder")
        }
        if allowingRelative, value.hasPrefix("~/"), let home { return home + value.dropFirst() }
        guard allowingRelative || value.hasPrefix("/") || value.hasPrefix("~/") else {
            let message = "\(key.rawValue) cannot be \(InputError.quote(value))"
            throw InventoryFault(message: message, advice: "write a path that begins with / or ~/")
        }
        guard !value.split(separator: "/").contains("..") || allowingRelative else {
            throw InventoryFault(message: "\(key.rawValue) contains ..", advice: "write the path without it")
        }
        return String(value)
    }

    /// What cannot be true together, and the key to blame.
    func contradiction(isLocal: Bool) -> (key: String, message: String, advice: String)? {
        if broken.isDisjoint(with: [.slots, .environments]), !slots.isMultiple(of: environments) {
            let message = "slots (\(slots)) is not a multiple of environments (\(environments))"
            return (
                seen.contains(.slots) ? "slots" : "environments", message,
                "choose slots as a multiple: the environments share them equally"
            )
        }
        if isLocal, identity != nil {
            return ("identity", "local is reached without SSH and takes no identity", "remove it")
        }
        return nil
    }

    /// Writes the settings into a host.
    func apply(to host: inout HostSpecification) {
        host.slots = slots
        host.environments = environments
        host.identity = identity
        host.driver = driver
        host.modes = modes
        host.workdir = workdir
        host.labels = labels
        host.address = address
        host.speed = speed
        host.memory = memory
        host.niceness = niceness
    }
}
