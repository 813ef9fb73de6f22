from tests.flows.fixtures import serve, service

__all__ = ["serve", "service"]
