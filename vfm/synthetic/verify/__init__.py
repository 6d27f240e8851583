"""What is checked: the warehouse against the truth, other seeds, public figures and printed tables.

`truth_check` compares the built warehouse with its world, exactly. `recovery` builds from other seeds, with
`recovery_seed`, `redraws` and `recovery_report`. `realism` compares a world with public figures. `measure`
finds in a world what an analyst would find, and `calibration` fits the free numbers by it.
`mutations` makes mistakes in a delivery and sees which the check notices.
"""
