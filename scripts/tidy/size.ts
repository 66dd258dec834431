import type { Finding, Repository, Rule } from './model.ts';

/** Past this a file is looked at twice: it is recorded, and may only shrink. */
const NOTICED_LINES = 300;
/** Past this it says why, in a comment near its top that begins with "Long because". */
const EXPLAINED_LINES = 500;
const EXPLANATION = /(?:\/\/|\*|#|--)\s*Long because \S+/;
const EXPLAINED_WITHIN_LINES = 40;

export const SIZES = 'scripts/tidy/sizes.json';
const CODE = /\.(ts|tsx|js|mjs|py|go|java|sh|sql)$|^islet$|^\.ci\/run$/;

/** No file grows past what a reader can hold, and what has grown only shrinks. */
export const sizes: Rule = ({ files }) => {
  const recorded = recordedSizes({ files });
  const found = [...files]
    .filter(([path]) => CODE.test(path))
    .flatMap(([path, text]) => judge({ path, text, recorded: recorded[path] }));
  const gone = Object.keys(recorded).filter((path) => !files.has(path));
  return [...found, ...gone.map((path) => loose({ path: SIZES, line: 1 }, `${path} is recorded, but gone`))];
};

function judge(file: { path: string; text: string; recorded: number | undefined }): readonly Finding[] {
  const { path, text, recorded } = file;
  const lines = lineCount(text);
  const place = { path, line: lines };
  const findings: Finding[] = [];
  if (lines > EXPLAINED_LINES && !EXPLANATION.test(text.split('\n', EXPLAINED_WITHIN_LINES).join('\n'))) {
    const message = `${lines} lines, more than ${EXPLAINED_LINES}, and no reason given`;
    findings.push({
      ...place,
      rule: 'size',
      message,
      remedy: 'split it, or say "Long because …" in a comment at its top',
    });
  }
  if (recorded === undefined && lines > NOTICED_LINES) {
    const remedy = `split it, or record "${path}": ${lines} in ${SIZES}, and say why in the commit`;
    findings.push({ ...place, rule: 'size', message: `${lines} lines, more than ${NOTICED_LINES}`, remedy });
  }
  if (recorded !== undefined && lines > recorded) {
    const message = `grew from ${recorded} lines to ${lines}`;
    findings.push({ ...place, rule: 'size', message, remedy: 'put the new part into a file of its own' });
  }
  if (recorded !== undefined && lines < recorded)
    findings.push(loose(place, `shrank from ${recorded} lines to ${lines}`));
  return findings;
}

function loose(place: { path: string; line: number }, message: string): Finding {
  return { ...place, rule: 'size', message, remedy: 'tighten the record: node scripts/tidy.ts --tighten' };
}

export function recordedSizes({ files }: Repository): Readonly<Record<string, number>> {
  return JSON.parse(files.get(SIZES) ?? '{}');
}

/** The record with every size that shrank; it never lets a file grow. */
export function tightened({ files }: Repository): Readonly<Record<string, number>> {
  const kept = Object.entries(recordedSizes({ files })).flatMap(([path, recorded]): [string, number][] => {
    const lines = lineCount(files.get(path) ?? '');
    return lines > NOTICED_LINES ? [[path, Math.min(lines, recorded)]] : [];
  });
  return Object.fromEntries(kept);
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
