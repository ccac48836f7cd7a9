import { MachineWords } from './machine-words.ts'

/**
 * The system calls of the epoll transport, as a table that tests put faults in front of. Each answers what the kernel did, or
 * `-errno`: it is read before anything else can run. Memory is named by its address, sizes of it are `bigint` as C takes them.
 */
export interface SystemCalls {
  socket(domain: number, type: number, protocol: number): number
  bind(descriptor: number, address: bigint, length: number): number
  listen(descriptor: number, backlog: number): number
  accept4(descriptor: number, address: bigint, length: bigint, flags: number): number
  connect(descriptor: number, address: bigint, length: number): number
  read(descriptor: number, memory: bigint, length: bigint): number
  /** The process must ignore SIGPIPE, as Node does. */
  write(descriptor: number, memory: bigint, length: bigint): number
  send(descriptor: number, memory: bigint, length: bigint, flags: number): number
  /** Offsets are addresses of none: 0. */
  splice(from: number, fromOffset: bigint, to: number, toOffset: bigint, length: bigint, flags: number): number
  /** `pair` is where its two descriptors go, that to read from first. */
  pipe2(pair: bigint, flags: number): number
  shutdown(descriptor: number, how: number): number
  close(descriptor: number): number
  setsockopt(descriptor: number, level: number, name: number, value: bigint, length: number): number
  getsockopt(descriptor: number, level: number, name: number, value: bigint, length: bigint): number
  getsockname(descriptor: number, address: bigint, length: bigint): number
  getpeername(descriptor: number, address: bigint, length: bigint): number
  fcntl(descriptor: number, command: number, argument: number): number
  epollCreate(flags: number): number
  epollControl(epoll: number, operation: number, descriptor: number, event: bigint): number
  epollWait(epoll: number, events: bigint, most: number, timeout: number): number
  /** `left` is where what was not slept goes when a signal came; 0 for nowhere. */
  nanosleep(time: bigint, left: bigint): number
}

/** How Node's event loop is told to watch a descriptor. */
export interface EventLoop {
  /** Bytes that `watch` needs for the loop's own account of it. */
  readonly handleSize: number
  /** Calls `readable` whenever the descriptor has something to read, until the process ends. `handle` must stay where it is. */
  watch(handle: bigint, descriptor: number, readable: () => void): number
  /** Whether the watching keeps the process alive. */
  keepAlive(handle: bigint, keeps: boolean): void
}

/** What the process has of the system, if it has it. */
export interface System {
  readonly calls: SystemCalls
  readonly loop: EventLoop
  /** Where the memory of `bytes` is; it stays there as long as its buffer lives. */
  addressOf(bytes: Uint8Array): bigint
}

// of libuv's enum uv_handle_type
const UV_POLL = 8
const UV_READABLE = 1

type Ffi = typeof import('node:ffi')

let system: System | Error | undefined

/**
 * The system's calls through `node:ffi`, or why there are none: the system is not Linux, this Node has no `node:ffi`, or is not
 * permitted to use it.
 */
export function theSystem(): System | Error {
  system ??= load()
  return system
}

function load(): System | Error {
  // fcntl is variadic: elsewhere its arguments may be passed in another way (macOS on arm64)
  if (process.platform !== 'linux') return new Error(`this is ${process.platform}, not Linux`)
  try {
    const ffi = process.getBuiltinModule('node:ffi')
    if (ffi === undefined) return new Error('this Node has no node:ffi')
    return { calls: bindCalls(ffi), loop: bindLoop(ffi), addressOf: (bytes) => ffi.getRawPointer(bytes) }
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/**
 * Every argument is declared as a pointer, which is a machine word: on the systems that have `node:ffi`, a C function takes an
 * integer of the low half of one. Node calls functions that take nothing but pointers directly, out of compiled code; round all others
 * it puts a function of its own that checks each argument, and from four on collects them in an array: 0.2 µs become 0.5.
 */
const WORD = 'pointer'
const ONE = [WORD] as const
const TWO = [WORD, WORD] as const
const THREE = [WORD, WORD, WORD] as const
const FOUR = [WORD, WORD, WORD, WORD] as const
const FIVE = [WORD, WORD, WORD, WORD, WORD] as const
const SIX = [WORD, WORD, WORD, WORD, WORD, WORD] as const

function bindCalls(ffi: Ffi): SystemCalls {
  const { functions } = ffi.dlopen(null, {
    __errno_location: { arguments: [], return: 'pointer' },
    socket: { arguments: THREE, return: 'i32' },
    bind: { arguments: THREE, return: 'i32' },
    listen: { arguments: TWO, return: 'i32' },
    accept4: { arguments: FOUR, return: 'i32' },
    connect: { arguments: THREE, return: 'i32' },
    read: { arguments: THREE, return: 'i32' },
    write: { arguments: THREE, return: 'i32' },
    send: { arguments: FOUR, return: 'i32' },
    splice: { arguments: SIX, return: 'i32' },
    pipe2: { arguments: TWO, return: 'i32' },
    shutdown: { arguments: TWO, return: 'i32' },
    close: { arguments: ONE, return: 'i32' },
    setsockopt: { arguments: FIVE, return: 'i32' },
    getsockopt: { arguments: FIVE, return: 'i32' },
    getsockname: { arguments: THREE, return: 'i32' },
    getpeername: { arguments: THREE, return: 'i32' },
    fcntl: { arguments: THREE, return: 'i32' },
    epoll_create1: { arguments: ONE, return: 'i32' },
    epoll_ctl: { arguments: FOUR, return: 'i32' },
    epoll_wait: { arguments: FOUR, return: 'i32' },
    nanosleep: { arguments: TWO, return: 'i32' },
  })
  const errno = new Int32Array(ffi.toArrayBuffer(functions.__errno_location(), 4, false))
  const checked = (result: number) => (result < 0 ? -(errno[0] ?? 0) : result)
  return {
    socket: (domain, type, protocol) => checked(functions.socket(word(domain), word(type), word(protocol))),
    bind: (descriptor, address, length) => checked(functions.bind(word(descriptor), address, word(length))),
    listen: (descriptor, backlog) => checked(functions.listen(word(descriptor), word(backlog))),
    accept4: (descriptor, address, length, flags) =>
      checked(functions.accept4(word(descriptor), address, length, word(flags))),
    connect: (descriptor, address, length) => checked(functions.connect(word(descriptor), address, word(length))),
    read: (descriptor, memory, length) => checked(functions.read(word(descriptor), memory, length)),
    write: (descriptor, memory, length) => checked(functions.write(word(descriptor), memory, length)),
    send: (descriptor, memory, length, flags) => checked(functions.send(word(descriptor), memory, length, word(flags))),
    splice: (from, fromOffset, to, toOffset, length, flags) =>
      checked(functions.splice(word(from), fromOffset, word(to), toOffset, length, word(flags))),
    pipe2: (pair, flags) => checked(functions.pipe2(pair, word(flags))),
    shutdown: (descriptor, how) => checked(functions.shutdown(word(descriptor), word(how))),
    close: (descriptor) => checked(functions.close(word(descriptor))),
    setsockopt: (descriptor, level, name, value, length) =>
      checked(functions.setsockopt(word(descriptor), word(level), word(name), value, word(length))),
    getsockopt: (descriptor, level, name, value, length) =>
      checked(functions.getsockopt(word(descriptor), word(level), word(name), value, length)),
    getsockname: (descriptor, address, length) => checked(functions.getsockname(word(descriptor), address, length)),
    getpeername: (descriptor, address, length) => checked(functions.getpeername(word(descriptor), address, length)),
    fcntl: (descriptor, command, argument) => checked(functions.fcntl(word(descriptor), word(command), word(argument))),
    epollCreate: (flags) => checked(functions.epoll_create1(word(flags))),
    epollControl: (epoll, operation, descriptor, event) =>
      checked(functions.epoll_ctl(word(epoll), word(operation), word(descriptor), event)),
    epollWait: (epoll, events, most, timeout) =>
      checked(functions.epoll_wait(word(epoll), events, word(most), word(timeout))),
    nanosleep: (time, left) => checked(functions.nanosleep(time, left)),
  }
}

/** Descriptors and flags; few processes have more descriptors than that, and what is above is made each time. */
const words = new MachineWords(16_384)

/** An integer of C, which must not be negative, as a machine word. */
function word(integer: number): bigint {
  return words.of(integer)
}

function bindLoop(ffi: Ffi): EventLoop {
  const { lib, functions } = ffi.dlopen(null, {
    uv_handle_size: { arguments: ['i32'], return: 'u64' },
    uv_poll_init: { arguments: ['pointer', 'pointer', 'i32'], return: 'i32' },
    uv_poll_start: { arguments: ['pointer', 'i32', 'pointer'], return: 'i32' },
    uv_ref: { arguments: ['pointer'], return: 'void' },
    uv_unref: { arguments: ['pointer'], return: 'void' },
  })
  return {
    handleSize: Number(functions.uv_handle_size(UV_POLL)),
    watch(handle, descriptor, readable) {
      const failed = functions.uv_poll_init(ffi.getCurrentEventLoop(), handle, descriptor)
      if (failed < 0) return failed
      const callback = lib.registerCallback({ arguments: ['pointer', 'i32', 'i32'], return: 'void' }, readable)
      return functions.uv_poll_start(handle, UV_READABLE, callback)
    },
    keepAlive(handle, keeps) {
      if (keeps) functions.uv_ref(handle)
      else functions.uv_unref(handle)
    },
  }
}
