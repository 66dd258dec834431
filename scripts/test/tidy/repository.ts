import type { Repository, Rule } from '../../tidy/model.ts';

/** A small repository in the shape of this one, with some files put in. */
export function repository(files: Readonly<Record<string, string>>): Repository {
  return { files: new Map(Object.entries({ ...SKELETON, ...files })) };
}

/** `path:line rule` of all that the rule finds. */
export function places(rule: Rule, files: Readonly<Record<string, string>>): readonly string[] {
  return rule(repository(files)).map((finding) => `${finding.path}:${finding.line} ${finding.rule}`);
}

export function manifest(name: string, more: object = {}): string {
  return JSON.stringify({ name: `@islet/${name}`, version: '1.0.0', description: 'Something.', ...more });
}

const EXPORTS = { exports: { '.': './src/index.ts' } };
const ON_SPEC = { dependencies: { '@islet/spec': '1.0.0' } };

const SKELETON = {
  'package.json': JSON.stringify({ name: 'workspace', version: '1.0.0', private: true, description: 'All.' }),
  'packages/spec/package.json': manifest('spec', EXPORTS),
  'packages/spec/src/index.ts': '',
  'packages/plan/package.json': manifest('plan', { ...EXPORTS, ...ON_SPEC }),
  'packages/plan/src/index.ts': "import { parse } from '@islet/spec';\n",
};
