"""The reader's errors in words. The file's name is put in front by the one who knows it."""

from __future__ import annotations

from quietdesk.errors import ErrorCode, UserError


def empty() -> UserError:
    return UserError(
        ErrorCode.EMPTY, "Empty file", "the file has no content (0 bytes).",
        "Check that it was copied or downloaded to the end.",
    )  # fmt: skip


def no_text(hint: str = "") -> UserError:
    return UserError(
        ErrorCode.NO_TEXT, "No text found", "there is no text in this file.",
        hint or "If it shows text when you open it, save or print it as PDF and try that.",
    )  # fmt: skip


def no_text_in_image() -> UserError:
    """An image or scan, and nothing installed that recognises text in it."""
    return no_text("It is an image or a scan. Install text recognition: pip install 'quietdesk[ocr]'")


def encrypted() -> UserError:
    return UserError(
        ErrorCode.ENCRYPTED, "File is protected", "the file is encrypted, and Quietdesk does not ask for passwords.",
        "Open it with its password, save a copy without one, and use the copy.",
    )  # fmt: skip


def corrupt(what: str = "the file is damaged or incomplete.") -> UserError:
    return UserError(
        ErrorCode.CORRUPT, "File is damaged", what,
        "Open it in the program it was made with and save it again, or get a fresh copy.",
    )  # fmt: skip


def unsupported(what: str, hint: str = "Save or export it as PDF, DOCX or plain text.") -> UserError:
    return UserError(ErrorCode.UNSUPPORTED, "Kind of file not supported", what, hint)


def too_large(what: str, hint: str = "Split it into smaller files.") -> UserError:
    return UserError(ErrorCode.TOO_LARGE, "File is too large", what, hint)


def timeout(seconds: float) -> UserError:
    return UserError(
        ErrorCode.TIMEOUT, "Reading took too long", f"no result within {seconds:.0f} seconds.",
        "The file is very large, or made so that reading it never ends. Split it, or save it as another format.",
    )  # fmt: skip


def broken_program(error: Exception) -> UserError:
    """The reader itself does not work: no fault of the file."""
    return UserError(
        ErrorCode.INTERNAL, "Something went wrong in Quietdesk", f"the reader failed with {type(error).__name__}.",
        "The installation may be damaged. Run `quietdesk doctor`, or install Quietdesk again.",
    )  # fmt: skip


def crashed(memory_short: bool) -> UserError:
    """The reader process died over the file; it runs apart, so nothing else is affected."""
    if memory_short:
        return too_large("reading it needs more memory than the reader may use.")
    return corrupt("the file is damaged, or made in a way that cannot be read.")
