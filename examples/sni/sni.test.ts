import { routerTest, tlsHello } from 'router-sdk/testing'

routerTest('./sni.ts', ({ given }) => {
  const sites = { 'www.example.org': '10.0.0.1:443', '*.example.net': '10.0.0.2:443' }
  given(tlsHello('www.example.org')).tables({ sites }).routesTo('10.0.0.1:443')
  given(tlsHello('shop.example.net')).tables({ sites }).routesTo('10.0.0.2:443')
  given(tlsHello('nobody.example.com'))
    .tables({ sites })
    .closes(new Uint8Array([21, 3, 3, 0, 2, 2, 112]))
  given('GET / HTTP/1.1\r\n\r\n').closes()
})
