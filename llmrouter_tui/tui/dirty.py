"""The names of the parts of the store, for saying which of them changed. Pure."""

from enum import IntFlag


class Dirty(IntFlag):
    """Which parts of the store changed."""

    NONE = 0
    SERVICE = 1
    BACKENDS = 2
    MODELS = 4
    DEVICES = 8
    ROUTES = 16
    """The list of exchanges: one came, or all are new."""
    ROWS = 32
    """Exchanges changed in place: ``Store.touched`` says which."""
    RESIDENCY = 64
    SETTINGS = 128
    LOG = 256
    FETCH = 512
    ATTENTION = 1024
    CLOCK = 2048
    """A second went by: figures per minute, ages and the clock."""
    SYNC = 4096
    """How far fetching public figures is."""
    VRAM = 8192
    """The ledger of memory: who holds what, what each load would mean, loads under way."""
    PROFILE = 16384
    """How far measuring models is."""
    JUDGE = 32768
    """How the judge is and how far its work."""
    GRADES = 65536
    """A grade came, or was overruled."""
    SPEND = 131072
    """What was paid today and this month."""
    VOTES = 262144
    """The user voted between answers, or took a vote back."""
    ASK = 524288
    """What is asked on this screen, or an answer to it, went on."""
    ALL = 1048575


ARRIVED = Dirty.ROUTES | Dirty.ROWS
"""An exchange came."""
