"""What is secret in a text, and the text without it: the one rule for all that awsprof shows.

Code that shows text written by somebody else calls ``mask``; nothing else decides what is secret.
``search`` finds secrets: by their value (``secret_shapes``), by their name (``secret_names``), by
their position (``secret_places``), and as a piece of one cut into lines (``secret_pieces``).
"""
