"""Icons, translations and demo data, installed with the package."""
