"""How a broker is reached: names, ports, TLS, certificates; and what stands against each, said alike for every kind of broker."""
