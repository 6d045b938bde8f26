"""The network lock of macOS: the system's sandbox, which refuses connections whoever makes them.

The library call is old and marked as deprecated, yet browsers rely on it. The sandbox holds for the children as well,
and does not tell what it refused.
"""

from __future__ import annotations

import ctypes
import socket

# The last rule that fits decides. Local sockets stay, but not that of the system's name service, which would carry a
# question out into the network.
_PROFILE = b"""(version 1)
(allow default)
(deny network*)
(allow network* (local unix-socket))
(allow network* (remote unix-socket))
(deny network-outbound (literal "/private/var/run/mDNSResponder"))
(deny mach-lookup (global-name "com.apple.dnssd.service"))
"""
_LIBRARY = "/usr/lib/libSystem.B.dylib"
_NOWHERE = ("127.0.0.1", 9)  # the discard port, RFC 863


def lock() -> str:
    """Put this process into the sandbox; why that was not possible, or nothing. What counts is the test afterwards."""
    if _is_locked():
        return ""
    try:
        library = ctypes.CDLL(_LIBRARY)
        message = ctypes.c_char_p()
        library.sandbox_init.argtypes = (ctypes.c_char_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_char_p))
        library.sandbox_init.restype = ctypes.c_int
        failed = library.sandbox_init(_PROFILE, 0, ctypes.byref(message))
    except (OSError, AttributeError) as error:
        return f"the system has no sandbox: {error}"
    if failed:
        return f"the system refused the sandbox: {(message.value or b'').decode(errors='replace')}"
    return "" if _is_locked() else "the system's sandbox does not hold"


def _is_locked() -> bool:
    """Whether the system refuses a connection; the kind that is tried sends nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attempt:
            attempt.connect(_NOWHERE)
    except PermissionError:
        return True
    except OSError:
        return False
    return False
