import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { readTable, TableFault } from '../../sdk/src/testing/tables.ts'
import { parseCsvTable } from '../../src/lookup/table-csv.ts'
import { TableError } from '../../src/lookup/table-image.ts'
import { parseJsonTable } from '../../src/lookup/table-json.ts'

const folder = mkdtempSync(join(tmpdir(), 'router-sdk-tables-'))
after(() => rmSync(folder, { recursive: true }))

/** What the proxy makes of a table; `undefined` where it refuses it. */
function served(text: string, kind: 'json' | 'csv'): Record<string, string> | undefined {
  const values: Record<string, string> = {}
  const add = (key: Uint8Array, value: Uint8Array): void => {
    Object.defineProperty(values, Buffer.from(key).toString(), {
      value: Buffer.from(value).toString(),
      enumerable: true,
      configurable: true,
    })
  }
  try {
    if (kind === 'csv') parseCsvTable(Buffer.from(text), add)
    else parseJsonTable(Buffer.from(text), add)
    return values
  } catch (error) {
    assert.ok(error instanceof TableError, String(error))
    return undefined
  }
}

async function tested(text: string, kind: 'json' | 'csv'): Promise<Record<string, string> | undefined> {
  const file = join(folder, `a.b.${kind}`)
  writeFileSync(file, text)
  try {
    return { ...(await readTable(file)) }
  } catch (error) {
    assert.ok(error instanceof TableFault, String(error))
    return undefined
  }
}

const piece = fc.constantFrom(
  'a',
  'b',
  ',',
  '"',
  '""',
  '\r\n',
  '\n',
  '\r',
  ' ',
  'é',
  '{',
  '}',
  ':',
  '"k"',
  '1',
  '-1.50',
  '1e3',
  'true',
  'null',
  '[',
  '\\',
  '"v"',
)
const pieces = fc.array(piece, { maxLength: 12 }).map((list) => list.join(''))
const entries = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)))

describe('a table beside a router', () => {
  it('means the same to router-sdk as to the proxy, in JSON', async () => {
    const text = fc.oneof(
      pieces,
      pieces.map((inner) => `{${inner}}`),
      entries.map((made) => JSON.stringify(made)),
    )
    await fc.assert(
      fc.asyncProperty(text, async (json) => assert.deepEqual(await tested(json, 'json'), served(json, 'json'))),
      { numRuns: 500 },
    )
  })

  it('means the same to router-sdk as to the proxy, in CSV', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (csv) => assert.deepEqual(await tested(csv, 'csv'), served(csv, 'csv'))),
      { numRuns: 1000 },
    )
  })

  it('is refused when it is not UTF-8', async () => {
    const file = join(folder, 'latin.json')
    writeFileSync(file, Buffer.from('{"a":"\xff"}', 'latin1'))
    await assert.rejects(readTable(file), /latin\.json is not UTF-8/)
  })
})
