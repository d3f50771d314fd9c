-- Old inbox rows are deleted by their age: the statement walks this index, oldest first.
ALTER TABLE inbox_event ADD KEY ix_inbox_received_at (received_at);
