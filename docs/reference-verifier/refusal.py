"""The one way a proof fails: by the name of the check that refused it."""


class Refused(Exception):
    pass


def require(condition, check):
    if not condition:
        raise Refused(check)
