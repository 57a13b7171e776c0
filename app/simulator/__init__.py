"""A simulator of TransIT, TSYS' card processor: a process with its own books that charges nobody.

It speaks XML on TCP as far as public material tells, misbehaves as it is told, and its ledger is what proofs
are held against. It knows nothing of the product, and of the product only the command line knows it.
"""
