import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApi, ROUTES } from '@islet/client';

interface Document {
  paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
  components: { schemas: Record<string, object> };
}

const document = openApi({ version: '1.2.3' }) as Document;

test('the document has every route of the contract', () => {
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
  );
  const routes = Object.entries(ROUTES).map(([name, { method, path }]) => `${name} ${method} ${path}`);
  assert.deepEqual(described.sort(), routes.sort());
});

test('every reference leads to something that is there', () => {
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g);
  const components = document.components as Record<string, Record<string, object>>;
  const missing = [...references].filter(([, kind = '', name = '']) => components[kind]?.[name] === undefined);
  assert.deepEqual(missing, []);
});

test('every name in a path is a parameter', () => {
  for (const [path, operations] of Object.entries(document.paths))
    for (const { parameters } of Object.values(operations))
      assert.deepEqual(
        parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        path,
      );
});
