"""The Connections panel."""
