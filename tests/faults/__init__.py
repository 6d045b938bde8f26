"""Faults on purpose: processes killed while they write, and disks that are full."""
