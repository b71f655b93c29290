/// The script that asks a host what it is and has; plain POSIX shell, so that it runs where our programs cannot.
///
/// It prints `fleet:NAME=VALUE` lines, among whatever a shell's start-up files print, and leaves nothing behind.
struct HostProbe: Sendable {
    /// The working directory as a word for the host's shell.
    var workdirWord: String
    /// The shared libraries to look for.
    var libraries: [String]

    /// The script; `HostFacts` reads what it prints.
    var script: String {
        [
            Self.head, Self.machine, Self.memory, library, Self.tools, HostOwnership.function, Self.directory,
            directories, "exit 0",
        ].joined(separator: "\n") + "\n"
    }

    /// How long it may take.
    static let limit = Duration.seconds(30)

    /// The stubborn cases are caught by the words that programs print in the language C.
    private static let head = """
        LC_ALL=C; export LC_ALL; umask 077
        PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; export PATH
        say() { printf 'fleet:%s=%s\\n' "$1" "$2"; }
        """

    private static let machine = """
        say system "$(uname -s)"; say machine "$(uname -m)"; say kernel "$(uname -r)"
        say user "$(id -un)"; say uid "$(id -u)"
        [ -r /etc/os-release ] && say os "$(. /etc/os-release 2>/dev/null; printf %s "$PRETTY_NAME")"
        say cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null)"
        say libc "$(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | head -n 1)"
        """

    private static let memory = """
        if [ -r /proc/meminfo ]; then
            while read -r name value rest; do
                case $name in MemTotal:) say memory "$value" ;; MemAvailable:) say available "$value" ;; esac
            done </proc/meminfo
        fi
        if [ -r /proc/loadavg ]; then read -r load rest </proc/loadavg; say load "$load"; fi
        """

    /// What the linker's cache names may be gone from the disk.
    private var library: String {
        """
        cache=$(ldconfig -p 2>/dev/null)
        if [ -n "$cache" ]; then
            for library in \(libraries.map(Shell.quote).joined(separator: " ")); do
                found=
                for file in $(printf '%s\\n' "$cache" | sed -n "s|^[[:space:]]*$library (.*=> ||p"); do
                    [ -e "$file" ] && found=yes
                done
                [ -n "$found" ] || say lacks-library "$library"
            done
        fi
        """
    }

    private static let tools = """
        for tool in apt-get dnf yum zypper pacman apk brew; do
            if command -v $tool >/dev/null 2>&1; then say installer $tool; break; fi
        done
        command -v sha256sum >/dev/null 2>&1 || command -v shasum >/dev/null 2>&1 || say lacks-program sha256sum
        command -v tar >/dev/null 2>&1 || say lacks-program tar
        """

    /// `try_directory DIR` sets `problem`, empty when DIR can be used, and `place`, DIR without links.
    private static let directory = """
        try_directory() {
            problem=; place=
            if ! words=$(mkdir -p "$1" 2>&1); then problem="make $words"; return; fi
            place=$(cd "$1" && pwd -P)
            if ! words=$(ours "$place" 2>&1); then problem="own $words"; return; fi
            file="$place/.probe-$$"
            if ! words=$( { printf '#!/bin/sh\\nexit 0\\n' >"$file"; } 2>&1 ) || [ ! -s "$file" ]; then
                problem="write $words"
            elif ! words=$( { chmod 700 "$file" && "$file"; } 2>&1 ); then
                problem="run $words"
            fi
            rm -f "$file"
        }
        free() { df -Pk "$1" 2>/dev/null | tail -n 1 | { read -r a b c kib rest; printf %s "$kib"; }; }
        """

    private var directories: String {
        """
        wanted=\(workdirWord)
        say wanted "$wanted"
        made=; [ -d "$wanted" ] || made=$wanted
        try_directory "$wanted"
        say problem "$problem"
        if [ -n "$place" ]; then
            say directory "$place"; say free "$(free "$place")"
            for entry in "$place"/bundles/*; do [ -x "$entry/agent" ] && say bundle "${entry##*/}"; done
            for entry in "$place"/sessions/* "$place"/environments/*; do
                [ -d "$entry" ] || continue
                holder=; [ -r "$entry/lock" ] && read -r holder <"$entry/lock"
                state=dead; [ -n "$holder" ] && [ -d "/proc/$holder" ] && state=alive
                say use "$state ${entry#"$place"/}"
            done
        fi
        [ -n "$made" ] && rmdir "$made" 2>/dev/null
        if [ -n "$problem" ]; then
            for parent in /var/tmp /tmp "$HOME"; do
                other="$parent/provisioning-fleet-$(id -u)"
                made=; [ -d "$other" ] || made=$other
                try_directory "$other"
                kib=$(free "$parent")
                [ -n "$made" ] && rmdir "$made" 2>/dev/null
                if [ -z "$problem" ] && [ "${kib:-0}" -gt 524288 ]; then say candidate "$other"; break; fi
            done
        fi
        """
    }
}
