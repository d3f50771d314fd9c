"""Events on their way: the outbox, consumer groups, dead letters. Reading disturbs nobody."""
