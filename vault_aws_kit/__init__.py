"""The shared floor of vault-aws-kit: what the producer and the consumer both stand on."""
