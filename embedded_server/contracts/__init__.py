"""What both processes share: the wire's vocabulary and the habits of background work. Imports nothing heavy."""
