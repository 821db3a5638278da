"""Arrays as compressed text, so that stored results of many readings stay small."""

import base64
import zlib

import numpy as np

WHOLE = 32767  # largest whole number of 16 bits; the one below stands for NaN


def pack(values, unit):
    """Return an array as text, to within half a unit; NaN is kept.

    Values beyond ``WHOLE * unit`` are cut there.
    """
    values = np.asarray(values, float)
    whole = np.clip(np.rint(values / unit), -WHOLE, WHOLE)
    whole = np.where(np.isnan(values), -WHOLE - 1, whole).astype("<i2")
    text = base64.b64encode(zlib.compress(whole.tobytes(), 6)).decode()
    return {"shape": list(values.shape), "unit": unit, "values": text}


def unpack(stored):
    """Return the array (float32) that `pack` stored."""
    whole = np.frombuffer(zlib.decompress(base64.b64decode(stored["values"])), "<i2")
    values = whole.astype(np.float32) * np.float32(stored["unit"])
    values[whole == -WHOLE - 1] = np.nan
    return values.reshape(stored["shape"])
