"""Reports of a run: for people (HTML), for programs (JSON, OSCAL, SARIF, CycloneDX), as evidence.

``writing.write_all`` does what `kootwijk verify --out` promises; ``check.check`` what `kootwijk
evidence check` does, with nothing but ``cryptography``; everything else here is a pure function.
"""
