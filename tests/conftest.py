"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("here", deadline=None)  # no verdict rests on how busy the machine is
settings.load_profile("here")
