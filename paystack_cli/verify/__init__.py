"""Proves that money was neither lost nor moved twice: ten invariants over database and topics.

evidence.py    reads what a rule needs, changes nothing
journal.py     what clients were told
rules.py       one function an invariant: what breaks it
settling.py    looks again until what is only under way has arrived
"""
