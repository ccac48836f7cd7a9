import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { readTable } from '../../src/lookup/table-file.ts'
import { TableError, TableImage } from '../../src/lookup/table-image.ts'

const folder = mkdtempSync(join(tmpdir(), 'pointsman-tables-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0

function read(content: string | Buffer, extension = 'json', maxBytes = 1_000_000): TableImage {
  const file = join(folder, `${files++}.${extension}`)
  writeFileSync(file, content)
  return new TableImage(readTable(file, maxBytes))
}

function refused(message: RegExp, act: () => unknown): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof TableError, String(error))
    assert.match(error.message, message)
    return true
  })
}

test('a JSON table holds strings, numbers and booleans as they are written', () => {
  const table = read(
    '\ufeff { "a" : "x\\ty\\u00e9", "b":12345678901234567890 ,"c": true,"d":-1.50e3, "": "", "é": "ü" }\n',
  )
  const values = ['a', 'b', 'c', 'd', '', 'é', 'none'].map((key) => table.get(key))
  assert.deepEqual(values, ['x\tyé', '12345678901234567890', 'true', '-1.50e3', '', 'ü', undefined])
})

test('the last of two equal keys counts in JSON and in CSV', () => {
  assert.equal(read('{"a":"1","a":"2"}').get('a'), '2')
  assert.equal(read('a,1\na,2\n', 'csv').get('a'), '2')
})

test('a JSON table that JSON.stringify wrote reads back the same', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
      fc.boolean(),
      (object, indented) => {
        const table = read(JSON.stringify(object, null, indented ? 2 : 0))
        for (const key of Object.keys(object)) assert.equal(table.get(key), object[key])
      },
    ),
    { numRuns: 50 },
  )
})

test('what is not a flat JSON object is refused with its place and key', () => {
  const cases: [string, RegExp][] = [
    ['', /line 1, column 1: .*JSON object of strings; found the end of the file/],
    ['[]', /line 1, column 1: .*found "\["/],
    ['{"a":{"b":1}}', /the value of "a" is a string, a number or a boolean; found an object/],
    ['{"a":"1",\n "b":[1]}', /line 2, column 6: the value of "b" .* found a list/],
    ['{"a":null}', /the value of "a" .* found "null"/],
    ['{"a":01}', /the value of "a" .* found "01"/],
    ['{"a" "b"}', /expected ":" after the key "a"; found "\\""/],
    ['{"a":"b" "c":"d"}', /expected "," or "}" after the value of "a"/],
    ['{"a":"b",}', /expected a key in quotes; found "}"/],
    ['{"a":"b"', /expected "," or "}" .* found the end of the file/],
    ['{"a":"b', /a string does not end before the end of the file/],
    ['{"a":"\\', /a string does not end before/],
    ['{"a":"\\x"}', /a string has an escape that is none/],
    ['{"a":"b\nc"}', /line 1, column 8: a string holds a control character/],
    ['{"a":"b"} x', /the object ends and is followed by "x"/],
  ]
  for (const [content, message] of cases) refused(message, () => read(content))
})

test('a CSV table has quoted fields, empty lines, both line ends and no need of a last one', () => {
  const table = read('a,1\r\n\r\n"b ""q""","x,\ny"\nc,', 'csv')
  assert.deepEqual(
    ['a', 'b "q"', 'c'].map((key) => table.get(key)),
    ['1', 'x,\ny', ''],
  )
})

test('a CSV table with a wrong line is refused with its number', () => {
  const cases: [string, RegExp][] = [
    ['a,1\nb\n', /^line 2 has one field/],
    ['a,1\nb,2,3\n', /^line 2 has more than two fields/],
    ['"a\nb",1\n"c"d,2\n', /^line 3 has one field/],
    ['a,"b"c\n', /^line 1 has text after a closing quote/],
    ['a"b,c\n', /^line 1 has a quote inside a field/],
    ['a,b\n"c,d\n\n', /^line 2 opens a quote that is not closed/],
  ]
  for (const [content, message] of cases) refused(message, () => read(content, 'csv'))
})

test('only a regular UTF-8 file within the size limit is read', () => {
  refused(/has 9 bytes; tables.maxBytes allows 8/, () => read('{"a":"b"}', 'json', 8))
  refused(/is not UTF-8/, () => read(Buffer.from([0x7b, 0xff, 0x7d])))
  refused(/cannot be opened \(ENOENT\)/, () => readTable(join(folder, 'none.json'), 100))
  refused(/is not a regular file/, () => readTable(folder, 100))
  const link = join(folder, 'link.json')
  symlinkSync('/etc/hostname', link)
  refused(/symbolic link/, () => readTable(link, 100))
  const pipe = join(folder, 'pipe.json')
  execFileSync('mkfifo', [pipe])
  refused(/is not a regular file/, () => readTable(pipe, 100))
})
