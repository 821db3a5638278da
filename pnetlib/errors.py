"""Errors that a user can cause, each with the exit code that a command ends with."""


class PnetError(Exception):
    """One sentence that says what is wrong and how to correct it."""

    exit_code = 1


class UsageError(PnetError, ValueError):
    """A wrong option, or a parameter with a wrong name, type or value."""

    exit_code = 2


class SetupError(PnetError):
    """The environment lacks a package, a kernel or a writable folder."""

    exit_code = 3


class DataError(PnetError):
    """Data that cannot be used."""

    exit_code = 4


class DownloadError(DataError):
    """Data that could not be downloaded."""

    exit_code = 40


class CorruptFileError(DataError):
    """A file that is truncated, unreadable, or has another checksum than expected."""

    exit_code = 41


class MissingColumnError(DataError):
    """A table that lacks a required column."""

    exit_code = 42


class MissingDrugError(DataError):
    """A response table that lacks a requested drug."""

    exit_code = 43


class DuplicateError(DataError):
    """A gene, cell line or measurement that occurs twice with different values."""

    exit_code = 44


class InputError(DataError, ValueError):
    """Expression or a response with names or values that no estimator can use."""


class InputTypeError(DataError, TypeError):
    """Expression or a response of a type that no estimator can use, or names that are not text."""


class OutOfMemoryError(SetupError, MemoryError):
    """A fit, or the reading of a table, that ran out of memory."""


class LowMemoryWarning(UserWarning):
    """A fit that probably needs more memory than is available."""
