import { http, routerTest } from 'router-sdk/testing'

const sites = { 'www.example.org': '10.0.0.1:80', 'www.example.org/api': '10.0.0.2:80' }

routerTest('./http-host.ts', ({ given }) => {
  given(http('GET', '/', { host: 'www.example.org' }))
    .tables({ sites })
    .routesTo('10.0.0.1:80')
  given(http('GET', '/api/users/7', { host: 'www.example.org' }))
    .tables({ sites })
    .routesTo('10.0.0.2:80')
  given(http('GET', '/apiary', { host: 'www.example.org' }))
    .tables({ sites })
    .routesTo('10.0.0.1:80')
  given(http('GET', '/', { host: 'example.net' }))
    .tables({ sites })
    .closes(/^HTTP\/1\.1 404/)
  given(http('GET', '/a/b/c/d/e/f/g/h/i', { host: 'www.example.org' }))
    .tables({ sites })
    .closes(/^HTTP\/1\.1 404/)
  given('SSH-2.0-OpenSSH_9.2\r\n').closes(/^HTTP\/1\.1 400/)
  given(http('GET', '/'))
    .on('onConnectError')
    .closes(/^HTTP\/1\.1 502/)
})
