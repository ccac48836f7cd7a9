import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { it } from 'node:test'
import * as protocols from '../../sdk/src/protocols/index.ts'
import { Project } from './project.ts'

const readme = await readFile(new URL('../../sdk/README.md', import.meta.url), 'utf8')

it('the router and the test of the first page pass as they stand there', async () => {
  const files = [...readme.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, name = '', text = '']) => [
    name,
    text,
  ])
  assert.deepEqual(
    files.map(([name]) => name),
    ['git.ts', 'git.test.ts'],
  )
  using project = new Project(Object.fromEntries(files))
  const { code, stdout, stderr } = await project.run(['test'])
  assert.equal(code, 0, `${stdout}\n${stderr}`)
  assert.match(stdout, /3 of 3 connections as expected/)
})

it('the first page names every parser, and every command that there is', async () => {
  const table = readme.slice(readme.indexOf('| parser |'))
  const missing = Object.keys(protocols).filter((name) => !table.includes(`\`${name}\``))
  assert.deepEqual(missing, ['gitError', 'socks4Reply'])
  using project = new Project()
  const { stdout } = await project.run(['--help'])
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name)
  assert.ok(commands.length > 5, stdout)
  for (const command of commands) assert.match(readme, new RegExp(`^\\| \`npx router-sdk ${command}[ \`]`, 'm'))
})
