"""The command line, one command per file: parse, call the core, show."""
