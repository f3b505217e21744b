"""Connections: named profiles of brokers, kept without their secrets, which live in the keyring of this machine."""
