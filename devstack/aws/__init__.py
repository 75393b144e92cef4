"""The AWS endpoint of a stack: moto behind an HTTPS proxy that answers for every AWS host."""
