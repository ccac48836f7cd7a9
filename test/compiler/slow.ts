/** A router whose types take about half a second to check, and that closes with `text`. */
export function slowToCheck(text: string): string {
  const kinds = Array.from({ length: 15 }, (_, at) => `export const k${at}: Many<'${at}'>['${at}abcd'] = '${at}abcdx'`)
  return `import { defineRouter } from 'router-sdk'
type L = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j'
type Many<N extends string> = { [K in \`\${N}\${L}\${L}\${L}\${L}\`]: \`\${K}x\` }
${kinds.join('\n')}
export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { close: '${text}' }),
})
`
}
