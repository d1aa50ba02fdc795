"""Writes the key table of the README from the registry of acts:  python -m tests.tools.readme"""

import re
from pathlib import Path

from llmrouter_tui.tui.actions import markdown_table
from llmrouter_tui.tui.pages import CLASSES

README = Path(__file__).parents[2] / "README.md"
TABLE = re.compile(r"(<!-- keys:begin[^>]*-->\n).*?(<!-- keys:end -->)", re.DOTALL)


def with_keys(text: str) -> str:
    """The README's text with the table as the registry has it now."""
    table = markdown_table(CLASSES)
    return TABLE.sub(lambda found: f"{found[1]}\n{table}\n{found[2]}", text)


if __name__ == "__main__":
    README.write_text(with_keys(README.read_text()))
