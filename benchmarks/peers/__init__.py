"""What a reader would use instead, one module a library; each gives ``contenders(row)``.

``contenders(row)`` is a dictionary from a name to a function and the share of the row's work that one call does; the
function returns final states (m, ...) and what else the row records, by which it is checked, or None where there is too little
to check. Slow contenders do a share, and are counted for it.
"""
