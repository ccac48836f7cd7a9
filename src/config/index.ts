/** What a `pointsman.config.ts` imports. */
export { defineConfig } from './problems.ts'
export type { Configuration } from './schema.ts'
