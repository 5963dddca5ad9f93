"""A process that calls an `xds:///` target over and over, and prints what answered: run by tests/integration/grpc/test_xds_channel.py.

One line for each call: the answer, or `! CODE DETAILS`. Ends when stdin does.
"""

import sys
import threading

import grpc


def main() -> None:
    """Calls the target in the first argument every 5 ms."""
    ending = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ending.set()), daemon=True).start()
    with grpc.insecure_channel(sys.argv[1]) as channel:
        call = channel.unary_unary("/test.Echo/Name")
        while not ending.wait(0.005):
            try:
                print(call(b"", timeout=10, wait_for_ready=True).decode(), flush=True)  # noqa: T201  It is what it is for.
            except grpc.RpcError as error:
                print("!", error.code().name, error.details(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
