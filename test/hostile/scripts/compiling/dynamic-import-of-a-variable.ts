// outcome: R – import() of what is not known before it runs
// says: /import\(\) is not available/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const name = './x' + '.ts'
import(name)

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
