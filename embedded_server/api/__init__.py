"""One router per topic, thin: parse, call a capability, answer."""
