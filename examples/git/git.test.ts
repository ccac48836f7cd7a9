import { git, routerTest } from 'router-sdk/testing'

routerTest('./git.ts', ({ given }) => {
  const homes = { alice: '10.0.0.5:9418' }
  given(git('alice/site.git')).tables({ homes }).routesTo('10.0.0.5:9418')
  given(git('bob/site.git'))
    .tables({ homes })
    .closes(/ERR there is no \/bob\/site\.git here/)
  given('GET / HTTP/1.1\r\n\r\n').closes(/speaks git/)
  given('0032git-upl').waits()
  given(git('alice/site.git'))
    .on('onConnectError')
    .closes(/does not answer/)
})
