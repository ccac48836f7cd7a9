import { mqtt, routerTest } from 'router-sdk/testing'

routerTest('./mqtt-client.ts', ({ given }) => {
  const brokers = { vans: '10.0.0.5:1883' }
  given(mqtt('vans-17')).tables({ brokers }).routesTo('10.0.0.5:1883')
  given(mqtt('vans-17', { version: 5 }))
    .tables({ brokers })
    .routesTo('10.0.0.5:1883')
  given(mqtt('boats-1')).tables({ brokers }).closes('\x20\x02\0\x02')
  given(mqtt('boats-1', { version: 5 }))
    .tables({ brokers })
    .closes('\x20\x03\0\x85\0')
})
