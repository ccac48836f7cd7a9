import { redis, routerTest } from 'router-sdk/testing'

routerTest('./redis-prefix.ts', ({ given }) => {
  const servers = { shop: '10.0.0.4:6379' }
  given(redis('GET', 'shop:7')).tables({ servers }).routesTo('10.0.0.4:6379')
  given('GET shop:7\r\n').tables({ servers }).routesTo('10.0.0.4:6379')
  given(redis('GET', 'blog:7'))
    .tables({ servers })
    .closes(/^-ERR the first command/)
  given(redis('PING')).tables({ servers }).closes(/^-ERR/)
})
