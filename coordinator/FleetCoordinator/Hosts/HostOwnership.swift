/// What a host's shell asks of a working directory before anything is brought there or run from there: whoever owns it,
/// or may write to it, could replace our programs, which run as the user that we log in as.
enum HostOwnership {
    /// The function `ours DIR`: true when DIR, a path without links, and what of the cache is in it are directories of
    /// the login user's to which nobody else may write; else the reason is on standard error. One line.
    ///
    /// `ls -ldn` is the one way that is the same in GNU, busybox and macOS; where an access control list lets others
    /// write, its mode says so as well.
    static let function =
        "ours() { for kept in \"$1\" \"$1\"/bundles \"$1\"/bundles/* \"$1\"/packs; do "
        + "[ -e \"$kept\" ] || [ -h \"$kept\" ] || continue; [ ! -f \"$kept\" ] || [ -h \"$kept\" ] || continue; "
        + "LC_ALL=C ls -ldn \"$kept\" | { read -r mode links owner rest; "
        + "case $mode in d*) ;; *) echo \"$kept is a link or not a directory; remove it or \(other)\"; exit 1 ;; esac; "
        + "[ \"$owner\" = \"$(id -u)\" ] || { echo \"$kept belongs to user $owner, not to us; \(other)\"; exit 1; }; "
        + "case $mode in d????-??-*) ;; *) echo \"others may write to $kept; name a directory of your own below it\"; "
        + "exit 1 ;; esac; } >&2 || return 1; done; }"

    private static let other = "choose another place"
}
