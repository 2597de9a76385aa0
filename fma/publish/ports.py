"""Ports for kernels that nothing else is given between their choice and their use."""

import os
import socket

from jupyter_client.connect import LocalPortCache

FIRST, BLOCK, BLOCKS = 20_000, 50, 240  # below those that systems give to whoever asks for any


class Ports(LocalPortCache):
    """Jupyter's choice of ports, but from a block of this process's own.

    Jupyter asks the system for any free port. The kernel takes it a second later; by then, with
    several processes at work, the system may have given it to another, and the kernel dies or is
    never heard (github.com/jupyter/jupyter_client/issues/487).
    """

    def find_available_port(self, ip):
        """Return the first free port of the block; any free port if there is none."""
        first = FIRST + BLOCK * (os.getpid() % BLOCKS)
        for port in range(first, first + BLOCK):
            if port not in self.currently_used_ports and _free(ip, port):
                self.currently_used_ports.add(port)
                return port
        return super().find_available_port(ip)


def _free(ip, port):
    with socket.socket() as asked:
        if os.name == "posix":  # as kernels ask: one that ended holds its ports for a minute
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind((ip, port))
        except OSError:
            return False
    return True


def use_own_ports():
    """Let every kernel that this process starts have its ports from `Ports`."""
    if not isinstance(LocalPortCache.instance(), Ports):
        LocalPortCache.clear_instance()
        Ports.instance()
