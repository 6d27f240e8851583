"""Whether the check of a delivery notices mistakes: `make mutations`, docs/mutations.md.

`catalogue` makes the mutations from `columns` (one column), `rows` (the files of a register) and
`deliveries` (registers together). `judging` makes one, checks it and compares the `inputs` of the estimators.
`running` does so for many, `report` writes what came of it.
"""
