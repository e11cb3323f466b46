"""A command of the fake Slurm: ``python command.py SOCKET NAME WORD...`` sends them there and prints the answer."""

import json
import os
import socket
import sys
import time

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    request = {"words": sys.argv[2:], "cwd": os.getcwd(), "environment": dict(os.environ)}
    connection.sendall(json.dumps(request).encode() + b"\n")
    answer = json.loads(connection.makefile().readline())
time.sleep(answer["delay"])
sys.stdout.write(answer["out"])
sys.stderr.write(answer["err"])
sys.exit(answer["code"])
