"""One folder a platform; each implements ``connector.core.commerce.Platform`` and imports only core."""
