"""What a configuration costs a month: a pure function of the topology and a dated price table."""
