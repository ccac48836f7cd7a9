import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { run } from '../kit/programs.ts'

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const EXAMPLES = join(REPOSITORY, 'examples')
const MOST_LINES = 30

const files = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })
const routers = files.filter((file) => /\/[a-z][^/]*\.ts$/.test(file) && !file.endsWith('.test.ts'))

it(`every example is a router of at most ${MOST_LINES} lines with tests beside it`, () => {
  assert.ok(routers.length >= 13, `${routers}`)
  for (const router of routers) {
    const lines = readFileSync(join(EXAMPLES, router), 'utf8').trimEnd().split('\n').length
    assert.ok(lines <= MOST_LINES, `${router} has ${lines} lines`)
    assert.ok(files.includes(router.replace(/\.ts$/, '.test.ts')), `${router} has no tests`)
  }
})

it('every example passes its own tests, as its author would run them', { timeout: 120_000 }, async () => {
  const bin = join(REPOSITORY, 'sdk', 'bin', 'router-sdk.js')
  const tests = routers.map((router) => router.replace(/\.ts$/, '.test.ts'))
  const { code, stdout, stderr } = await run(process.execPath, [bin, 'test', '--noise', '0.1', ...tests], {
    cwd: EXAMPLES,
  })
  assert.equal(code, 0, stdout.slice(-4000) + stderr)
})
