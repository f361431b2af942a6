"""A folder for every team of the directory that is to have one: its members', nobody owns it.

``python -m nextcloud_teams CONFIG`` brings Nextcloud to what the directory says and prints what it
changed. What is as it should be is left alone, so it may be run at any time, and again after it was
stopped.
"""
