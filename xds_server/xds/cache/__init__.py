"""The published resources, and which of them clients have accepted. No input, no output, no clock.

`ResourceCache` has one `Table` for each type, shared by all roles or owned by one. One writer publishes into it, all changes
of a transaction in one call. Streams read the tables while they build a response, and report the acceptance of a content
to the table that published it (`Table.acceptance`).
"""
