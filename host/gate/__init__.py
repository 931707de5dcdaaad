"""Keeps clients out of a machine until the record says that its site may write."""
