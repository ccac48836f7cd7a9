import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isIPv4, parseAddress, samePrefix } from '../../src/tenants/address-bits.ts'
import { formOfHost } from '../../src/tenants/host-form.ts'
import { specialPurpose } from '../../src/tenants/special-addresses.ts'

const octets = fc.uint8Array({ minLength: 4, maxLength: 4 })
const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
const dotted = (bytes: Uint8Array) => bytes.join('.')

function bitsOf(address: string): Uint8Array {
  const parsed = parseAddress(address)
  assert.ok(parsed !== undefined, `${address} is an address`)
  return parsed.bytes
}

/** What IPv6 in `text` is by Node's own parser of URLs, in 16 bytes. */
function byUrl(text: string): number[] {
  const inner = new URL(`http://[${text}]/`).hostname.slice(1, -1)
  const [left = '', right = ''] = inner.split('::')
  const words = (half: string) => half.split(':').filter((word) => word !== '')
  const zeros = Array<string>(8 - words(left).length - words(right).length).fill('0')
  return [...words(left), ...zeros, ...words(right)]
    .map((word) => Number.parseInt(word, 16))
    .flatMap((group) => [group >> 8, group & 255])
}

/** Every way to write eight groups: full, with zeros in front, in capitals, shortened at any run of zeros, ending in IPv4. */
function spellings(eight: readonly number[]): string[] {
  const hex = eight.map((group) => group.toString(16))
  const [seventh = 0, eighth = 0] = eight.slice(6)
  const quad = `${seventh >> 8}.${seventh & 255}.${eighth >> 8}.${eighth & 255}`
  const all = [
    hex.join(':'),
    hex.join(':').toUpperCase(),
    hex.map((group) => group.padStart(4, '0')).join(':'),
    [...hex.slice(0, 6), quad].join(':'),
  ]
  for (let from = 0; from < 8; from++)
    for (let to = from + 1; to <= 8 && eight[to - 1] === 0; to++) {
      all.push(`${hex.slice(0, from).join(':')}::${hex.slice(to).join(':')}`)
      if (to <= 6) all.push(`${hex.slice(0, from).join(':')}::${[...hex.slice(to, 6), quad].join(':')}`)
    }
  return all
}

describe('reading an address', () => {
  it('takes what Node takes for one, and nothing else', () => {
    const nearly = fc.oneof(
      fc.stringMatching(/^[0-9a-fA-F:.%]{1,45}$/),
      fc.stringMatching(/^[0-9a-f]{0,5}(:[0-9a-f]{0,5}){1,9}$/),
      fc.stringMatching(/^(::)?([0-9a-f]{1,4}:){0,7}[0-9]{1,3}(\.[0-9]{1,3}){1,4}$/),
      fc.stringMatching(/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/),
      fc.stringMatching(/^::[0-9a-f]{1,4}%[a-z0-9_:.%-]{0,5}$/),
      fc.string(),
    )
    fc.assert(
      fc.property(nearly, (text) => assert.equal(parseAddress(text) !== undefined, isIP(text) !== 0, text)),
      { numRuns: 5000 },
    )
  })

  it('reads every spelling of IPv6 as a URL’s parser does', () => {
    fc.assert(
      fc.property(groups, (eight) => {
        for (const text of spellings(eight)) {
          assert.deepEqual([...bitsOf(text)], byUrl(text), text)
          assert.deepEqual([...bitsOf(`${text}%eth0`)], byUrl(text), `${text} with a zone`)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps IPv4 in its IPv6 form', () => {
    fc.assert(
      fc.property(octets, (bytes) => {
        assert.deepEqual(bitsOf(dotted(bytes)), bitsOf(`::ffff:${dotted(bytes)}`))
        assert.ok(isIPv4(bitsOf(dotted(bytes))))
      }),
    )
  })

  it('compares prefixes as Node’s BlockList does', () => {
    const prefix = fc.integer({ min: 0, max: 128 })
    fc.assert(
      fc.property(groups, prefix, prefix, (eight, length, flipped) => {
        const network = eight.map((group) => group.toString(16)).join(':')
        const bytes = bitsOf(network)
        const other = bytes.map((byte, at) => (at === flipped >> 3 ? byte ^ (0x80 >> (flipped & 7)) : byte))
        const text = [...other]
          .map((byte) => byte.toString(16).padStart(2, '0'))
          .join('')
          .replace(/.{4}(?!$)/g, '$&:')
        const list = new BlockList()
        if (length > 0) list.addSubnet(network, length, 'ipv6')
        const same = length === 0 || list.check(text, 'ipv6')
        // BlockList takes IPv4 in IPv6 form for IPv4, and has its own mind about it
        if (!isIPv4(bytes) && !isIPv4(other)) assert.equal(samePrefix(bytes, other, length), same, `${text} ${length}`)
      }),
    )
  })
})

const SPECIAL: Readonly<Record<string, string>> = {
  'the metadata service of a cloud': '169.254.169.254 100.100.100.200 192.0.0.192 fd00:ec2::254 fd20:ce::254',
  'the host services of a cloud': '168.63.129.16',
  'this machine': '0.0.0.0 0.0.0.1 0.255.255.255 ::',
  private: `10.0.0.0 10.1.2.3 10.255.255.255 172.16.0.0 172.20.1.1 172.31.255.255 192.168.0.0 192.168.1.1 192.168.255.255`,
  'carrier-grade NAT': '100.64.0.0 100.64.0.1 100.100.100.201 100.127.255.255',
  loopback: '127.0.0.0 127.0.0.1 127.0.0.2 127.1.1.1 127.255.255.254 127.255.255.255 ::1 0:0:0:0:0:0:0:1 ::1%lo',
  'link-local': `169.254.0.0 169.254.0.23 169.254.170.2 169.254.255.255 fe80:: fe80::1 fe80::1%eth0 fe80::5efe:8.8.8.8
    febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff`,
  'of a protocol': `192.0.0.0 192.0.0.1 192.0.0.8 192.0.0.9 192.0.0.170 192.0.0.255 2001:1::1 2001:2::1 2001:3::1 2001:4:112::1
    2001:10::1 2001:20::1 2001:30::1 2001:1ff:ffff::1`,
  'for documentation': `192.0.2.0 192.0.2.1 192.0.2.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255 2001:db8:: 2001:db8::1
    2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 3fff:: 3fff:fff:ffff::1`,
  'a 6to4 relay': '192.88.99.0 192.88.99.1 192.88.99.255',
  'for benchmarks': '198.18.0.0 198.18.0.1 198.19.255.255',
  multicast:
    '224.0.0.0 224.0.0.1 232.1.1.1 239.255.255.250 239.255.255.255 ff00:: ff01::1 ff02::1 ff02::1%eth0 ff05::2 ffff::',
  reserved: `240.0.0.0 240.0.0.1 250.1.1.1 255.255.255.254 100:1:: 200:: 400::1 1000::1 1fff:ffff:: 4000:: 5eff:: 6000:: 8000::1 c000:: e000::
    f000:: fb00:: fe00:: fe7f:ffff:: 64:ff9b:2:: 64:ff9c:: 64:ff9b:0:0:1:: 100:0:0:1:: ::1:0:0 ::fffe:0:0 ::1:ffff:127.0.0.1`,
  broadcast: '255.255.255.255 ::ffff:255.255.255.255',
  'an old form of IPv4': '::2 ::127.0.0.1 ::7f00:1 ::8.8.8.8 ::10.0.0.1 ::ffff ::ffff:ffff',
  'a translation to IPv4': '::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8',
  'a local translation to IPv4': '64:ff9b:1:: 64:ff9b:1::1 64:ff9b:1::10.0.0.1 64:ff9b:1:ffff:ffff:ffff:ffff:ffff',
  discarded: '100:: 100::1 100::ffff:ffff:ffff:ffff',
  'a Teredo tunnel': '2001:: 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:0:ffff:ffff:ffff:ffff:80ff:fffe',
  'a 6to4 tunnel': '2002:: 2002:7f00:1::1 2002:a00:1::1 2002:808:808::1 2002:ffff::',
  'for segment routing': '5f00:: 5f00:1::1 5f00:ffff::',
  'unique-local': 'fc00:: fc00::1 fd00::1 fd12:3456:789a::1 fd00:ec2::253 fdff:ffff::',
  'site-local': 'fec0:: fec0::1 feff:ffff::',
  'loopback in its NAT64 form': '64:ff9b::127.0.0.1 64:ff9b::7f00:1 0064:FF9B:0:0:0:0:7F00:0001',
  'private in its NAT64 form': '64:ff9b::10.0.0.1 64:ff9b::192.168.1.1 64:ff9b::172.16.0.1',
  'the metadata service of a cloud in its NAT64 form': '64:ff9b::169.254.169.254 64:ff9b::a9fe:a9fe',
  'loopback behind an ISATAP tunnel': '2606:4700::5efe:127.0.0.1 2606:4700::200:5efe:7f00:1',
  'private behind an ISATAP tunnel': '2a00:1450:4001:800:0:5efe:10.0.0.1',
}

const PUBLIC = `1.0.0.0 1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 168.63.129.15
  168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.31.196.1 192.52.193.1
  192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.48.1 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255
  203.0.114.0 223.255.255.255 ::ffff:8.8.8.8 ::ffff:808:808 64:ff9b::8.8.8.8 64:ff9b::808:808 2000:: 2000::1 2001:200::1 2001:4860:4860::8888
  2001:db7:ffff::1 2001:db9:: 2003::1 2606:4700:4700::1111 2620:4f:8000::1 2620:fe::fe 2606:4700::5efe:8.8.8.8 2a00:1450:4001:830::200e
  2606:4700:0:0:100:5efe:127.0.0.1 3ffe:: 3fff:1000:: 2001:200::7f00:1 2606:4700::127.0.0.1`

describe('what an address is', () => {
  for (const [what, addresses] of Object.entries(SPECIAL))
    it(`${what}: ${addresses.split(/\s+/).length} addresses`, () => {
      for (const address of addresses.split(/\s+/)) assert.equal(specialPurpose(bitsOf(address)), what, address)
    })

  it(`public: ${PUBLIC.split(/\s+/).length} addresses`, () => {
    for (const address of PUBLIC.split(/\s+/)) assert.equal(specialPurpose(bitsOf(address)), undefined, address)
  })

  it('is the same in the mapped and the NAT64 form; all 6to4, Teredo and compatible forms are special', () => {
    const refusable = fc.constantFrom(10, 127, 0, 169, 172, 192, 100, 198, 203, 224, 240, 8)
    const near = fc.tuple(refusable, octets).map(([first, rest]) => Uint8Array.of(first, ...rest.subarray(1)))
    fc.assert(
      fc.property(fc.oneof(octets, near), ([a = 0, b = 0, c = 0, d = 0]) => {
        const quad = `${a}.${b}.${c}.${d}`
        const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
        const what = specialPurpose(bitsOf(quad))
        for (const form of [`::ffff:${quad}`, `::ffff:${hex}`, `0:0:0:0:0:FFFF:${hex}`])
          assert.equal(specialPurpose(bitsOf(form)), what, form)
        for (const form of [`64:ff9b::${quad}`, `64:ff9b::${hex}`, `2a00::5efe:${quad}`, `2a00::200:5efe:${hex}`])
          assert.equal(specialPurpose(bitsOf(form)) === undefined, what === undefined, form)
        for (const form of [
          `2002:${hex}::1`,
          `::${quad}`,
          `2001:0:${hex}::1`,
          `2001::${hex}`,
          `64:ff9b:1::${quad}`,
          `::ffff:0:${quad}`,
        ])
          assert.notEqual(specialPurpose(bitsOf(form)), undefined, form)
      }),
      { numRuns: 2000 },
    )
  })

  it('is special for all of IPv6 outside of 2000::/3, but for the NAT64 and mapped forms of public addresses', () => {
    const first = fc
      .integer({ min: 0, max: 0xffff })
      .filter((group) => group >> 13 !== 1 && group !== 0x64 && group !== 0)
    fc.assert(
      fc.property(first, groups, (group, [, ...rest]) => {
        const text = [group, ...rest].map((word) => word.toString(16)).join(':')
        assert.notEqual(specialPurpose(bitsOf(text)), undefined, text)
      }),
    )
  })
})

describe('one form of a host', () => {
  const LOOPBACK = `127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0X7F.1 0x7f.0.0.1 017700000001 0177.0.0.1 0177.0x0.0.01 127.0.0.1.
    00000000000177.1 127.0.0x1`
  it('has numbers in all forms of inet_aton as the address that they are', () => {
    for (const host of LOOPBACK.split(/\s+/))
      assert.deepEqual(formOfHost(host), { kind: 'address', address: '127.0.0.1' }, host)
    assert.deepEqual(formOfHost('0xa9fea9fe'), { kind: 'address', address: '169.254.169.254' })
    assert.deepEqual(formOfHost('0'), { kind: 'address', address: '0.0.0.0' })
  })

  it('reads numbers as browsers do, and refuses what they refuse', () => {
    const label = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map(String),
      fc.nat().map((number) => `0x${number.toString(16)}`),
      fc.nat().map((number) => `0${number.toString(8)}`),
      fc.constantFrom(
        '0x',
        '0',
        '08',
        '00',
        '256',
        '4294967295',
        '4294967296',
        '0xffffffff',
        '0x100000000',
        'a',
        '0xg',
        '1e3',
        '-1',
        '',
      ),
    )
    const host = fc
      .tuple(fc.array(label, { minLength: 1, maxLength: 5 }), fc.constantFrom('', '.'))
      .map(([labels, dot]) => `${labels.join('.')}${dot}`)
    fc.assert(
      fc.property(host, (text) => {
        const form = formOfHost(text)
        const url = URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname : undefined
        if (isIP(url ?? '') === 4) assert.deepEqual(form, { kind: 'address', address: url }, text)
        else assert.ok(typeof form === 'string' || form.kind === 'name', `${text} is ${JSON.stringify(form)}`)
        if (url === undefined) assert.equal(typeof form, 'string', text)
      }),
      { numRuns: 3000 },
    )
  })

  it('has names in lower case, without the root’s dot, in their ASCII form', () => {
    for (const [host, name] of [
      ['Example.COM', 'example.com'],
      ['example.com.', 'example.com'],
      ['BÜCHER.example', 'xn--bcher-kva.example'],
      ['ｅｘａｍｐｌｅ.com', 'example.com'],
      ['a_b.svc', 'a_b.svc'],
      ['LOCALHOST.', 'localhost'],
      ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ] as const)
      assert.deepEqual(formOfHost(host), { kind: 'name', name }, host)
  })

  it('takes digits of other scripts for what they are', () => {
    for (const host of ['１２７.0.0.1', '１２７.1', '２１３０７０６４３３', '①②⑦.0.0.1', '𝟏𝟐𝟕.0.0.1'])
      assert.deepEqual(formOfHost(host), { kind: 'address', address: '127.0.0.1' }, host)
  })

  it('refuses what looks like a number and is no address, and what no name can be', () => {
    for (const host of [
      '256.1.1.1',
      '1.2.3.4.5',
      '08.1',
      '1..2',
      'a.1',
      'x.0x7f',
      '99999999999',
      'ü.1',
      '٣.٣',
      'a\u200db.de',
      '.',
      '',
    ])
      assert.match(JSON.stringify(formOfHost(host)), /is no IPv4 address|is no host name/, host)
  })
})
