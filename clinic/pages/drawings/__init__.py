"""Charts as SVG, made on the server: they need no script, and print. All modules are pure.

Each chart is drawn twice, for a wide and for a narrow screen, because text in a picture that is
scaled down cannot be read. A table beside each chart holds the same numbers.
"""
