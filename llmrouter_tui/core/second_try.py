"""Whether a load that failed is tried once more, and with which room: the rule, pure."""

from typing import Literal

SecondTry = Literal["", "anew", "roomier"]
"""Not at all; with room made anew, since others took what there was; with more room than there was."""

MAY_BE_MEMORY = ("out_of_memory", "backend_error")
"""Errors of loads that memory may be the cause of: the second is that of servers that do not say why. llama.cpp's
router knows no more than the exit code of a process, whatever it died of."""

NOISE = 64 * 1024**2
"""Bytes by which what is in use of a memory moves while nobody is loaded or unloaded. By judgement."""


def second_try(
    code: str, *, needed: int | None, before: int | None, now: int | None, others_came: bool = False
) -> SecondTry:
    """After a load failed with this error. Bytes: what the model is thought to need, the room that there was when the
    load began, and the room after it, once what the load had taken was back; None: not measured. ``others_came``:
    whether others were seen meanwhile that were not there, or not known of, when it began.

    Where the room went to others meanwhile, that tells nothing of the model, neither that it is broken nor that it
    needs more; where the room was as thought, only the word that memory ran out means memory.
    """
    if code not in MAY_BE_MEMORY:
        return ""
    if others_came or taken(needed, before, now):
        return "anew"
    return "roomier" if code == "out_of_memory" else ""


def taken(needed: int | None, before: int | None, now: int | None) -> bool:
    """Whether room that was there is not, so that the model would not fit any more."""
    if before is None or now is None:
        return False
    return now + NOISE < before and (needed is None or now < needed)
