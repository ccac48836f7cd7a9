import { makeOwnedFolder, sweepOwnedFolders } from '../compile/owned-folder.ts'

const PREFIX = 'pointsman-host'

/** A new folder for a host's program. Those that others could not remove are removed. */
export async function makeHostFolder(): Promise<string> {
  const [folder] = await Promise.all([makeOwnedFolder(PREFIX), sweepOwnedFolders(PREFIX)])
  return folder
}
