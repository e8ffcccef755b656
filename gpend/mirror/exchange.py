"""Two files exchange their names in one step, between which nothing can be lost."""

import ctypes
import errno
import os

_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_NOT_HERE = (errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EACCES)


def exchange(folder: int, name: str, other_folder: int, other: str) -> bool:
    """Give each of two files in open folders the other's name; False where that is not to be had. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    try:
        renameat2 = library.renameat2
    except AttributeError:
        return False  # a C library of before 2018
    renameat2.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    if renameat2(folder, os.fsencode(name), other_folder, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_HERE:
        return False
    raise OSError(number, os.strerror(number))
