"""The attacker: what a reader can work out about few persons from what is published, and only from that.

`playing.play` runs every attack on a published file. Each module is one way in: `curves`, `durations`,
`compositions`, `margins`, `quotients` and `embedded`; `fractions` has the arithmetic that they share.
"""
