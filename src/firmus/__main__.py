"""``python -m firmus`` is the command line."""

import sys

from firmus.cli import main

if __name__ == "__main__":
    sys.exit(main())
