"""How a client of PostgreSQL asks for TLS (PostgreSQL 18 documentation, 54.7, SSLRequest)."""

import struct

CODE = 80877103
MESSAGE = struct.pack("!ii", 8, CODE)
