"""The shared floor of vault-aws-kit: what the producer and the consumer both stand on."""

CATALOG_MOUNT = "vault-aws-kit"
"""The catalog's KV v2 mount, unless `--catalog-mount` says otherwise."""
