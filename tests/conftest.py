"""For every test: no wall-clock bound on a single example, which would measure the machine.

The same commit plays the same examples everywhere, so that a run says something about the commit.
`pytest --hypothesis-profile=explore` draws new ones; what it finds is kept as a test.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")
