/** What is known of the volumes of a service. Kept from before the first effect until the purge. */
export interface FilesRecord {
  readonly service: string;
  /** Of these volumes and of no others, however they are called. */
  readonly identity: string;
  readonly folders: readonly string[];
  /** Folders have no server that runs or is stopped. `restoring`: nobody knows what of them is there. */
  readonly state: 'open' | 'stopped' | 'restoring';
}

/** Their names, as a setting: what is asked for and what is there are compared by it. */
export function foldersText(folders: readonly string[]): string {
  return folders.join(' ');
}

export function parseFolders(text = ''): readonly string[] {
  return text.split(' ').filter((name) => name !== '');
}
