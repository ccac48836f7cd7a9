/**
 * Whether several processes can bind one address and are given connections in turn (SO_REUSEPORT as Linux has it). Node and its
 * libuv refuse to ask for it elsewhere: macOS has an option of that name that gives all connections to one of them.
 */
export function canSharePorts(platform: NodeJS.Platform = process.platform): boolean {
  return platform === 'linux'
}
