internal import NIOCore

extension SSHConnection {
    /// Sends a file, checks its SHA-256 there and puts it in place with one rename, so that nobody ever sees half of
    /// it. Missing directories are made (0700). Needs a POSIX shell and `sha256sum` or `shasum` there, no SFTP.
    ///
    /// - Parameters:
    ///   - file: the local file; it is streamed, never held in memory.
    ///   - remotePath: where it goes; relative to the user's home directory unless it starts with `/`.
    ///   - sha256: what it must have, in hexadecimal.
    ///   - mode: permission bits there, for example 0o755.
    /// - Throws: stage `transfer`; nothing is left there then but the directories.
    public func upload(file: String, to remotePath: String, sha256: String, mode: Int) async throws(SSHError) {
        let source: UploadSource
        do { source = try await UploadSource.open(file) } catch is CancellationError {
            throw .cancelled(.transfer, target: target)
        } catch {
            throw transferFailure(
                "\(file) cannot be read: \(error)", "Check that the file exists and that you may read it.")
        }
        let token = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let script = UploadScript(path: remotePath, sha256: sha256, mode: mode, token: token)
        let run = try await start(script.command, outputLimit: 4096)
        try await run.handle.awaitOpening()
        let limit = target.timeouts.transferSilence
        run.handle.limit(limit, .transfer)
        try await send(source, named: file, through: run.handle)
        // The last bytes are on their way; the check of a large file takes a while.
        run.handle.limit(limit, .transfer)
        run.handle.finishWriting()
        try judge(
            try await run.handle.value(of: run.result, at: .transfer), of: script, file: file)
    }

    private func send(
        _ source: UploadSource, named file: String, through handle: ChannelHandle
    ) async throws(SSHError) {
        var offset = 0
        while true {
            let piece: ByteBuffer
            do { piece = try await source.read(at: offset) } catch {
                let failure =
                    error is CancellationError
                    ? SSHError.cancelled(.transfer, target: target)
                    : transferFailure("\(file) cannot be read: \(error)", "Check the disk of this machine.")
                handle.abort(failure)
                throw failure
            }
            if piece.readableBytes == 0 { return }
            offset += piece.readableBytes
            do { try await handle.write(piece, at: .transfer) } catch {
                // The script has ended early: its result says why.
                if error.code == .closed { return }
                throw error
            }
            handle.limit(target.timeouts.transferSilence, .transfer)
        }
    }

    private func judge(_ result: SSHCommandResult, of script: UploadScript, file: String) throws(SSHError) {
        let last = String(buffer: result.standardOutput).split(whereSeparator: \.isNewline).last
        if result.isSuccess {
            if last.map(String.init) == script.receipt { return }
            throw transferFailure(
                "the machine ran something else than what it was told"
                    + (last.map { ", and it said \"\(EndReason.printable(String($0)))\"" } ?? ""),
                "Check ForceCommand in sshd_config(5) there, and command= in authorized_keys.")
        }
        let errors = String(buffer: result.standardError).split(whereSeparator: \.isNewline).suffix(3)
        let words = (errors.isEmpty ? last.map { [$0] } ?? [] : Array(errors)).joined(separator: "; ")
        switch result.status.flatMap(UploadScript.Status.init(rawValue:)) {
        case .checksumMismatch:
            let found = last ?? "nothing"
            throw SSHError(
                code: .checksumMismatch, stage: .transfer, target: target.name,
                message: "\(file) arrived with SHA-256 \(found) instead of \(script.sha256)",
                advice: "Build the file again if it has changed since, and check the memory and disks of both machines."
            )
        case .noChecksumProgram:
            throw transferFailure(
                "there is neither sha256sum nor shasum there", "Install coreutils or perl on that machine.")
        case .cannotWrite, .cannotReplace:
            throw transferFailure(
                "\(script.path) cannot be written there: \(words)",
                "Check free space and permissions of its directory.")
        case nil:
            throw transferFailure(
                "the receiving shell ended early (\(result.exit)): \(words)",
                "Check that the user's login shell on that machine can run /bin/sh.")
        }
    }

    private func transferFailure(_ message: String, _ advice: String) -> SSHError {
        SSHError(code: .transferFailed, stage: .transfer, target: target.name, message: message, advice: advice)
    }
}
