import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { exampleRouter } from '../kit/examples.ts'
import { Pointsman } from '../kit/pointsman.ts'
import { find, missing, run } from '../kit/programs.ts'
import { Client, freePort, TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'

describe('examples/greeting-first: SMTP, in which the server speaks first', {
  skip: missing('msmtpd', 'swaks'),
}, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'pointsman-smtp-'))
  const mailbox = join(scratch, 'mailbox')
  let msmtpd: ChildProcess
  let pointsman: Pointsman
  let port: number

  before(async () => {
    const at = await freePort()
    msmtpd = spawn(find('msmtpd') ?? '', [`--port=${at}`, '--interface=127.0.0.1', `--command=cat >> ${mailbox}; :`], {
      stdio: 'ignore',
    })
    await until('msmtpd to answer', () => greeting(at).catch(() => undefined))
    pointsman = await Pointsman.start({
      routers: {
        smtp: exampleRouter('greeting-first/smtp.ts'),
        'smtp.servers.json': `{"127.0.0.1": "127.0.0.1:${at}"}`,
      },
      config: { connect: { retries: 0 } },
    })
    port = await pointsman.served('smtp')
  })

  after(async () => {
    await pointsman.stop()
    msmtpd.kill('SIGKILL')
    rmSync(scratch, { recursive: true, force: true })
  })

  it('shows the greeting to a client that says nothing', async () => {
    assert.match(await greeting(port), /^220 /)
  })

  it('delivers a message of swaks to the real server', async () => {
    const sent = await run('swaks', ['--server', '127.0.0.1', '--port', String(port), '--to', 'bob@example.org', '--from',
      'ann@example.org', '--body', 'through the proxy']) // biome-ignore format: one command
    assert.equal(sent.code, 0, sent.stdout + sent.stderr)
    const mail = await until(
      'the message',
      () => maybeRead(mailbox),
      () => sent.stdout,
    )
    assert.match(mail, /through the proxy/)
  })

  it('says goodbye for a server that accepts and stays silent', async () => {
    await using silent = await TestServer.start(() => {})
    pointsman.write('smtp.servers.json', JSON.stringify({ '127.0.0.1': silent.remote }))
    pointsman.write(
      'smtp',
      exampleRouter('greeting-first/smtp.ts').replace('inactivityTimeout: 5000', 'inactivityTimeout: 300'),
    )
    await pointsman.served('smtp', 2)
    await until('the new table', async () => {
      const client = await Client.connect(port)
      const said = await client.rest()
      client.destroy()
      return /^421 the mail server does not answer/.test(said) ? said : undefined
    })
  })

  it('says goodbye for a server that is away', async () => {
    pointsman.write('smtp.servers.json', JSON.stringify({ '127.0.0.1': '127.0.0.1:1' }))
    await until('the new table', async () => {
      const client = await Client.connect(port)
      const said = await client.rest()
      client.destroy()
      return /^421 the mail server is away/.test(said) ? said : undefined
    })
  })
})

async function greeting(port: number): Promise<string> {
  const client = await Client.connect(port)
  const said = await client.receives(/\r\n/)
  client.destroy()
  return said
}

function maybeRead(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8') || undefined
  } catch {
    return undefined
  }
}
