"""One folder a platform; each implements ``core.commerce.Platform`` and imports only core."""
