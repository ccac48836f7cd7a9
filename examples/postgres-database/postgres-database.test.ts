import { postgres, postgresSsl, routerTest } from 'router-sdk/testing'

routerTest('./postgres-database.ts', ({ given }) => {
  const databases = { shop: '10.0.0.3:5432' }
  given(postgres({ user: 'ann', database: 'shop' }))
    .tables({ databases })
    .routesTo('10.0.0.3:5432')
  given(postgres({ user: 'shop' }))
    .tables({ databases })
    .routesTo('10.0.0.3:5432')
  given(postgres({ user: 'ann', database: 'none' }))
    .tables({ databases })
    .closes(/^E.*3D000.*"none" does not exist/s)
  given(postgresSsl()).closes(/sslmode=disable/)
  given('GET / HTTP/1.1\r\n\r\n').closes()
})
