import { type Files, join } from '../src/files.ts';

/** A system's files by path, held in memory; folders are those that a path passes through. */
export function memoryFiles(texts: Readonly<Record<string, string>>): Files {
  const files = new Map(Object.entries(texts).map(([path, text]) => [join(path), text]));
  const folders = new Set(['.']);
  for (const path of files.keys()) {
    const segments = path.split('/');
    for (let depth = 1; depth < segments.length; depth += 1) folders.add(segments.slice(0, depth).join('/'));
  }
  const inside = (folder: string, paths: Iterable<string>) => {
    const prefix = join(folder) === '.' ? '' : `${join(folder)}/`;
    const names = [...paths]
      .filter((path) => path !== '.' && path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
    return names.filter((name) => !name.includes('/')).sort();
  };
  return {
    readText: (path) => files.get(join(path)),
    listFolders: (path) => inside(path, folders),
    listFiles: (path) => inside(path, files.keys()),
    kind: (path) => (files.has(join(path)) ? 'file' : folders.has(join(path)) ? 'folder' : undefined),
  };
}
