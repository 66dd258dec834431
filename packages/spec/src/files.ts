/** All that parsing asks of the outside. Paths are POSIX, relative to the system's folder; `.` is the folder itself. */
export interface Files {
  /** Undefined where there is no such file, or it may not be read. */
  readText(path: string): string | undefined;
  /** Names of the folders in a folder. */
  listFolders(path: string): readonly string[];
  /** Names of the files in a folder. */
  listFiles(path: string): readonly string[];
  kind(path: string): 'file' | 'folder' | undefined;
}

/** `join('services/orders', '../../proto')` is `proto`; leading `..` stay. */
export function join(...parts: readonly string[]): string {
  const kept: string[] = [];
  for (const segment of parts.join('/').split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else kept.push(segment);
  }
  return kept.join('/') || '.';
}
