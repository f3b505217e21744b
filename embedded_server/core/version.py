"""The version that is installed."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("switchroom")
    except PackageNotFoundError:  # run from a source tree that nobody installed
        return "0"


VERSION = _installed()
