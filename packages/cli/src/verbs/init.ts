import { basename, join, relative, resolve } from 'node:path';
import { type Context, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { collisions, copyTemplate } from '../scaffold/copy.ts';
import { checkName, nearestName } from '../scaffold/names.ts';
import { writeSchemas } from '../scaffold/schemas.ts';
import { writeService } from '../scaffold/service.ts';

const FIRST_SERVICE = 'hello';

export async function run({ cwd, stdout, stderr }: Context, folder: string | undefined): Promise<ExitCode> {
  const target = resolve(cwd, folder ?? '.');
  const name = checkName(nearestName(basename(target)), 'system');
  const there = [...collisions('system', target), ...collisions('ts', join(target, 'services', FIRST_SERVICE))];
  const [taken] = there.filter((path) => path !== join(target, '.gitignore'));
  if (taken !== undefined)
    throw new UsageError(`${relative(cwd, taken)} is there already`, 'nothing was written; init overwrites nothing');
  const written = [
    ...copyTemplate('system', target, [{ from: 'my-system', to: name }]),
    ...writeService({ systemFolder: target, name: FIRST_SERVICE, lang: 'ts', path: '/' }),
  ];
  writeSchemas(target);
  writeLines(
    stdout,
    written.map((path) => relative(cwd, path)),
  );
  if (there.length > 0) writeLines(stderr, ['', 'Let git ignore .islet/ here: your .gitignore was left as it is']);
  const where = relative(cwd, target);
  writeLines(stderr, ['', `${name} is made; \`${where ? `islet up ${where}` : 'islet up'}\` starts it`]);
  return EXIT.ok;
}
