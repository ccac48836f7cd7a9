/**
 * Which system calls a sandbox host may make once it serves. What it needs was found by tracing hosts under the attacks of
 * `test/containment`: memory, threads, clocks, its channel, and ways to die. All else is refused, by what it would mean:
 *
 * - `allow`: a host's daily work, or its way out of a crash;
 * - `refuse` (EPERM): libraries ask for it, and get on without it;
 * - `kill`: no host does this. Whoever runs there is not us any more, and the process ends at once;
 * - what is not named here does not exist (ENOSYS), so that a newer libc takes its older way.
 */
export type Verdict = 'allow' | 'refuse' | 'kill'

/** The numbers that Linux gives a call; `null` where a processor lacks it. */
type Numbers = readonly [x64: number | null, arm64: number | null]

/**
 * What an argument must be for a call to be allowed: of the numbers named (`own pid` is this process), with all or none of some
 * bits set, or a null pointer. All but pointers are looked at as the kernel takes them, as 32 bits.
 */
export type Condition =
  | { readonly argument: number; readonly among: readonly (number | 'own pid')[] }
  | { readonly argument: number; readonly has: number }
  | { readonly argument: number; readonly lacks: number }
  | { readonly argument: number; readonly nullPointer: true }

/** Calls with one verdict, or allowed on conditions, all of which must hold, and otherwise `otherwise`. */
export interface CallGroup {
  readonly why: string
  readonly verdict: Verdict
  readonly conditions?: readonly Condition[]
  readonly otherwise?: 'refuse' | 'kill'
  readonly calls: Readonly<Record<string, Numbers>>
}

const CLONE_VM = 0x100
const CLONE_THREAD = 0x10000
const PROT_EXEC = 4
const PR_SET_NAME = 15
const PR_SET_VMA = 0x53564d41
const F_GETFD = 1
const F_GETFL = 3

const MAPPING: CallGroup['calls'] = { mmap: [9, 222], mprotect: [10, 226], pkey_mprotect: [329, 288] }

const ALLOWED: readonly CallGroup[] = [
  {
    why: 'the channel, and what threads wake each other with',
    verdict: 'allow',
    calls: { read: [0, 63], write: [1, 64], readv: [19, 65], writev: [20, 66], close: [3, 57], lseek: [8, 62] },
  },
  { why: 'what kind of descriptor it is', verdict: 'allow', calls: { fstat: [5, 80] } },
  {
    why: 'an event loop that is closed, and the thread with the delayed tasks of V8',
    verdict: 'allow',
    calls: {
      epoll_wait: [232, null],
      epoll_pwait: [281, 22],
      epoll_ctl: [233, 21],
      poll: [7, null],
      ppoll: [271, 73],
    },
  },
  {
    why: 'memory',
    verdict: 'allow',
    calls: { brk: [12, 214], munmap: [11, 215], mremap: [25, 216], madvise: [28, 233], membarrier: [324, 283] },
  },
  {
    why: 'threads wait, begin and end',
    verdict: 'allow',
    calls: {
      futex: [202, 98],
      set_robust_list: [273, 99],
      rseq: [334, 293],
      exit: [60, 93],
      exit_group: [231, 94],
      sched_yield: [24, 124],
      sched_getaffinity: [204, 123],
      sched_getparam: [143, 121],
      sched_getscheduler: [145, 120],
      getcpu: [309, 168],
    },
  },
  {
    why: 'clocks and sleep, where the vDSO does not do',
    verdict: 'allow',
    calls: {
      nanosleep: [35, 101],
      clock_nanosleep: [230, 115],
      clock_gettime: [228, 113],
      clock_getres: [229, 114],
      gettimeofday: [96, 169],
      times: [100, 153],
    },
  },
  {
    why: 'signals to itself: stack overflows, traps of WebAssembly, abort()',
    verdict: 'allow',
    calls: {
      rt_sigaction: [13, 134],
      rt_sigprocmask: [14, 135],
      rt_sigreturn: [15, 139],
      sigaltstack: [131, 132],
      restart_syscall: [219, 128],
    },
  },
  {
    why: 'what is asked about oneself and tells nothing',
    verdict: 'allow',
    calls: {
      getpid: [39, 172],
      gettid: [186, 178],
      getuid: [102, 174],
      geteuid: [107, 175],
      getgid: [104, 176],
      getegid: [108, 177],
      getrusage: [98, 165],
      sysinfo: [99, 179],
      getrandom: [318, 278],
    },
  },
  {
    why: 'a thread, but no process (clone3, which hides its flags from a filter, does not exist here)',
    verdict: 'allow',
    conditions: [{ argument: 0, has: CLONE_VM | CLONE_THREAD }],
    otherwise: 'kill',
    calls: { clone: [56, 220] },
  },
  {
    why: 'abort() sends its signal to a thread of its own',
    verdict: 'allow',
    conditions: [{ argument: 0, among: ['own pid'] }],
    otherwise: 'kill',
    calls: { tgkill: [234, 131] },
  },
  {
    why: 'names for threads and for memory',
    verdict: 'allow',
    conditions: [{ argument: 0, among: [PR_SET_NAME, PR_SET_VMA] }],
    otherwise: 'refuse',
    calls: { prctl: [157, 167] },
  },
  {
    why: 'what is asked about a descriptor changes nothing',
    verdict: 'allow',
    conditions: [{ argument: 1, among: [F_GETFD, F_GETFL] }],
    otherwise: 'refuse',
    calls: { fcntl: [72, 25] },
  },
  {
    why: 'how large its stack may become; not to change limits, nor to see those of others',
    verdict: 'allow',
    conditions: [
      { argument: 0, among: [0] },
      { argument: 2, nullPointer: true },
    ],
    otherwise: 'refuse',
    calls: { prlimit64: [302, 261] },
  },
]

const REFUSED: CallGroup = {
  why: 'libraries look for files that tell of the machine, and do without; nothing is opened any more, for reading neither',
  verdict: 'refuse',
  calls: {
    open: [2, null],
    openat: [257, 56],
    readlink: [89, null],
    readlinkat: [267, 78],
    access: [21, null],
    faccessat: [269, 48],
    faccessat2: [439, 439],
    stat: [4, null],
    lstat: [6, null],
    newfstatat: [262, 79],
    statx: [332, 291],
    getcwd: [79, 17],
    ioctl: [16, 29],
    uname: [63, 160],
    sched_setscheduler: [144, 119],
    setpriority: [141, 140],
    getpriority: [140, 141],
  },
}

const KILLED: readonly CallGroup[] = [
  {
    why: 'other processes: to signal them, read them, or become them',
    verdict: 'kill',
    calls: {
      fork: [57, null],
      vfork: [58, null],
      execve: [59, 221],
      execveat: [322, 281],
      kill: [62, 129],
      tkill: [200, 130],
      rt_sigqueueinfo: [129, 138],
      rt_tgsigqueueinfo: [297, 240],
      pidfd_open: [434, 434],
      pidfd_getfd: [438, 438],
      pidfd_send_signal: [424, 424],
      ptrace: [101, 117],
      process_vm_readv: [310, 270],
      process_vm_writev: [311, 271],
      process_madvise: [440, 440],
      kcmp: [312, 272],
      move_pages: [279, 239],
      migrate_pages: [256, 238],
    },
  },
  {
    why: 'the network, and descriptors that are passed on',
    verdict: 'kill',
    calls: {
      socket: [41, 198],
      socketpair: [53, 199],
      connect: [42, 203],
      bind: [49, 200],
      listen: [50, 201],
      accept: [43, 202],
      accept4: [288, 242],
      sendto: [44, 206],
      sendmsg: [46, 211],
      sendmmsg: [307, 269],
      recvfrom: [45, 207],
      recvmsg: [47, 212],
      recvmmsg: [299, 243],
    },
  },
  {
    why: 'files and folders: to make, change, move or remove them',
    verdict: 'kill',
    calls: {
      creat: [85, null],
      openat2: [437, 437],
      open_by_handle_at: [304, 265],
      truncate: [76, 45],
      ftruncate: [77, 46],
      fallocate: [285, 47],
      link: [86, null],
      linkat: [265, 37],
      symlink: [88, null],
      symlinkat: [266, 36],
      unlink: [87, null],
      unlinkat: [263, 35],
      rename: [82, null],
      renameat: [264, 38],
      renameat2: [316, 276],
      mkdir: [83, null],
      mkdirat: [258, 34],
      rmdir: [84, null],
      mknod: [133, null],
      mknodat: [259, 33],
      chmod: [90, null],
      fchmod: [91, 52],
      fchmodat: [268, 53],
      fchmodat2: [452, 452],
      chown: [92, null],
      fchown: [93, 55],
      lchown: [94, null],
      fchownat: [260, 54],
      setxattr: [188, 5],
      chdir: [80, 49],
      fchdir: [81, 50],
      sendfile: [40, 71],
      splice: [275, 76],
      tee: [276, 77],
      vmsplice: [278, 75],
      copy_file_range: [326, 285],
    },
  },
  {
    why: 'another view of the machine',
    verdict: 'kill',
    calls: {
      chroot: [161, 51],
      pivot_root: [155, 41],
      mount: [165, 40],
      umount2: [166, 39],
      mount_setattr: [442, 442],
      move_mount: [429, 429],
      open_tree: [428, 428],
      fsopen: [430, 430],
      fsconfig: [431, 431],
      fsmount: [432, 432],
      unshare: [272, 97],
      setns: [308, 268],
    },
  },
  {
    why: 'another user, other rights',
    verdict: 'kill',
    calls: {
      setuid: [105, 146],
      setgid: [106, 144],
      setreuid: [113, 145],
      setregid: [114, 143],
      setresuid: [117, 147],
      setresgid: [119, 149],
      setfsuid: [122, 151],
      setfsgid: [123, 152],
      setgroups: [116, 159],
      capset: [126, 91],
      setrlimit: [160, 164],
      setsid: [112, 157],
      setpgid: [109, 154],
      personality: [135, 92],
      seccomp: [317, 277],
    },
  },
  {
    why: 'corners of the kernel that most holes were found in',
    verdict: 'kill',
    calls: {
      io_uring_setup: [425, 425],
      io_uring_enter: [426, 426],
      io_uring_register: [427, 427],
      bpf: [321, 280],
      perf_event_open: [298, 241],
      userfaultfd: [323, 282],
      memfd_create: [319, 279],
      memfd_secret: [447, 447],
      keyctl: [250, 219],
      add_key: [248, 217],
      request_key: [249, 218],
      shmget: [29, 194],
      shmat: [30, 196],
      shmctl: [31, 195],
      msgget: [68, 186],
      semget: [64, 190],
      mq_open: [240, 180],
      fanotify_init: [300, 262],
      inotify_init1: [294, 26],
      modify_ldt: [154, null],
      iopl: [172, null],
      ioperm: [173, null],
    },
  },
  {
    why: 'the machine itself',
    verdict: 'kill',
    calls: {
      init_module: [175, 105],
      finit_module: [313, 273],
      delete_module: [176, 106],
      kexec_load: [246, 104],
      kexec_file_load: [320, 294],
      reboot: [169, 142],
      swapon: [167, 224],
      swapoff: [168, 225],
      sethostname: [170, 161],
      setdomainname: [171, 162],
      settimeofday: [164, 170],
      clock_settime: [227, 112],
      adjtimex: [159, 171],
      acct: [163, 89],
      quotactl: [179, 60],
      syslog: [103, 116],
    },
  },
]

/** The whole table. Without a JIT compiler no page becomes code any more, and the kernel sees to it (`jitless`). */
export function callGroups(jitless: boolean): readonly CallGroup[] {
  const noCode: CallGroup = {
    why: 'memory that is not code',
    verdict: 'allow',
    conditions: [{ argument: 2, lacks: PROT_EXEC }],
    otherwise: 'refuse',
    calls: MAPPING,
  }
  const mapping: CallGroup = { why: 'memory, of code too', verdict: 'allow', calls: MAPPING }
  return [jitless ? noCode : mapping, ...ALLOWED, REFUSED, ...KILLED]
}
