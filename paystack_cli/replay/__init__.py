"""Dead letters sent once more, safely: plan, apply, discard, and the ledger that remembers.

letters       a dead letter's record as it was before it died
reading       letters out of their topics
contract      whether a record is an event that its consumers would take
database      what the database says of its event and payment
ledger        what was replayed or discarded before, kept in a Kafka topic
judgement     replay, warn, skip or refuse: the rules, pure
survey        all of the above for many letters on one `site`
plan          the verdicts as a file
edit          another value for a letter of a plan
drift         what has changed since a plan was made
transactions  all or nothing, and one operator at a time
apply         sends what a plan says
discard       sets letters aside for good, with a reason
history       who did what, and whether it has arrived
fates         what has become of letters, for who only looks at them
"""
