import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { defineConfig } from 'pointsman/config'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { parseSettings } from '../../src/config/problems.ts'

const folder = mkdtempSync(join(tmpdir(), 'pointsman-config-'))
after(() => rmSync(folder, { recursive: true }))
const NO_OPTIONS = { config: undefined, host: undefined, port: undefined }

function write(name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

test('an empty configuration has every default', () => {
  const settings = parseSettings({}, 'test')
  assert.deepEqual(settings.listen, { host: '0.0.0.0', port: 5432 })
  assert.deepEqual(settings.preread, { limit: 32_768, time: 10_000, clientConnections: 256, strangersPerSecond: 200 })
  assert.deepEqual(settings.connect, { timeout: 5000, retries: 10, retryDelay: 100 })
  assert.deepEqual(settings.strikes, { limit: 3, window: 600_000, quarantine: 1000, quarantineMax: 300_000 })
  assert.deepEqual(settings.log, { level: 'info', file: null, access: null, pretty: 'auto' })
  assert.deepEqual(settings.isolation, { require: [], user: 65_534, jitless: 'untrusted' })
  assert.equal(settings.router.isolateMemory, 32 * 1024 * 1024)
  assert.equal(settings.drainTime, 10_000)
})

test('a wrong setting is named with what was found and what is allowed', () => {
  const cases: [unknown, string][] = [
    [{ listen: { port: 99_999 } }, 'f: listen.port is 99999; allowed is a whole number from 0 to 65535'],
    [{ listen: { port: '80' } }, 'f: listen.port is "80"; allowed is a whole number from 0 to 65535'],
    [{ workers: 1.5 }, 'f: workers is 1.5; allowed is a whole number from 1 to 256'],
    [{ drainTime: -1 }, 'f: drainTime is -1; allowed is a whole number of milliseconds from 0 to 86400000'],
    [{ workres: 2 }, 'f: workres is not a setting; did you mean workers?'],
    [{ listen: { prot: 1 } }, 'f: listen.prot is not a setting; did you mean listen.port?'],
    [{ dns: { xyzzy: 1 } }, 'f: dns.xyzzy is not a setting; allowed are servers, minTtl, maxTtl, staleFor, timeout'],
    [{ dns: [] }, 'f: dns is a list; allowed is an object with any of servers, minTtl, maxTtl, staleFor, timeout'],
    [{ log: { level: 'loud' } }, 'f: log.level is "loud"; allowed is one of "debug", "info", "warn", "error"'],
    [{ log: { pretty: 3 } }, 'f: log.pretty is 3; allowed is true, false or "auto"'],
    [
      { router: { isolateMemory: 8_388_609 } },
      'f: router.isolateMemory is 8388609; allowed is a multiple of 1048576 bytes',
    ],
    [
      { router: { decisionTime: 200 } },
      'f: router.decisionDeadline is 100; allowed is router.decisionTime (200) or more',
    ],
    [
      { tenants: { named: { acme: { limits: { conections: 3 } } } } },
      'f: tenants.named.acme.limits.conections is not a setting; did you mean tenants.named.acme.limits.connections?',
    ],
    [
      { tenants: { named: { acme: { prots: [] } } } },
      'f: tenants.named.acme.prots is not a setting; did you mean tenants.named.acme.ports?',
    ],
    [
      { tenants: { defaults: { trust: 'some' } } },
      'f: tenants.defaults.trust is "some"; allowed is one of "untrusted", "trusted"',
    ],
    [{ dns: { minTtl: 5000, maxTtl: 10 } }, 'f: dns.maxTtl is 10; allowed is dns.minTtl (5000) or more'],
  ]
  for (const [configuration, message] of cases)
    assert.throws(() => parseSettings(configuration, 'f'), new ConfigError(message), JSON.stringify(configuration))
})

test('workers that would share ports are refused on a system where they cannot, and one is not', () => {
  assert.equal(parseSettings({ workers: 2 }, 'f', 'linux').workers, 2)
  assert.equal(parseSettings({ workers: 1 }, 'f', 'darwin').workers, 1)
  const refused =
    'f: workers is 2; allowed is 1 on this system (darwin), where processes cannot share a port as on Linux'
  assert.throws(() => parseSettings({ workers: 2 }, 'f', 'darwin'), new ConfigError(refused))
})

test('what is no object at all, or is null, is refused in words', () => {
  for (const wrong of [null, 3, 'x', []])
    assert.throws(
      () => parseSettings(wrong, 'f'),
      /^Error: f: the configuration is .*; allowed is an object with any of listen, /,
    )
})

test('each mistake has its line', () => {
  assert.throws(
    () => parseSettings({ workers: 0, isolation: { require: ['moat'] } }, 'f'),
    (error) => {
      assert.ok(error instanceof ConfigError)
      assert.equal(error.message.split('\n').length, 2)
      assert.match(error.message, /isolation\.require\.0 is "moat"; allowed is one of "process"/)
      return true
    },
  )
})

test('keys of the prototype are no settings', () => {
  assert.throws(() => parseSettings(JSON.parse('{"__proto__": {"workers": 2}}'), 'f'), /__proto__ is not a setting/)
  assert.throws(() => parseSettings({ toString: 1 }, 'f'), /toString is not a setting/)
})

test('the command line wins over the file, and the file over the defaults', async () => {
  const config = write('both.json', '{"listen":{"host":"127.0.0.1","port":1},"workers":2}')
  const { settings, file } = await loadConfig({ config, host: undefined, port: 7 })
  assert.deepEqual([settings.listen, settings.workers, file], [{ host: '127.0.0.1', port: 7 }, 2, config])
})

test('a configuration in TypeScript is read anew each time', async () => {
  const config = write('again.ts', 'const workers: number = 2\nexport default { workers }\n')
  assert.equal((await loadConfig({ ...NO_OPTIONS, config })).settings.workers, 2)
  write('again.ts', 'export default { workers: 3 }\n')
  assert.equal((await loadConfig({ ...NO_OPTIONS, config })).settings.workers, 3)
})

test('without a configuration the defaults hold, and a default file of the working directory is found', async () => {
  const cwd = mkdtempSync(join(folder, 'cwd-'))
  assert.equal((await loadConfig(NO_OPTIONS, cwd)).file, undefined)
  writeFileSync(join(cwd, 'pointsman.config.json'), '{"workers":4}')
  assert.equal((await loadConfig(NO_OPTIONS, cwd)).settings.workers, 4)
  writeFileSync(join(cwd, 'pointsman.config.ts'), 'export default { workers: 5 }')
  assert.equal((await loadConfig(NO_OPTIONS, cwd)).settings.workers, 5)
})

test('a file that cannot be read or is not what it should be is named', async () => {
  const cases: [string, RegExp][] = [
    [join(folder, 'none.json'), /^cannot read the configuration .*none\.json: no such file or directory \(ENOENT\)$/],
    [write('a.yaml', ''), /is not a \.ts or \.json file/],
    [write('broken.json', '{"a":'), /^broken\.json is not JSON: /],
    [write('syntax.ts', 'export default {{'), /^cannot load syntax\.ts: /],
    [write('throws.ts', 'throw new Error("no\\u001b[31m way")'), /^cannot load throws\.ts: no way$/],
    [write('nodefault.ts', 'export const a = 1'), /^nodefault\.ts has no default export/],
  ]
  for (const [config, message] of cases)
    await assert.rejects(loadConfig({ ...NO_OPTIONS, config }), (error) => {
      assert.ok(error instanceof ConfigError, String(error))
      assert.match(error.message, message)
      return true
    })
})

test('a .ts configuration is a module, whatever the package.json beside it says', async () => {
  const cwd = mkdtempSync(join(folder, 'script-'))
  writeFileSync(join(cwd, 'package.json'), '{ "type": "commonjs" }')
  writeFileSync(join(cwd, '_workers.ts'), 'export const workers: number = 7\n')
  writeFileSync(
    join(cwd, 'pointsman.config.ts'),
    "import { workers } from './_workers.ts'\nexport default { workers }\n",
  )
  assert.equal((await loadConfig(NO_OPTIONS, cwd)).settings.workers, 7)
})

test('defineConfig types a configuration and gives it back', () => {
  const configuration = defineConfig({ listen: { port: 0 } })
  assert.equal(parseSettings(configuration, 'f').listen.port, 0)
})

test('what a configuration imports is read anew as well, and known, also when it is broken', async () => {
  const cwd = mkdtempSync(join(folder, 'imports-'))
  const at = (name: string) => join(cwd, name)
  writeFileSync(at('_deep.ts'), 'export const workers = 2\n')
  writeFileSync(at('_mid.ts'), "export { workers } from './_deep.ts'\n")
  writeFileSync(
    at('pointsman.config.ts'),
    "import { workers } from './_mid.ts'\nimport os from 'node:os'\nvoid os\nexport default { workers }\n",
  )
  const files = new Set<string>()
  assert.equal((await loadConfig(NO_OPTIONS, cwd, files)).settings.workers, 2)
  const names = ['_deep.ts', '_mid.ts', 'pointsman.config.json', 'pointsman.config.ts']
  assert.deepEqual([...files].sort(), names.map(at))
  writeFileSync(at('_deep.ts'), 'export const workers = 3\n')
  assert.equal((await loadConfig(NO_OPTIONS, cwd)).settings.workers, 3)
  writeFileSync(at('_deep.ts'), "export const workers = 4\nthrow new Error('broken')\n")
  const broken = new Set<string>()
  await assert.rejects(loadConfig(NO_OPTIONS, cwd, broken), /cannot load pointsman\.config\.ts: broken/)
  assert.ok(broken.has(at('_deep.ts')))
})
