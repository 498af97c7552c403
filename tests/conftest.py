"""For every test: Hypothesis judges by outcome, never by the time of a busy machine."""

from hypothesis import settings

settings.register_profile("redial", deadline=None)
settings.load_profile("redial")
