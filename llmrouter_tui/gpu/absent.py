"""What a probe raises where there is nothing for it to measure."""


class AbsentError(Exception):
    """There is no such GPU to measure. The message says why, in words; it is empty where nobody would expect one."""

    def __init__(self, message: str, *, usual: bool = True) -> None:
        super().__init__(message)
        self.usual = usual
        """Whether that is so on most machines; if not, it is worth telling even where another GPU is found."""
