import { routerTest } from 'router-sdk/testing'

routerTest('./smtp.ts', ({ given }) => {
  const servers = { '192.0.2.9': '10.0.0.9:25' }
  given('').from('192.0.2.9').tables({ servers }).on('onConnect').routesTo('10.0.0.9:25', { inactivityTimeout: 5000 })
  given('').tables({ servers }).on('onConnect').routesTo('127.0.0.1:2525')
  given('').on('onInactivity').closes(/^421 /)
  given('').on('onConnectError').closes(/^421 /)
})
