import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Packages' sources; their tests and what `islet new` copies are not compiled. */
const INCLUDE = ['packages/*/src/**/*.ts', 'packages/drivers/*/src/**/*.ts'];
const EXCLUDE = ['**/*.test.ts', '**/node_modules'];

/** Emits JavaScript and declarations of all packages; `packages/x/src/a.ts` becomes `<into>/x/src/a.js`. */
export function compile({ root, into }: { readonly root: string; readonly into: string }): string {
  mkdirSync(into, { recursive: true });
  const project = join(into, 'tsconfig.json');
  const below = (paths: readonly string[]) => paths.map((path) => join(root, path));
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rootDir: join(root, 'packages'),
      outDir: into,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: below(INCLUDE),
    exclude: below(EXCLUDE),
  };
  writeFileSync(project, JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', project], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`tsc exits with ${status}:\n${stdout}${stderr}`);
  return into;
}
