"""Mistakes a user can make, each with the exit code a command ends with."""


class PnetError(Exception):
    """One clear sentence that names what is wrong and how to mend it."""

    exit_code = 1


class UsageError(PnetError, ValueError):
    """A wrong option, parameter name, parameter type or parameter value."""

    exit_code = 2


class SetupError(PnetError):
    """The environment lacks a package, a kernel or a writable folder."""

    exit_code = 3


class DataError(PnetError):
    """Data that cannot be used as they are."""

    exit_code = 4


class DownloadError(DataError):
    """Data that could not be fetched."""

    exit_code = 40


class CorruptFileError(DataError):
    """A file that is truncated or whose checksum differs."""

    exit_code = 41


class MissingColumnError(DataError):
    """A table without a column that is needed."""

    exit_code = 42


class MissingDrugError(DataError):
    """A response table without one of the drugs asked for."""

    exit_code = 43


class DuplicateError(DataError):
    """A gene, cell line or measurement that stands twice with different values."""

    exit_code = 44


class LowMemoryWarning(UserWarning):
    """A fit that probably needs more memory than is available."""
