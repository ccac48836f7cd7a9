/** Rows of the sandbox survey's list that no test of this folder can hold, and why. */
export const NOT_APPLICABLE: Readonly<Record<number, string>> = {
  12: 'there is no FinalizationRegistry, and calls are synchronous: see effects.test.ts for its absence',
  13: 'there is neither Atomics nor SharedArrayBuffer: see effects.test.ts for their absence',
  23: 'there is no SharedArrayBuffer: see effects.test.ts for its absence',
  24: 'there is no WebAssembly: see effects.test.ts for its absence',
  44: 'which upstreams a tenant may name needs tenants’ policies; what is no address at all is refused (values.test.ts)',
  49: 'a host gives its isolates no callbacks: what conn.log and conn.lookup do stays in the isolate (effects.test.ts)',
  58: 'hosts are shared by routers whoever owns them; every test here is of one router against another in the same host',
  66: 'how many routers there may be is a tenant’s limit; more than a host has room for are tested in test/sandbox/process-sandbox.test.ts',
  65: 'clock jumps and suspended machines are not for a test; timers due at once are (test/sandbox/process-sandbox.test.ts)',
  69: 'nothing takes cachedData or snapshots: a version is source text (sdk/src/sandbox/frames.ts)',
  70: 'a soak of 24 hours is no test of a suite; test/endurance has its minutes',
}
