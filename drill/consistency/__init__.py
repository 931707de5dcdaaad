"""Histories of concurrent clients over changes of the writer, checked for linearizability."""
