"""A space and a room for every team of the directory; who is in the team is in them.

``python -m synapse_rooms CONFIG`` brings the chat server to what the directory says and prints what
it changed. What is as it should be is left alone, so it may be run at any time, and again after it
was stopped.
"""

PARTLY = 3  # how it exits if the server refused something for somebody, and the rest is done
