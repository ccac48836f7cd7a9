import { minecraft, routerTest } from 'router-sdk/testing'

routerTest('./minecraft.ts', ({ given }) => {
  const servers = { 'creative.example.org': '10.0.0.6:25565', lobby: '10.0.0.7:25565' }
  given(minecraft('creative.example.org')).tables({ servers }).routesTo('10.0.0.6:25565', { connectTimeout: 1000 })
  given(minecraft('none.example.org')).tables({ servers }).closes()
  given(minecraft('creative.example.org')).tables({ servers }).on('onConnectError').routesTo('10.0.0.7:25565')
  given(minecraft('x'))
    .tables({ servers })
    .on('onConnectError', { tried: ['a:1', 'b:2'] })
    .closes()
})
