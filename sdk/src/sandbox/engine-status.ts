/** How one load or one question ended. `elsewhere`: not asked here, since the router was struck before or is not loaded; or not given the processor. */
export const STATUSES = ['returned', 'timeout', 'memory', 'broken', 'elsewhere'] as const
export type Status = (typeof STATUSES)[number]
