"""The shared floor of vault-aws-kit: what the producer and the consumer both stand on."""

CATALOG_MOUNT = "vault-aws-kit"
"""The catalog's KV v2 mount, unless `--catalog-mount` says otherwise."""
IAM_PATH = "/vault-aws-kit/"
"""The path of what the kit makes in IAM: groups and devices have no tags, so it is what marks them as the kit's."""
