import { routerTest } from 'router-sdk/testing'

routerTest('./block-list.ts', ({ given }) => {
  const blocked = { '192.0.2.66': 'spam', '198.51.100.': 'scanners' }
  given('').from('192.0.2.66').tables({ blocked }).on('onConnect').closes()
  given('').from('198.51.100.7').tables({ blocked }).on('onConnect').closes()
  given('').from('192.0.2.67').tables({ blocked }).on('onConnect').routesTo('127.0.0.1:80')
  given('').from('2001:db8::1').tables({ blocked }).on('onConnect').routesTo('127.0.0.1:80')
})
