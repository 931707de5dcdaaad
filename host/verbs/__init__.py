"""What `pgtwin-host` can be told to do, one module per verb."""
