"""What is delivered: register files, accounts and the files of the truth that belong to a world.

The `*_registers` modules make registers that imply exactly the simulated histories. `outsiders` adds persons
whom an analyst must leave out, and `registers` writes all of them. `accounts` books the spending in
Statbank's form, `truth_files` writes the truth, and `shards` makes large worlds in several processes.
"""
