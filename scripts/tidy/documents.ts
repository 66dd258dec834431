import { resolvePath } from './layers.ts';
import { type Finding, lineAt, type Rule } from './model.ts';

const TEMPLATES = 'packages/cli/templates/';
/** A path of this repository in backticks; one with a wildcard or a placeholder names no file. */
const CODE_PATH = /`((?:packages|scripts|examples|benchmarks|simulation|docs)\/[\w./-]+)`/g;
const LINK = /\[[^\]\n]*\]\(([^)\s]+)\)/g;

/** Every document has one title, and all that it points to is there. */
export const documents: Rule = ({ files }) => {
  const exists = existenceIn(files);
  return [...files]
    .filter(([path]) => path.endsWith('.md') && !path.startsWith(TEMPLATES))
    .flatMap(([path, text]) => {
      const prose = withoutFences(text);
      return [...titleOf(path, prose), ...linksOf({ path, prose, files, exists }), ...pathsOf({ path, prose, exists })];
    });
};

function titleOf(path: string, prose: string): readonly Finding[] {
  const titles = [...prose.matchAll(/^# \S/gm)];
  if (titles.length === 1 && prose.trimStart().startsWith('# ')) return [];
  const line = lineAt(prose, titles[1]?.index ?? 0);
  const message = `${titles.length} titles; the first line must be the only one`;
  return [{ path, line, rule: 'title', message, remedy: 'begin with one "# Title"' }];
}

interface Document {
  readonly path: string;
  readonly prose: string;
  readonly exists: (path: string) => boolean;
}

function linksOf({
  path,
  prose,
  files,
  exists,
}: Document & { files: ReadonlyMap<string, string> }): readonly Finding[] {
  return [...prose.matchAll(LINK)].flatMap(({ 1: link = '', index }): Finding[] => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : resolvePath(path, decodeURI(file));
    const place = { path, line: lineAt(prose, index), rule: 'link' };
    if (!exists(target)) return [{ ...place, message: `${target} does not exist`, remedy: 'correct the link' }];
    const text = files.get(target);
    if (anchor === undefined || !target.endsWith('.md') || anchorsOf(text ?? '').has(anchor)) return [];
    return [{ ...place, message: `${target} has no heading #${anchor}`, remedy: 'correct the anchor' }];
  });
}

function pathsOf({ path, prose, exists }: Document): readonly Finding[] {
  return [...prose.matchAll(CODE_PATH)].flatMap(({ 1: named = '', index }) => {
    if (exists(named.replace(/\/$/, ''))) return [];
    const message = `${named} does not exist`;
    return [{ path, line: lineAt(prose, index), rule: 'code-path', message, remedy: 'name what is there' }];
  });
}

/** GitHub's anchors: lower case, punctuation dropped, spaces to dashes, repetitions numbered. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const words = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

/** Files and folders. */
function existenceIn(files: ReadonlyMap<string, string>): (path: string) => boolean {
  const known = new Set(['']);
  for (const path of files.keys()) {
    const parts = path.split('/');
    for (let length = 1; length <= parts.length; length += 1) known.add(parts.slice(0, length).join('/'));
  }
  return (path) => known.has(path);
}

/** Fenced code blanked, lines kept. */
function withoutFences(text: string): string {
  return text.replaceAll(/^( *)(```+|~~~+)[\s\S]*?^\1\2 *$/gm, (block) => block.replaceAll(/[^\n]/g, ' '));
}
