"""The command line: ``python -m fma``, see `fma.publish.command`."""

import sys

from fma.publish.command import main

if __name__ == "__main__":
    sys.exit(main())
