"""The project in one archive for a server without network: make bundle writes it.

`packages` says which of the pinned packages a platform needs, `archive` gathers their wheels and the project,
and `install.py` is the file that lies in the archive and needs nothing but Python.
"""
