import { canLeadGroup } from 'router-sdk/own-process'

/**
 * Ctrl-C at a terminal is for the supervisor, which says to its children what follows from it. So each of them leads a process group,
 * as it does by itself where it can, or else a session. Sessions are dear: where the kernel shares out the processor by session
 * (sched(7), autogroup), no niceness counts beyond it, and ten tenants that save all the time cost their neighbours twice as much.
 */
export const NEEDS_SESSION = !canLeadGroup()
