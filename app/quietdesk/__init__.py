"""Quietdesk: text tools that never leave your computer."""

__version__ = "0.1.0"
