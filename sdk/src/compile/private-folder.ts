import { rm } from 'node:fs/promises'
import { makeOwnedFolder, sweepOwnedFolders } from './owned-folder.ts'

const PREFIX = 'router-sdk'

const open = new Set<Promise<string>>()
let closed = false

/** Gives `work` a folder that only this user can read, and removes it however `work` ends. */
export async function inPrivateFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  if (closed) throw new Error('the compiler is ending')
  const making = makeOwnedFolder(PREFIX)
  open.add(making)
  try {
    return await work(await making)
  } finally {
    await making.then(remove, () => undefined).finally(() => open.delete(making))
  }
}

/** Removes what is there, whatever still works in it: the process ends. From now on there are no folders. */
export async function removePrivateFolders(): Promise<void> {
  closed = true
  await Promise.allSettled([...open].map(async (making) => remove(await making)))
}

/** Removes what processes left behind that were killed. */
export async function sweepPrivateFolders(): Promise<void> {
  await sweepOwnedFolders(PREFIX)
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
