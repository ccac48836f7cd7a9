/**
 * Tests of routers, for `router-sdk test`: what clients of the usual protocols send first, and what the router does with it.
 */
export { type RouterTest, routerTest } from './collect.ts'
export type { Given, RouteDetails } from './given.ts'
export * from './requests.ts'
