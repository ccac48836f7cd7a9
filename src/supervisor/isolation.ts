/** How sandbox hosts are started stands with the sandbox, so that routers are tested behind the walls that serve them. */
export { type DetectedLaunch, detectHostLaunch } from 'router-sdk/sandbox'
