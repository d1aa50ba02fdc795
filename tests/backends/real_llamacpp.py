"""Runs the real llama.cpp server in a process of its own: ``python real_llamacpp.py WEIGHTS PORT``. Says ``ready`` when
it answers, and ends when its standard input does, so that it never outlives the tests."""

import os
import sys

import xllamacpp


def main(weights: str, port: int) -> None:
    params = xllamacpp.CommonParams()
    params.model.path = weights
    params.model_alias = {"smollm2"}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 1024
    params.n_parallel = 2
    params.cpuparams.n_threads = 2
    params.warmup = False
    server = xllamacpp.Server(params)
    print("ready", server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
