"""CloudNativePG and its Barman Cloud plugin, emulated on real PostgreSQL and real barman-cloud."""
