import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Removes directories with all that is in them.
///
/// Links are removed, never followed. What is mounted inside is never entered, also when it is a part of the same file
/// system that was mounted a second time; it is detached where we may, else named. However deep the tree is, few
/// descriptors are open: what lies deep is moved up first.
public enum DirectoryTree {
    /// Removes a tree; returns the paths that could not be removed, empty when nothing stayed or nothing was there.
    public static func remove(_ path: String) -> [String] {
        let root: Int32
        do throws(SystemCallError) {
            root = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        } catch {
            if error.code == ENOENT { return [] }
            if unlink(path) == 0 { return [] }
            return makeReadable(path) ? remove(path) : ["\(error)"]
        }
        var status = stat()
        fstat(root, &status)
        fchmod(root, 0o700)
        var removal = Removal(root: root, device: status.st_dev, path: path)
        removal.empty(root, below: path, depth: 0)
        close(root)
        if removal.leftovers.isEmpty, rmdir(path) != 0, errno != ENOENT {
            removal.leftovers.append("\(SystemCallError(call: "rmdir", subject: path))")
        }
        return removal.leftovers
    }

    /// Empties a directory that is no link but leaves it; returns the paths that could not be removed.
    public static func empty(_ path: String) -> [String] {
        let root: Int32
        do throws(SystemCallError) {
            root = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        } catch {
            return error.code == ENOENT ? [] : ["\(error)"]
        }
        defer { close(root) }
        var status = stat()
        fstat(root, &status)
        var removal = Removal(root: root, device: status.st_dev, path: path)
        removal.empty(root, below: path, depth: 0)
        return removal.leftovers
    }

    // A directory of ours without any right; only that is worth a second try.
    private static func makeReadable(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return false }
        return status.st_mode & 0o700 != 0o700 && chmod(path, 0o700) == 0
    }
}

private struct Removal {
    let root: Int32
    let device: dev_t
    let path: String
    var leftovers: [String] = []
    private var moved = 0
    private static let maximumDepth = 64

    init(root: Int32, device: dev_t, path: String) {
        self.root = root
        self.device = device
        self.path = path
    }

    mutating func empty(_ directory: Int32, below path: String, depth: Int) {
        // What was moved up into the root while it was read must be found, so the root is read until it stays empty.
        var before = -1
        while moved != before {
            before = moved
            for name in names(in: directory) { remove(name, from: directory, below: path, depth: depth) }
            if depth > 0 { return }
        }
    }

    private mutating func remove(_ name: FileName, from directory: Int32, below path: String, depth: Int) {
        if unlinkat(directory, name.bytes, 0) == 0 || errno == ENOENT { return }
        var code = errno
        // Something is mounted on it, perhaps several times.
        for _ in 0..<16 where code == EBUSY {
            guard fleet_detach_mount(directory, name.bytes) == 0 else { break }
            if unlinkat(directory, name.bytes, 0) == 0 { return }
            code = errno
        }
        guard code == EISDIR || code == EPERM else {
            note("unlink", "\(path)/\(name)", code)
            return
        }
        if unlinkat(directory, name.bytes, AT_REMOVEDIR) == 0 { return }
        if depth >= Removal.maximumDepth, moveUp(name, from: directory) { return }
        descend(name, from: directory, below: path, depth: depth)
    }

    private mutating func descend(_ name: FileName, from directory: Int32, below path: String, depth: Int) {
        let inner = "\(path)/\(name)"
        guard let child = open(name, in: directory, path: inner) else { return }
        defer { close(child) }
        _ = fchmod(child, 0o700)
        empty(child, below: inner, depth: depth + 1)
        if unlinkat(directory, name.bytes, AT_REMOVEDIR) != 0, errno != ENOENT {
            let code = errno
            // Something inside was named already; the directory around it adds nothing.
            if !leftovers.contains(where: { $0.contains(inner) }) { note("rmdir", inner, code) }
        }
    }

    // Never opens what is mounted there: that belongs to somebody else.
    private mutating func open(_ name: FileName, in directory: Int32, path: String) -> Int32? {
        for _ in 0..<16 {
            let child = fleet_open_child_directory(directory, name.bytes)
            if child >= 0 {
                var status = stat()
                if fstat(child, &status) == 0, status.st_dev == device { return child }
                close(child)
            } else if errno == EACCES {
                // The directory is known not to be a link when it could not be unlinked, and only its owner may do this.
                guard fchmodat(directory, name.bytes, 0o700, 0) == 0 else { break }
                continue
            } else if errno != EXDEV {
                note("open", path, errno)
                return nil
            }
            guard fleet_detach_mount(directory, name.bytes) == 0 else { break }
        }
        leftovers.append("\(path) cannot be entered: another file system is mounted there, or its rights forbid it")
        return nil
    }

    private mutating func moveUp(_ name: FileName, from directory: Int32) -> Bool {
        let place = ".moved-\(moved)-\(UInt32.random(in: 0...UInt32.max))"
        guard renameat(directory, name.bytes, root, place) == 0 else { return false }
        moved += 1
        return true
    }

    private mutating func note(_ call: String, _ path: String, _ code: Int32) {
        guard leftovers.count < 100 else { return }
        leftovers.append("\(SystemCallError(call: call, subject: path, code: code))")
    }

    private func names(in directory: Int32) -> [FileName] {
        let copy = fleet_openat(directory, ".", O_RDONLY | O_DIRECTORY, 0)
        guard copy >= 0, let stream = fdopendir(copy) else {
            if copy >= 0 { close(copy) }
            return []
        }
        defer { closedir(stream) }
        var result: [FileName] = []
        while let entry = readdir(stream) {
            let name = FileName(bytes: DirectoryEntry.bytes(of: entry))
            if !name.isSpecial { result.append(name) }
        }
        return result
    }
}

/// The name of a file as its bytes: nothing says that they are UTF-8.
private struct FileName: CustomStringConvertible {
    /// Ends with 0.
    let bytes: [CChar]

    var isSpecial: Bool { description == "." || description == ".." }
    var description: String { String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self) }
}
