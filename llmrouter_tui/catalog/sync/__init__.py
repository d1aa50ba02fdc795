"""Fetching public figures: clients of the boards that publish them, and the run that checks, matches and stores.

Nothing here is imported or asked before the user wants it: by hand, or by a schedule that is off by default.
"""
