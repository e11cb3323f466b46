"""The contract of operations."""
