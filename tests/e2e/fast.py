"""The program, its simulated fleet twenty times faster than its hardware: ``python -m tests.e2e.fast serve --demo``."""

from llmrouter_tui.cli import main
from llmrouter_tui.demo.fleet import DemoFleet

SPEED = 20.0

if __name__ == "__main__":
    assert DemoFleet.__init__.__kwdefaults__ is not None
    DemoFleet.__init__.__kwdefaults__["speed"] = SPEED
    main()
