"""Who writes: the record, and the changes of role that it permits."""
