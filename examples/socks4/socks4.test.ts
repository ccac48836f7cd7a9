import { routerTest, socks4 } from 'router-sdk/testing'

routerTest('./socks4.ts', ({ given }) => {
  given(socks4('192.0.2.7', 80)).routesTo('192.0.2.7:80', { data: '', replyWhen: 'connected' })
  given(socks4('www.example.org', 443, 'ann')).routesTo('www.example.org:443')
  given('\x05\x01\0').closes('\0\x5b\0\0\0\0\0\0')
  given(socks4('192.0.2.7', 80)).on('onConnectError').closes('\0\x5b\0\0\0\0\0\0')
})
