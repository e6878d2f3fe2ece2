"""Run a command that leaves no process and reaches no more than it may: confine.py METHOD [OPTION ...] -- COMMAND ...

This file needs only the standard library of Python 3.8 or newer. The command runs in its own session. When the command
or the process that started this one ends, every process that came from the command is killed.

METHOD    allowed     the network as it is
          bubblewrap  what bwrap(1) does by the OPTIONs (Linux)
          namespace   a network of its own, with nothing but its loopback. The OPTION is a JSON object: each folder that
                      it names is empty for the command, but for the folders in it that its list has (Linux)
          mounts      the network as it is, the folders as for namespace (Linux)
          seccomp     no internet sockets at all (Linux)
          none        the network as it is: nothing here can keep it off
"""

from __future__ import annotations

# Not the module signal, whose import takes as long as all others: this program starts for every command.
import _signal as signal  # type: ignore[import-not-found]
import ctypes
import errno
import os
import sys

# What few commands need is imported where it is used.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, TextIO

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWNS = 0x10000000, 0x40000000, 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 24, 36, 38
# Per machine: the kernel's name of its system calls, and the number of socket(2).
SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}


def main(arguments: list[str]) -> int:
    """Run the command; returns its exit status as a shell would."""
    method, *rest = arguments
    options, command = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
    linux = sys.platform == "linux"
    if linux:
        control(PR_SET_PDEATHSIG, signal.SIGTERM)
        # What the command leaves behind becomes a child of this process.
        control(PR_SET_CHILD_SUBREAPER, 1)
    told, tell = os.pipe()
    wait, release = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        os.close(release)
        execute(method, options, command, tell, wait)
    os.close(tell)
    # `wait` stays open here: a command that has ended must not end this process as it is released.
    # The command waits in its network until the counters are open: a short one might be over before.
    ready = os.read(told, 4096)
    counters = None
    if method == "bubblewrap":
        counters = open_counters(process_of_bubblewrap(ready, told))
        os.write(release, b".")
    elif method == "namespace":
        counters = open_counters(child)
    for number in (told, release, wait):
        os.close(number)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: kill(child))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    kill(child)
    if counters:
        note_calls(counters)
    return 128 - status if status < 0 else status


def process_of_bubblewrap(ready: bytes, told: int) -> int:
    """The number of the process in which the command will be, which bubblewrap tells in JSON; 0 where it failed."""
    while ready and not ready.rstrip().endswith(b"}"):
        more = os.read(told, 4096)
        ready = ready + more if more else b""
    return int(ready.partition(b'"child-pid":')[2].partition(b",")[0].strip(b" \n}")) if ready else 0


def open_counters(child: int) -> TextIO | None:
    """The counters of the child's network, which are read after it has ended; None where the system has none."""
    try:
        return open(f"/proc/{child}/net/snmp", encoding="ascii")
    except OSError:
        return None


def note_calls(counters: TextIO) -> None:
    """Note in the watch's log that a program tried to leave a network that leads nowhere."""
    with counters:
        lines = [line.split() for line in counters]
    counted = {}
    for names, values in zip(lines[::2], lines[1::2]):  # noqa: B905 - strict is of Python 3.10
        counted.update({names[0] + name: value for name, value in zip(names, values)})  # noqa: B905
    # The second one is of a resolver on this machine, which is not in the command's network.
    tried = {counted.get("Ip:OutNoRoutes", "0"), counted.get("Udp:NoPorts", "0")} != {"0"}
    if tried and "PROOF_WATCH" in os.environ:
        with open(os.environ["PROOF_WATCH"], "a", encoding="utf-8") as log:
            log.write("{'unreachable': True}\n")


def execute(method: str, options: list[str], command: list[str], tell: int, wait: int) -> NoReturn:
    """Become the command, in the child, once the parent has seen its network; a failure is told with status 126."""
    try:
        os.setsid()
        if method == "bubblewrap":
            # It tells the process by one of these and waits for a byte on the other.
            for number in (tell, wait):
                os.set_inheritable(number, True)
            pipes = ["--info-fd", str(tell), "--block-fd", str(wait)]
            os.execvp("bwrap", ["bwrap", *pipes, *options, "--", *command])  # noqa: S606
        if method in ("namespace", "mounts"):
            enter_namespace(CLONE_NEWNET if method == "namespace" else 0)
            import json

            hide(json.loads(options[0]) if options else {})
            drop_capabilities()
        elif method == "seccomp":
            deny_sockets()
        os.write(tell, b".")
        os.read(wait, 1)
        os.execvp(command[0], command)  # noqa: S606 - the command is what this program is for
    # Other systems lack what Linux has, and must not seem to have refused something.
    except Exception as error:  # noqa: BLE001
        print(f"confine: {method}, {command[0]}: {error}", file=sys.stderr, flush=True)
    os._exit(126)


def kill(child: int) -> None:
    """Kill the command's session, and all that has left it."""
    try:  # noqa: SIM105 - contextlib takes long to import, too
        os.killpg(child, signal.SIGKILL)
    except OSError:
        pass
    # Orphans come to this process one generation at a time.
    listed = f"/proc/self/task/{os.getpid()}/children"
    while os.path.exists(listed):
        with open(listed, encoding="ascii") as file:
            children = [int(number) for number in file.read().split() if int(number) != child]
        if not children:
            break
        for number in children:
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)


def enter_namespace(network: int) -> None:
    """Move this process to mounts of its own, and to a network of its own with loopback up where `network` asks for it.

    In a user namespace, which also keeps it from looking into processes outside. Root may do without.

    Raises:
        OSError: the kernel refuses.
    """
    user, group = os.getuid(), os.getgid()
    if LIBC.unshare(CLONE_NEWUSER | network | CLONE_NEWNS) != 0:
        if LIBC.unshare(network | CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "no namespace")
    else:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    if not network:
        return
    import fcntl
    import socket
    import struct

    set_flags, up_and_running = 0x8914, 0x41  # SIOCSIFFLAGS of netdevice(7)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, set_flags, struct.pack("16sh22x", b"lo", up_and_running))


def hide(folders: dict[str, list[str]]) -> None:
    """Lay an empty folder over each of these, for this process and its children, and what is kept of it into that.

    Raises:
        OSError: the kernel refuses.
    """

    def mount(source: str, target: str, kind: str | None, flags: int) -> None:
        texts = [text and text.encode() for text in (source, target, kind)]
        if LIBC.mount(*texts, ctypes.c_ulong(flags), None) != 0:
            raise OSError(ctypes.get_errno(), f"mount {target}")

    mount("none", "/", None, MS_REC | MS_PRIVATE)
    here = os.getcwd()
    for folder, kept in folders.items():
        # Opened before they are hidden; /proc leads to them from then on.
        opened = {path: os.open(path, os.O_PATH | os.O_DIRECTORY) for path in kept}
        mount("none", folder, "tmpfs", 0)
        for path, number in opened.items():
            os.makedirs(path)
            mount(f"/proc/self/fd/{number}", path, None, MS_BIND | MS_REC)
            os.close(number)
    os.chdir(here)


def drop_capabilities() -> None:
    """Let no program that starts from here on have privileges, by which root would undo a mount."""
    number = 0
    try:
        while True:
            control(PR_CAPBSET_DROP, number)
            number += 1
    except OSError:  # the number after the last one, or one without privileges already
        pass


def deny_sockets() -> None:
    """Refuse internet sockets to this process and its children; a filter of seccomp(2).

    Raises:
        KeyError: the numbers of this machine's system calls are not known here.
        OSError: the kernel refuses.
    """
    import socket
    import struct

    machine, number = SOCKET[os.uname().machine]
    load, equal, give = 0x20, 0x15, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EACCES
    program = [
        (load, 0, 0, 4),  # the kind of machine
        (equal, 0, 5, machine),
        (load, 0, 0, 0),  # which call
        (equal, 0, 3, number),
        (load, 0, 0, 16),  # its first argument
        (equal, 2, 0, socket.AF_INET),
        (equal, 1, 0, socket.AF_INET6),
        (give, 0, 0, allow),
        (give, 0, 0, refuse),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    control(PR_SET_NO_NEW_PRIVS, 1)
    filtered = Program(len(program), ctypes.cast(code, ctypes.c_void_p))
    control(PR_SET_SECCOMP, 2, ctypes.byref(filtered))


def control(option: int, *values: object) -> None:
    """Set an option of this process; see its manual, prctl(2).

    Raises:
        OSError: the kernel refuses.
    """
    rest = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in values]
    if LIBC.prctl(option, *rest, *[ctypes.c_ulong(0)] * (4 - len(rest))) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
