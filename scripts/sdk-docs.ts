/** Writes docs/sdk.md from the comments of what the SDK exports; a test says when it is behind. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Declaration } from './read-declarations.ts'
import { type Group, isAbsent, isLabel, type Module, readReference } from './sdk-reference.ts'

export const DOCUMENT: string = fileURLToPath(new URL('../docs/sdk.md', import.meta.url))

const HEAD = `# The SDK, name by name

<!-- Made by \`npm run docs\` from the comments of sdk/src; edit those. -->

What a router imports (\`router-sdk\`, \`router-sdk/protocols\`) and what its tests import (\`router-sdk/testing\`). How to write
a router is in [routers.md](routers.md), the commands in [the SDK's own page](../sdk/README.md).`

/** The text of docs/sdk.md. */
export function sdkDocument(modules: readonly Module[]): string {
  const sorted = modules.map((module) => ({
    ...module,
    groups: module.groups.toSorted(byImportance).map(functionsFirst),
  }))
  const names = sorted.flatMap(({ name, groups }) => [name, ...groups.flatMap(namesOf)])
  const anchors = anchorsOf(names)
  return `${[HEAD, ...sorted.map((module) => moduleText(module, anchors))].join('\n\n')}\n`
}

const FIRST = ['router', 'answer', 'testing/collect', 'testing/given']

/** The files that are read about first come first, the others as the module names them. */
function byImportance(a: Group, b: Group): number {
  const place = ({ file }: Group) => (FIRST.includes(file) ? FIRST.indexOf(file) : FIRST.length)
  return place(a) - place(b)
}

function functionsFirst({ declarations, ...group }: Group): Group {
  const isFunction = (each: Declaration) => each.kind === 'function'
  const others = declarations.filter((each) => !isFunction(each))
  return { ...group, declarations: [...declarations.filter(isFunction), ...others] }
}

function namesOf({ declarations }: Group): string[] {
  return declarations.map(({ name }) => name)
}

/** Of two headings that differ in upper and lower case alone, the second has a number behind its anchor. */
function anchorsOf(names: readonly string[]): ReadonlyMap<string, string> {
  const anchors = new Map<string, string>()
  const used = new Map<string, number>()
  for (const name of names) {
    const anchor = name.toLowerCase().replace(/[^\w-]/g, '')
    const before = used.get(anchor) ?? 0
    used.set(anchor, before + 1)
    anchors.set(name, before === 0 ? anchor : `${anchor}-${before}`)
  }
  return anchors
}

type Anchors = ReadonlyMap<string, string>

function moduleText({ name, about, groups }: Module, anchors: Anchors): string {
  const rows = groups.flatMap(({ declarations }) =>
    declarations.map((each) => `| ${link(each.name, anchors)} | ${firstSentence(each)} |`),
  )
  const overview = ['| name | |', '|---|---|', ...rows].join('\n')
  const texts = groups.map((group) => groupText(group, anchors))
  return [`## ${name}`, about?.text ?? '', overview, ...texts].filter((part) => part !== '').join('\n\n')
}

function groupText({ about, declarations }: Group, anchors: Anchors): string {
  const specification = /^Specification: .*$/m.exec(about?.text ?? '')?.[0]
  return declarations
    .map((each, at) => declarationText(each, anchors, at === 0 ? specification : undefined))
    .join('\n\n')
}

function declarationText(declaration: Declaration, anchors: Anchors, specification: string | undefined): string {
  const { name, comment, text, members } = declaration
  const parts = [`### ${name}`]
  if (members.length === 0) parts.push(code(signature(declaration)))
  if (comment !== undefined) {
    parts.push(comment.text)
    const params = [...comment.params].map(([param, text]) => `- \`${param}\`: ${text}`)
    if (params.length > 0) parts.push(params.join('\n'))
    if (comment.throws !== undefined) parts.push(`Throws ${comment.throws}`)
    if (comment.example !== undefined) parts.push(code(comment.example))
  }
  if (specification !== undefined) parts.push(specification)
  const base = /^export interface \w+ extends (\w+)/.exec(text)?.[1]
  if (base !== undefined) parts.push(`It has all that ${link(base, anchors)} has, and:`)
  if (members.length > 0) parts.push(memberTable(declaration))
  return parts.join('\n\n')
}

/** Without what only serves inference. */
function signature({ text, kind }: Declaration): string {
  const plain = text.replace(/^export (?:declare )?/, '').replace(/;$/gm, '')
  const shown = kind === 'function' ? plain.replace(/<const .*?>(?=\()/, '').replace(/<A, C, E, I>/g, '') : plain
  return shown.replace(/^(?: {4})+/gm, (indent) => indent.slice(indent.length / 2))
}

function memberTable({ text: whole, members }: Declaration): string {
  const rows = members
    .filter(({ text }) => !isAbsent(text))
    .map(({ text, comment }) => {
      const shown = text
        .replace(/^readonly /, '')
        .replace(/(\w) & NoOtherKeys<NoInfer<\1>>/, (_, name) => limitOf(whole, name))
      const words = comment?.text ?? (isLabel(text) ? 'Tells the kinds apart.' : '')
      return `| ${cell(`\`${shown}\``)} | ${cell(words)} |`
    })
  return ['| field | |', '|---|---|', ...rows].join('\n')
}

/** What a type parameter stands for. */
function limitOf(text: string, name: string): string {
  return new RegExp(`\\b${name} extends ([^=]+) =`).exec(text)?.[1] ?? name
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')
}

function link(name: string, anchors: Anchors): string {
  return `[\`${name}\`](#${anchors.get(name)})`
}

/** What the overview says of a name: up to the first stop that is not within code. */
function firstSentence({ comment }: Declaration): string {
  const text = comment?.text ?? ''
  const [sentence = text] = /^(?:`[^`]*`|[^`])*?[.:;](?=\s|$)/s.exec(text) ?? []
  return cell(sentence.replace(/[:;]$/, '.'))
}

if (import.meta.main) await writeFile(DOCUMENT, sdkDocument(await readReference()))
