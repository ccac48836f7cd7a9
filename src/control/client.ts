import { request } from 'node:http'
import { z } from 'zod'
import { ConfigError } from '../config/config-error.ts'

const LIMIT = 10_000
const MOST_BYTES = 64 * 1024 * 1024
const refusal = z.object({ error: z.string() })

/**
 * Asks the program that listens on the control socket at `path`.
 *
 * @throws ConfigError when nobody answers, or it refuses.
 */
export async function askControl(path: string, method: 'GET' | 'POST', url: string): Promise<string> {
  const { status, body } = await exchange(path, method, url)
  if (status === 200) return body
  const parsed = refusal.safeParse(parse(body))
  throw new ConfigError(parsed.success ? parsed.data.error : `the answer of ${path} was HTTP ${status}`)
}

function exchange(path: string, method: string, url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new ConfigError(`no pointsman answers on ${path}: ${why}`))
    const asked = request({ socketPath: path, method, path: url, timeout: LIMIT }, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > MOST_BYTES) asked.destroy(new Error('its answer is too long'))
        chunks.push(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      response.on('error', (error) => fail(error.message))
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer in ${LIMIT} ms`)))
    asked.on('error', (error) =>
      fail('code' in error && error.code === 'ENOENT' ? 'there is no such socket' : error.message),
    )
    asked.end()
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
