/** Numbers of Linux that are the same on x86-64 and arm64. */

export const AF_UNIX = 1
export const AF_INET = 2
export const AF_INET6 = 10

export const SOCK_STREAM = 1
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000

export const SOL_SOCKET = 1
export const SO_REUSEADDR = 2
export const SO_ERROR = 4
export const SO_KEEPALIVE = 9
export const SO_LINGER = 13
export const SO_REUSEPORT = 15
export const IPPROTO_TCP = 6
export const TCP_NODELAY = 1
export const TCP_KEEPIDLE = 4
export const TCP_KEEPINTVL = 5
export const TCP_KEEPCNT = 6
export const TCP_WINDOW_CLAMP = 10
export const TCP_QUICKACK = 12
export const TCP_CONGESTION = 13
export const IPPROTO_IPV6 = 41
export const IPV6_V6ONLY = 26
export const SHUT_WR = 1
/** More is about to follow: what does not fill a packet waits for it. */
export const MSG_MORE = 0x8000

export const O_NONBLOCK = 0o4000
export const O_CLOEXEC = 0o2000000
export const F_SETPIPE_SZ = 1031
export const SPLICE_F_MOVE = 1
export const SPLICE_F_NONBLOCK = 2

export const EPOLL_CLOEXEC = 0o2000000
export const EPOLL_CTL_ADD = 1
export const EPOLL_CTL_MOD = 3
export const EPOLLIN = 0x1
/** Urgent data came. */
export const EPOLLPRI = 0x2
export const EPOLLOUT = 0x4
export const EPOLLERR = 0x8
export const EPOLLHUP = 0x10
/** The peer sent FIN. */
export const EPOLLRDHUP = 0x2000
/** Edge-triggered: told when something changes, not as long as it holds. */
export const EPOLLET = 1 << 31

export const ENOENT = 2
export const EINTR = 4
export const EIO = 5
export const EBADF = 9
export const EAGAIN = 11
export const ENOMEM = 12
export const EINVAL = 22
export const ENFILE = 23
export const EMFILE = 24
export const ENAMETOOLONG = 36
export const ENOSYS = 38
export const ENOTSOCK = 88
export const ENOBUFS = 105
export const EINPROGRESS = 115
