from tests.flows.fixtures import listen, programs, serve, service

__all__ = ["listen", "programs", "serve", "service"]
