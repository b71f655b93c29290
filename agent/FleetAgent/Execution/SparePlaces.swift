import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The private directories of attempts that left them as they found them, for attempts to come.
///
/// Making and removing five directories costs a short test more than all else that the agent does for it.
final class SparePlaces: Sendable {
    private let directory: String
    /// The numbers of those that are there.
    private let state = Locked((spares: [Int](), next: 0))
    private static let limit = 64

    /// Keeps them below that directory, which is made when the first one comes.
    init(_ directory: String) { self.directory = directory }

    /// Takes over a place in which nothing runs any more; false when the attempt left something there, or anything
    /// else speaks against it.
    func keep(_ place: AttemptPlace) -> Bool {
        _ = unlink(place.credentials)
        guard place.isUntouched else { return false }
        let number = state.withLock { state -> Int? in
            guard state.spares.count < Self.limit else { return nil }
            state.next += 1
            return state.next
        }
        guard let number, moved(place.root, to: path(number)) else { return false }
        state.withLock { $0.spares.append(number) }
        return true
    }

    /// Puts a spare place where nothing is yet; false when there is none.
    func take(to root: String) -> Bool {
        guard let number = state.withLock({ $0.spares.popLast() }) else { return false }
        return rename(path(number), root) == 0
    }

    private func moved(_ root: String, to spare: String) -> Bool {
        if rename(root, spare) == 0 { return true }
        guard errno == ENOENT, mkdir(directory, 0o700) == 0 else { return false }
        return rename(root, spare) == 0
    }

    private func path(_ number: Int) -> String { "\(directory)/\(number)" }
}

extension AttemptPlace {
    /// Whether the four directories are there, empty and only ours, and nothing else is.
    fileprivate var isUntouched: Bool {
        var rooted = stat()
        guard lstat(root, &rooted) == 0, (try? DirectoryTree.names(in: root)) == Self.names else { return false }
        return Self.names.allSatisfy { name in
            var status = stat()
            // What is mounted there, or put there in its place, is not what was made.
            guard lstat("\(root)/\(name)", &status) == 0, status.st_mode == S_IFDIR | 0o700,
                status.st_uid == geteuid(), status.st_dev == rooted.st_dev
            else { return false }
            return (try? DirectoryTree.names(in: "\(root)/\(name)")) == []
        }
    }

    private static let names = ["artifacts", "home", "tmp", "work"]
}
