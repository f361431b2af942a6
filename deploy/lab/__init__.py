"""Machines on this computer that behave like rented ones.

A lab host is a systemd-nspawn container with its own systemd, sshd, addresses and disk (an overlay
on a base tree that all labs share). It has no default route: nothing but its lab is in reach.
Everything of a lab bears its name, so one that a killed run left is found and cleaned.
"""

from deploy.lab.lab import HostStatus, Lab, available, labs

__all__ = ["HostStatus", "Lab", "available", "labs"]
