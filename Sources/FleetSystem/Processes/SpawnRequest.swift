import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A specification as C sees it; its strings live as long as it does.
final class SpawnRequest {
    private var request = fleet_spawn_request()
    private let executable: UnsafeMutablePointer<CChar>?
    private let directory: UnsafeMutablePointer<CChar>?
    private let hostname: UnsafeMutablePointer<CChar>?
    private let arguments: CStringArray
    private let environment: CStringArray
    private let keptPaths: CStringArray
    private let descriptors: [fleet_descriptor]

    init(_ specification: ProcessSpecification, executable path: String, table: [Int32: Int32]) {
        executable = strdup(path)
        directory = specification.workingDirectory.flatMap { strdup($0) }
        arguments = CStringArray([specification.executable] + specification.arguments)
        environment = CStringArray(specification.environment.map { "\($0.key)=\($0.value)" }.sorted())
        descriptors = table.sorted { $0.key < $1.key }.map { fleet_descriptor(child: $0.key, ours: $0.value) }
        request.starts_session = specification.startsSession ? 1 : 0
        request.ends_with_parent = specification.endsWithParent ? 1 : 0
        request.niceness = Int32(clamping: specification.niceness)
        switch specification.namespaces {
        case .none:
            hostname = nil
            keptPaths = CStringArray([])
        case .create(let setup):
            hostname = setup.hostname.flatMap { strdup($0) }
            keptPaths = CStringArray(setup.keptPaths.prefix(Int(FLEET_MAXIMUM_KEPT_PATHS)).map(resolved))
            request.namespaces = Int32(FLEET_NAMESPACES_CREATE.rawValue)
            request.maps_user = NamespaceSupport.needsUserNamespace ? 1 : 0
            request.user = geteuid()
            request.group = getegid()
            request.private_tmp = setup.privateTemporary ? 1 : 0
            request.private_run = setup.privateRun ? 1 : 0
        case .join(let processID):
            hostname = nil
            keptPaths = CStringArray([])
            request.namespaces = Int32(FLEET_NAMESPACES_JOIN.rawValue)
            request.join_user = NamespaceSupport.sharesUserNamespace(with: processID) ? 0 : 1
        }
    }

    deinit {
        free(executable)
        free(directory)
        free(hostname)
    }

    func withRequest(join pidfd: Int32, _ body: (inout fleet_spawn_request) -> Void) {
        descriptors.withUnsafeBufferPointer { descriptors in
            request.executable = UnsafePointer(executable)
            request.directory = directory.map { UnsafePointer($0) }
            request.hostname = hostname.map { UnsafePointer($0) }
            request.arguments = UnsafePointer(arguments.pointer)
            request.environment = UnsafePointer(environment.pointer)
            request.kept_paths = keptPaths.constant
            request.kept_path_count = Int32(keptPaths.count)
            request.descriptors = descriptors.baseAddress
            request.descriptor_count = Int32(descriptors.count)
            request.join_pidfd = pidfd
            body(&request)
        }
        withExtendedLifetime(self) {}
    }
}

// The path without links, so that it is known whether it lies below a directory that will be covered.
private func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
}

/// A list of strings that ends with a null pointer.
final class CStringArray {
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointer = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { (pointer + index).initialize(to: strdup(string)) }
        (pointer + strings.count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointer[index]) }
        pointer.deallocate()
    }

    // The same list for a C declaration whose strings are constant.
    var constant: UnsafePointer<UnsafePointer<CChar>?> {
        UnsafeRawPointer(pointer).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    }
}
