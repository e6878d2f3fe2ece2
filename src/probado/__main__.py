"""python -m probado: the same as the command probado."""

import sys

from probado.cli import main

if __name__ == "__main__":
    sys.exit(main())
