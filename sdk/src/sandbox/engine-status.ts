/** How one load or one question ended. `elsewhere`: not asked, since the router was struck here before, or is not loaded. */
export const STATUSES = ['returned', 'timeout', 'memory', 'broken', 'elsewhere'] as const
export type Status = (typeof STATUSES)[number]
