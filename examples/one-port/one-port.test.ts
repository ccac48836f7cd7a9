import { http, postgres, postgresSsl, routerTest, ssh, tlsHello } from 'router-sdk/testing'

routerTest('./one-port.ts', ({ given }) => {
  const servers = { http: '10.0.0.1:80', tls: '10.0.0.1:443', ssh: '10.0.0.1:22', postgres: '10.0.0.1:5432' }
  given(http('GET', '/')).tables({ servers }).routesTo('10.0.0.1:80')
  given(tlsHello('www.example.org')).tables({ servers }).routesTo('10.0.0.1:443')
  given(ssh()).tables({ servers }).routesTo('10.0.0.1:22')
  given(postgres({ user: 'ann' }))
    .tables({ servers })
    .routesTo('10.0.0.1:5432')
  given(postgresSsl()).tables({ servers }).routesTo('10.0.0.1:5432')
  given('').final().tables({ servers }).routesTo('10.0.0.1:22')
  given('\x99\x98\x97\x96\x95\x94\x93\x92').tables({ servers }).closes()
})
