import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatError } from '../src/index.ts';
import { errorsOf, linesOf, ORDERS, orders } from './helpers.ts';

/** Each line ends with the errors expected on it: `# column rule path | words of the message or hint`. */
const FULL_OF_MISTAKES = `name: Orders
language: typescript
run:
  comand: node src/main.ts
  build: 7
  inputs: src
  env:
    GREETING:
    9LIVES: cat
    PORT: 3000
    ISLET_SERVICE: me
    KEY: { secert: x }
    SHELL_HOME: \${HOME}
    OPEN: \${port
    CATALOG: \${uses.catlog.url}
    BLOCK: |
      first
        then \${prot} here
  resources: { cpu: many, memory: 256 }
  stop: { grace: 10 }
replicas: 3
port: 80
env: {}
api:
  protocol: https
  contract: openapi.yml
  expose:
    - api
    - { path: /x, strp: true }
    - {}
uses: [catalog, catalog, catalgo]
database: mysql
health:
  ready: readyz
  live: { period: 1ms }
  startup: { http: /a, tcp: true, deadline: 30d }
scale: { min: -1, max: 2.5 }
rollout: { strategy: roling, maxSurge: -1 }
security: { allow: web }
test: 0x10
`;

const EXPECTED: readonly (readonly [place: string, rule: string, path: string, words: string])[] = [
  ['1:7', 'value', 'name', 'lower-case'],
  ['2:11', 'value', 'language', 'did you mean "TypeScript"?'],
  ['4:3', 'unknown-key', 'run.comand', 'did you mean "command"?'],
  ['5:10', 'type', 'run.build', 'expected text; found 7; quote it'],
  ['6:11', 'type', 'run.inputs', 'expected a list; found "src"; write it as a list: [src]'],
  ['8:14', 'type', 'run.env.GREETING', 'found nothing'],
  ['9:5', 'value', 'run.env.9LIVES', 'does not begin with a digit'],
  ['10:5', 'value', 'run.env.PORT', 'write api.port'],
  ['11:5', 'value', 'run.env.ISLET_SERVICE', 'Islet itself gives ISLET_SERVICE'],
  ['12:12', 'unknown-key', 'run.env.KEY.secert', 'did you mean "secret"?'],
  ['13:17', 'unknown-reference', 'run.env.SHELL_HOME', 'no shell reads this value'],
  ['14:11', 'unknown-reference', 'run.env.OPEN', 'never closed'],
  ['15:14', 'unknown-reference', 'run.env.CATALOG', 'did you mean "catalog"?'],
  ['18:14', 'unknown-reference', 'run.env.BLOCK', 'did you mean "port"?'],
  ['19:21', 'value', 'run.resources.cpu', 'found "many"'],
  ['19:35', 'value', 'run.resources.memory', 'at least 1Mi; found 256'],
  ['20:18', 'type', 'run.stop.grace', 'write its unit: 10s'],
  ['21:1', 'unknown-key', 'replicas', 'scale.min'],
  ['22:1', 'unknown-key', 'port', '$PORT'],
  ['23:1', 'unknown-key', 'env', 'run.env'],
  ['25:13', 'value', 'api.protocol', 'did you mean "http"?'],
  ['26:13', 'missing-file', 'api.contract', 'looked for services/orders/openapi.yml'],
  ['28:7', 'value', 'api.expose[0].path', 'begins with "/"'],
  ['29:19', 'unknown-key', 'api.expose[1].strp', 'did you mean "strip"?'],
  ['30:7', 'required', 'api.expose[2].path', '"path" is required'],
  ['31:17', 'value', 'uses[1]', 'stands twice'],
  ['31:26', 'unknown-service', 'uses[2]', 'did you mean "catalog"?'],
  ['32:11', 'value', 'database.engine', 'postgres, mariadb or sqlite'],
  ['34:10', 'value', 'health.ready.http', 'begins with "/"'],
  ['35:3', 'required', 'health.live', 'is required'],
  ['35:19', 'value', 'health.live.period', 'at least 10ms'],
  ['36:29', 'value', 'health.startup.tcp', 'exclude each other'],
  ['36:45', 'value', 'health.startup.deadline', 'at most 7d'],
  ['37:15', 'value', 'scale.min', 'at least 0; found -1'],
  ['37:24', 'type', 'scale.max', 'a whole number; found 2.5'],
  ['38:22', 'value', 'rollout.strategy', 'did you mean "rolling"?'],
  ['38:40', 'value', 'rollout.maxSurge', 'at least 0; found -1'],
  ['39:20', 'type', 'security.allow', 'expected a list; found "web"'],
  ['40:7', 'type', 'test', 'a section of keys; found "0x10"'],
];

test('prints every mistake of a file, each at its line and column', () => {
  const texts = {
    'islet.yaml': 'system: shop\n',
    [ORDERS]: FULL_OF_MISTAKES,
    'services/catalog/service.yaml': 'run: { command: x }',
  };
  const found = linesOf(texts);
  for (const [place, rule, path, words] of EXPECTED) {
    const head = `${ORDERS}:${place}  ${rule}  ${path}: `;
    const line = found.find((other) => other.startsWith(head));
    assert(line !== undefined, `${head} is not among\n${found.join('\n')}`);
    assert(line.includes(words), `${line}\nlacks: ${words}`);
  }
  assert.deepEqual(found.length, EXPECTED.length, found.join('\n'));
});

test('errors stand in the order of files, lines and columns', () => {
  const places = errorsOf({
    'islet.yaml': 'system: 1\nx: 1\n',
    'services/b/service.yaml': 'run: 1\n',
    'services/a/service.yaml': 'z: 1\nrun: 1\n',
  }).map(({ place }) => `${place.file}:${place.line}:${place.column}`);
  assert.deepEqual(places, [
    'islet.yaml:1:9',
    'islet.yaml:2:1',
    'services/a/service.yaml:1:1',
    'services/a/service.yaml:2:6',
    'services/b/service.yaml:1:6',
  ]);
});

test('a syntax error in one file hides no error of another', () => {
  const found = errorsOf({
    'islet.yaml': 'system: shop\ngatway: {}\n',
    'services/a/service.yaml': 'run: { command: x\n',
    'services/b/service.yaml': 'run: { command: x }\nuses: [a, c]\n',
  });
  assert.deepEqual(
    found.map(({ place, rule }) => [place.file, rule]),
    [
      ['islet.yaml', 'unknown-key'],
      ['services/a/service.yaml', 'syntax'],
      ['services/b/service.yaml', 'unknown-service'],
    ],
  );
});

for (const [key, hint] of [
  ['image: x', 'run.command'],
  ['depends_on: [a]', 'uses'],
  ['ports: ["80:80"]', '$PORT'],
  ['environment: {}', 'run.env'],
  ['healthcheck: {}', 'health.ready'],
  ['<<: {}', 'merge keys'],
  ['slo: {}', 'write it as telemetry.slo'],
  ['events: {}', 'this version has no such section yet'],
  ['logs: {}', 'telemetry.logs'],
] as const) {
  test(`${key.split(':')[0]} is answered with where it belongs`, () => {
    const [line, ...others] = linesOf(orders(`run: { command: x }\n${key}\n`));
    assert.deepEqual(others, []);
    assert(line?.startsWith(`${ORDERS}:2:1  unknown-key  `) && line.includes(hint), line);
  });
}

test('an islet.yaml that is no YAML hides no error of the services in the usual place', () => {
  const found = errorsOf({ 'islet.yaml': 'system: [shop\n', 'services/a/service.yaml': 'run: { comand: x }\n' });
  assert.deepEqual(
    found.map(({ place, rule }) => [place.file, rule]),
    [
      ['islet.yaml', 'syntax'],
      ['services/a/service.yaml', 'unknown-key'],
    ],
  );
});

test('an error can be shown with its line and a caret', () => {
  const text = 'run:\n  command: 5\n';
  const [error] = errorsOf(orders(text));
  assert.deepEqual(formatError(error!, text).slice(1), ['  2 |   command: 5', '                 ^']);
});

test('a missing run is one error, with what to write', () => {
  assert.deepEqual(linesOf(orders('name: orders\n')), [
    `${ORDERS}:1:1  required  run: "run" is required; say how the service is started: run: { command: … }`,
  ]);
});

test('what stood wrong in a list hides nothing of what stands after it', () => {
  const found = errorsOf(
    orders('run: { command: x }\nuses: [a, Bad_Name, a]\n', { 'services/a/service.yaml': 'run: { command: x }' }),
  );
  assert.deepEqual(
    found.map(({ path, message }) => `${path}: ${message.slice(0, 16)}`),
    ['uses[1]: a name has 1 to ', 'uses[2]: "a" stands twice'],
  );
});

test('an empty file lacks what is required', () => {
  assert.equal(errorsOf(orders('')).length, 1);
  assert.equal(errorsOf(orders('# nothing\n')).length, 1);
  assert.equal(errorsOf(orders('- a list\n'))[0]?.rule, 'type');
});
