"""moto's server, one request after the other: its own threads would let two writes with the same condition both succeed."""

import logging
import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple

application = DomainDispatcherApplication(create_backend_app)
one_at_a_time = threading.Lock()


def serialised(environ, start_response):
    with one_at_a_time:
        return list(application(environ, start_response))


class Quiet(WSGIRequestHandler):
    def log_request(self, *_):
        pass


logging.getLogger("werkzeug").setLevel(logging.ERROR)
run_simple("127.0.0.1", int(sys.argv[1]), serialised, threaded=True, request_handler=Quiet)
