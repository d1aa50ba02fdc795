"""``python -m llmrouter_tui.cli``: the command line where no script of that name is installed."""

import sys

from llmrouter_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
