import FleetSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A server that runs: its keeper process and its claim to an address.
struct RunningServer: Sendable {
    let keeper: ChildProcess
    let claim: AddressClaim
    let endpoint: SSHEndpoint

    /// True while sshd answers for it, as far as its keeper knows.
    var isAlive: Bool { keeper.status == nil }

    /// Ends sshd, its sessions and the daemons that they started; gives the address back.
    func stop() async {
        // The keeper reads the end of its input and ends what it holds; SIGKILL is for a keeper that hangs.
        keeper.closeStreams()
        if await keeper.exit(within: .seconds(8)) == nil {
            keeper.send(signal: SIGKILL)
            _ = await keeper.exit()
        }
        await claim.release()
    }
}
