"""Objects in memory: written, owned field by field, deleted with what they own."""
