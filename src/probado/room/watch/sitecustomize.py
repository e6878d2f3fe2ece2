"""Python loads this by its name at the start of every interpreter of the clean room, before anything else.

It notes which files of the room are read and which addresses are called, with the line that does, in the file that
PROOF_WATCH names. For an experiment, PROOF_SUBSTITUTE names what proof_substitutes.py does. Standard library alone, any
Python from 3.8 on.
"""

import os
import sys

# The project, and the repository that it is in, in the clone.
ROOT, REPOSITORY = (os.environ.get(name, "") for name in ("PROOF_ROOT", "PROOF_REPOSITORY"))
OURS = (
    *(os.path.join(os.path.realpath(path), "") for path in (sys.prefix, sys.base_prefix, os.path.dirname(__file__))),
    *(os.path.join(os.path.realpath(os.environ[name]), "") for name in ("HOME", "TMPDIR") if name in os.environ),
    # Empty as the room began.
    *filter(None, os.environ.get("PROOF_FRESH", "").split(os.pathsep)),
    *("/proc/", "/sys/", "/dev/", "/etc/", "/usr/", "/lib", "/run/", "/bin/", "/sbin/", "/System/"),
)

LIBRARIES = os.path.join("", "site-packages", "")
OF_DEBIAN = os.path.join("", "dist-packages", "")
# It reads the whole configuration for every stage; what a stage takes of it are its parameters, which DVC watches.
HYDRA = os.path.join("", "hydra", "_internal", "")
# Parsers of TOML: a file that the project reads through one of them is read by the project.
TOML = os.path.join("", "site-packages", "toml")
# dvc.api reads the pipeline and its parameters, as DVC itself does.
DVC = os.path.join("", "site-packages", "dvc", "")


def watch(log):
    """Note reads and calls in the log from now on."""
    seen = set()
    writes = os.O_WRONLY | os.O_RDWR

    def note(**what):
        frame = sys._getframe()
        while frame and not frame.f_code.co_filename.startswith(ROOT):
            name = frame.f_code.co_filename
            if HYDRA in name or DVC in name:
                return
            if (LIBRARIES in name or OF_DEBIAN in name) and TOML not in name:
                what["library"] = True
            frame = frame.f_back
        if not frame and what.get("there") is False and os.path.isabs(what["read"]):
            return  # Libraries look for their settings in many places.
        if frame:
            what["by"] = os.path.relpath(frame.f_code.co_filename, ROOT) + ":" + str(frame.f_lineno)
        # Not as JSON, because this module would take longer to import than an interpreter to start.
        os.write(log, (ascii(what) + "\n").encode())

    def hook(event, arguments):
        if event in ("open", "sqlite3.connect"):
            path, _, flags = arguments if event == "open" else (arguments[0], None, 0)
            if not isinstance(path, (str, bytes)) or (flags or 0) & writes or path in seen:
                return
            # A library and the project may both read its settings.
            if not str(path).endswith("pyproject.toml"):
                seen.add(path)
            path = os.path.abspath(os.fsdecode(path))
            if path.startswith(ROOT):
                note(read=os.path.relpath(path, ROOT), there=os.path.exists(path))
                return
            known = os.path.realpath(path).startswith(OURS) or LIBRARIES in path
            if (path.startswith(REPOSITORY) or not known) and not os.path.isdir(path):
                note(read=path, there=os.path.isfile(path))
        elif event == "subprocess.Popen":
            executable, arguments, _, environment = arguments
            name = os.fsdecode(executable or arguments[0])
            import shutil

            if not shutil.which(name, path=(environment or os.environ).get("PATH")):
                note(missing=name)
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            host = str(arguments[1][0])
            if not host.startswith("127.") and host not in ("::1", "localhost"):
                note(call=host)
        elif event == "socket.getaddrinfo":
            host = str(arguments[0])
            if not host.startswith("127.") and host not in ("::1", "localhost", "None"):
                note(call=host)

    sys.addaudithook(hook)
    os.write(log, b"{'python': True}\n")
    note_what_was_missing(note)


def note_what_was_missing(note):
    """Note a module or file whose absence ends a program."""
    show, leave = sys.excepthook, sys.exit

    def note_module(error):
        # A library may say it in words of its own: "Missing optional dependency".
        while isinstance(error, ImportError) and not isinstance(error, ModuleNotFoundError):
            error = error.__cause__ or error.__context__
        if isinstance(error, ModuleNotFoundError) and error.name:
            note(missing=error.name)

    def show_and_note(kind, error, trace):
        note_module(error)
        if isinstance(error, FileNotFoundError) and error.filename:
            note(absent=os.path.abspath(os.fsdecode(error.filename)))
        show(kind, error, trace)

    def leave_and_note(status=None):
        # A program may catch the error, and end with advice.
        note_module(sys.exc_info()[1])
        leave(status)

    # Workers that are started anew find it by its name.
    leave_and_note.__module__, leave_and_note.__name__, leave_and_note.__qualname__ = "sys", "exit", "exit"
    sys.excepthook, sys.exit = show_and_note, leave_and_note
    # `python -m NAME` raises no error where there is no such module. Until it is found, sys.argv begins with -m.
    if sys.argv[:1] == ["-m"] and hasattr(sys, "orig_argv"):
        name = sys.orig_argv[-len(sys.argv)].split(".")[0]
        import importlib.machinery
        import importlib.util

        here = importlib.machinery.PathFinder.find_spec(name, [os.getcwd()])
        if name.isidentifier() and name != "__main__" and not here and not importlib.util.find_spec(name):
            note(missing=name)


if __name__ == "sitecustomize":
    if os.environ.get("PROOF_SUBSTITUTE"):
        import proof_substitutes

        proof_substitutes.substitute(os.environ["PROOF_SUBSTITUTE"])
    if os.environ.get("PROOF_WATCH"):
        watch(os.open(os.environ["PROOF_WATCH"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
