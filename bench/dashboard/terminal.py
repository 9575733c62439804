"""Runs a program in a pseudo-terminal and says to the nanosecond what passed: `terminal.py COLUMNS ROWS PROGRAM [ARGUMENT...]`.

What comes on standard input is typed. Standard output gets records of a kind, the monotonic clock in nanoseconds, a length and so many bytes:
s started (the process id), i typed, o written by the program, e ended (the exit status).
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time


def record(kind, at, data):
    sys.stdout.buffer.write(struct.pack('<cQI', kind, at, len(data)) + data)
    sys.stdout.buffer.flush()


columns, rows = int(sys.argv[1]), int(sys.argv[2])
started = time.monotonic_ns()
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])

record(b's', started, str(child).encode())
typing = [sys.stdin.fileno()]
patience = 2
while True:
    ready, _, _ = select.select([terminal, *typing], [], [], None if typing else patience)
    if not typing and time.monotonic() > ending:
        # It does not end when it is asked to.
        os.kill(child, signal.SIGKILL)
        break
    if terminal in ready:
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:
            data = b''
        if data == b'':
            break
        record(b'o', time.monotonic_ns(), data)
    elif typing:
        data = os.read(typing[0], 1 << 12)
        if data == b'':
            typing = []
            ending = time.monotonic() + patience
            os.kill(child, signal.SIGTERM)
        else:
            os.write(terminal, data)
            record(b'i', time.monotonic_ns(), data)

os.close(terminal)
_, status = os.waitpid(child, 0)
record(b'e', time.monotonic_ns(), str(os.waitstatus_to_exitcode(status)).encode())
