import assert from 'node:assert/strict';
import { it } from 'node:test';
import { addressOf, readOpenApi } from '../app/model/openapi.ts';

const DOCUMENT = `
openapi: 3.1.0
paths:
  /orders/{id}:
    parameters:
      - { name: id, in: path, schema: { type: string } }
    get:
      summary: One order
      parameters:
        - { $ref: '#/components/parameters/Expand' }
        - { name: session, in: cookie }
    put:
      requestBody: { $ref: '#/components/requestBodies/Order' }
components:
  parameters:
    Expand: { name: expand, in: query, schema: { default: items } }
  requestBodies:
    Order: { content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
  schemas:
    Order:
      allOf:
        - { type: object, properties: { parent: { $ref: '#/components/schemas/Order' } } }
        - type: object
          properties:
            count: { type: integer }
            state: { enum: [placed, paid] }
            tags: { type: array, items: { type: string, example: red } }
            paid: { type: [boolean, 'null'] }
`;

const operations = (() => {
  const read = readOpenApi(DOCUMENT);
  return read.kind === 'api' ? read.operations : [];
})();

it('finds each operation, with the parameters of its path and by reference', () => {
  assert.deepEqual(
    operations.map(({ key }) => key),
    ['GET /orders/{id}', 'PUT /orders/{id}'],
  );
  assert.deepEqual(
    operations[0]?.parameters.map(({ name, in: place, required, example }) => [name, place, required, example]),
    [
      ['id', 'path', true, ''],
      ['expand', 'query', false, 'items'],
    ],
  );
});

it('makes an example of a schema, also of one that contains itself', () => {
  const example = JSON.parse(operations[1]?.body ?? '');
  assert.deepEqual(
    { ...example, parent: undefined },
    { parent: undefined, count: 0, state: 'placed', tags: ['red'], paid: false },
  );
  assert.equal(operations[0]?.body, undefined);
});

it('fills in the address', () => {
  assert.equal(addressOf(operations[0]!, { id: 'a/b', expand: 'x y' }), '/orders/a%2Fb?expand=x+y');
  assert.equal(addressOf(operations[0]!, { id: '1', expand: '' }), '/orders/1');
});

for (const [text, why] of [
  ['a: [', /flow/i],
  ['swagger: "2.0"', /no OpenAPI document of version 3/],
  ['[]', /no OpenAPI document/],
  ['openapi: 3.0.0', undefined],
] as const) {
  it(`${why === undefined ? 'reads' : 'says what is wrong with'} ${text}`, () => {
    const read = readOpenApi(text);
    if (why === undefined) assert.deepEqual(read, { kind: 'api', operations: [] });
    else assert.match(read.kind === 'unreadable' ? read.why : '', why);
  });
}
