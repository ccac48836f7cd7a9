import { defineRouter } from 'router-sdk'
import { gitError, gitRequest } from 'router-sdk/protocols'

/** One address for the repositories of many owners: `git://here/alice/site.git` is served by the git daemon of alice's home. */
export default defineRouter({
  listen: 9418,
  route(conn) {
    const git = gitRequest(conn.bytes)
    if (git.match === 'need-more') return { noop: true, atLeast: git.atLeast }
    if (git.match === 'no') return { close: 'this port speaks git\n' }
    const home = conn.lookup('homes', git.user)
    return home ? { remote: home } : { close: gitError(`there is no ${git.path} here`) }
  },
  onConnectError: () => ({ close: gitError('its server does not answer; try again later') }),
})
