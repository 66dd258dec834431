import type { Files } from './files.ts';
import { jsonSchema } from './json-schema.ts';
import { referencePage } from './reference-page.ts';

/** Every committed file that follows from the schema, by its path in the repository. */
export function generatedFiles(repository: Files): ReadonlyMap<string, string> {
  const page = (file: 'islet' | 'service') => referencePage(file, repository.readText(EXAMPLES[file]) ?? '');
  return new Map([
    ['packages/spec/islet.schema.json', `${JSON.stringify(jsonSchema('islet'), null, 2)}\n`],
    ['packages/spec/service.schema.json', `${JSON.stringify(jsonSchema('service'), null, 2)}\n`],
    ['docs/reference/islet-yaml.md', page('islet')],
    ['docs/reference/service-yaml.md', page('service')],
  ]);
}

const EXAMPLES = {
  islet: 'packages/spec/reference/islet.yaml',
  service: 'packages/spec/reference/services/orders/service.yaml',
} as const;
