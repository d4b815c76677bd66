"""File systems of a test's own: a mount namespace that nobody else sees and that ends with this process."""

import ctypes
import os

NEW_NAMESPACE = 0x00020000  # CLONE_NEWNS
READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 32, 4096, 16384, 1 << 18


def _call(function, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def _mount(kind, target, flags, options=None):
    path = os.fsencode(target)
    _call("mount", path if flags & BIND else b"none", path, kind, flags, options)


def enter_private_namespace():
    """OSError where this user may not, as in most containers."""
    _call("unshare", NEW_NAMESPACE)
    _mount(None, "/", RECURSIVE | PRIVATE)


def mount_small(target, size):
    """An empty file system of so many bytes."""
    _mount(b"tmpfs", target, 0, f"size={size},mode=0700".encode())


def make_read_only(target, read_only=True):
    """The folder as it is, on a file system that takes no writes; and back."""
    if not os.path.ismount(target):
        _mount(None, target, BIND)
    _mount(None, target, BIND | REMOUNT | (READ_ONLY if read_only else 0))


def unmount(target):
    _call("umount2", os.fsencode(target), 2)  # MNT_DETACH
