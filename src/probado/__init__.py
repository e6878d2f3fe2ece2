"""Judge and operate machine-learning projects: rerun any DVC repository from a clean clone and compare every byte.

Rooms of the package::

    cli          the command line: one table of commands
    contract     what the judge and a project's stage runner agree on
    repository   what git and DVC have committed, as typed values
    room         the clean room: folder, clone, environment, network, processes
    evidence     what every verdict writes, bound to a commit by hashes
    prove        rerun, compare, explain

`prove` imports nothing of the project that it judges.
"""

__version__ = "0.1.0"
