import { routerTest } from 'router-sdk/testing'

routerTest('./canary.ts', ({ given }) => {
  given('').from('192.0.2.1').on('onConnect').routesTo('127.0.0.1:8001')
  given('').from('2001:db8::1').on('onConnect').routesTo('127.0.0.1:8001')
})
