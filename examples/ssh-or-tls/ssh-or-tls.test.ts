import { routerTest, ssh, tlsHello } from 'router-sdk/testing'

routerTest('./ssh-or-tls.ts', ({ given }) => {
  given(ssh()).routesTo('127.0.0.1:22')
  given(tlsHello('www.example.org')).routesTo('127.0.0.1:8443')
  given('').final().routesTo('127.0.0.1:22')
  given('GET / HTTP/1.1\r\n\r\n').closes()
})
