"""The controls as tests: one test per entry of the catalogue, which its marker names.

They run inside `kootwijk verify`, and as plain `pytest verify/ --inventory DIR`.
"""
