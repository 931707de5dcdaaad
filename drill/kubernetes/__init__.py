"""An in-memory Kubernetes API and what surrounds it on a k3s server, for rehearsals.

Emulated, not real: objects live in memory, requests are plain HTTP without authentication. What is
kept true to a real API server: paths, status documents, resource versions, server-side apply with
field owners and conflicts, strict schemas, generations, garbage collection, watches. What is
simpler is said in the module that simplifies it.
"""
