"""What of a document is read to decide on its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quietdesk.documents.document import Document


def filed_text(document: Document) -> str:
    """The text, before it the headers of a mail file: they are what makes it a mail."""
    mail = document.mail
    if mail is None:
        return document.text
    headers = {"From": mail.sender, "To": mail.recipients, "Date": mail.date, "Subject": mail.subject}
    lines = [f"{name}: {value}" for name, value in headers.items() if value]
    return "\n".join((*lines, "", document.text))
