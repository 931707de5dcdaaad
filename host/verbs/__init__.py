"""What `pgtwin-host` can be told to do, one module a verb."""
