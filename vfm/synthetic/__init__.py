"""A synthetic delivery of the eleven registers and the municipal accounts, with the truth beside it.

There are three rooms, and each may use those before it alone. `world` simulates what is true, `delivery`
writes what registers and accounts would say of it, and `verify` compares both with what the warehouse
rebuilds and with what is printed.
"""
