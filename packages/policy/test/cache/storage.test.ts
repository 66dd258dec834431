import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lifetime, lifetimeOf, type StorableRequest, type StorableResponse } from '../../src/index.ts';

const DATE_NOW = Date.parse('Fri, 27 Nov 2026 12:00:10 GMT');
const MADE = 'Fri, 27 Nov 2026 12:00:00 GMT';

const spec = {
  memoryBytes: 1,
  maxBodyBytes: 1,
  freshForMs: 0,
  staleWhileRevalidateMs: 1_000,
  staleIfErrorMs: 2_000,
  acrossRevisions: false,
};
const request: StorableRequest = { method: 'GET', cacheControl: undefined, hasAuthorization: false };
const response: StorableResponse = {
  status: 200,
  cacheControl: undefined,
  expires: undefined,
  date: MADE,
  age: undefined,
  vary: undefined,
  etag: undefined,
  lastModified: undefined,
  setsCookie: false,
};
const HOUR = 'max-age=3600';

interface Case {
  readonly rule: string;
  readonly request?: Partial<StorableRequest>;
  readonly response: Partial<StorableResponse>;
  readonly freshForMs?: number;
  readonly expected: Partial<Lifetime> | 'not stored';
}

const CASES: readonly Case[] = [
  { rule: 'max-age says for how long', response: { cacheControl: HOUR }, expected: { freshForMs: 3_600_000 } },
  {
    rule: 's-maxage goes before max-age',
    response: { cacheControl: `${HOUR}, s-maxage=5` },
    expected: { freshForMs: 5_000 },
  },
  {
    rule: 'Expires counts from Date',
    response: { expires: 'Fri, 27 Nov 2026 12:01:00 GMT' },
    expected: { freshForMs: 60_000 },
  },
  {
    rule: 'max-age goes before Expires',
    response: { cacheControl: HOUR, expires: '0' },
    expected: { freshForMs: 3_600_000 },
  },
  {
    rule: 'Expires counts from when it came where there is no Date',
    response: { expires: 'Fri, 27 Nov 2026 12:01:00 GMT', date: undefined },
    expected: { freshForMs: 50_000 },
  },
  {
    rule: 'a Date that is none makes nothing fresh',
    response: { expires: 'Fri, 27 Nov 2026 12:01:00 GMT', date: 'soon', etag: '"a"' },
    expected: { freshForMs: 0 },
  },
  { rule: 'an Expires that is no date has passed', response: { expires: '0' }, expected: 'not stored' },
  {
    rule: 'of two max-age the shorter holds',
    response: { cacheControl: 'max-age=9, max-age=4' },
    expected: { freshForMs: 4_000 },
  },
  { rule: 'a max-age without a number is none', response: { cacheControl: 'max-age' }, expected: 'not stored' },
  {
    rule: 'an Age that is no number says nothing',
    response: { cacheControl: HOUR, age: 'old' },
    expected: { initialAgeMs: 10_000 },
  },
  { rule: 'a max-age that is no number is none', response: { cacheControl: 'max-age=soon' }, expected: 'not stored' },
  { rule: 'a quoted max-age is read', response: { cacheControl: 'max-age="7"' }, expected: { freshForMs: 7_000 } },
  {
    rule: 'a directive in a quoted string is none',
    response: { cacheControl: 'x="no-store, private", max-age=7' },
    expected: { freshForMs: 7_000 },
  },
  { rule: 'names are read without case', response: { cacheControl: 'MAX-AGE=7' }, expected: { freshForMs: 7_000 } },
  {
    rule: 'nothing is guessed',
    response: { lastModified: 'Fri, 27 Nov 2020 12:00:00 GMT' },
    expected: { freshForMs: 0 },
  },
  { rule: 'nothing is stored that is never fresh and has no validator', response: {}, expected: 'not stored' },
  {
    rule: 'the file speaks for a response that says nothing',
    response: {},
    freshForMs: 9_000,
    expected: { freshForMs: 9_000 },
  },
  {
    rule: 'the file does not overrule a response',
    response: { cacheControl: 'max-age=0', etag: '"a"' },
    freshForMs: 9_000,
    expected: { freshForMs: 0 },
  },
  { rule: 'no-store is not stored', response: { cacheControl: `no-store, ${HOUR}` }, expected: 'not stored' },
  {
    rule: 'nor where the request says so',
    request: { cacheControl: 'no-store' },
    response: { cacheControl: HOUR },
    expected: 'not stored',
  },
  { rule: 'private is not stored', response: { cacheControl: `private, ${HOUR}` }, expected: 'not stored' },
  {
    rule: 'nor private with a list of fields',
    response: { cacheControl: `private="x", ${HOUR}` },
    expected: 'not stored',
  },
  {
    rule: 'no-cache is stored to be confirmed',
    response: { cacheControl: 'no-cache', etag: '"a"' },
    expected: { alwaysAsk: true },
  },
  {
    rule: 'no-cache without a validator is not',
    response: { cacheControl: `no-cache, ${HOUR}` },
    expected: 'not stored',
  },
  { rule: 'Vary: * is not stored', response: { cacheControl: HOUR, vary: '*' }, expected: 'not stored' },
  { rule: 'a cookie is not stored', response: { cacheControl: HOUR, setsCookie: true }, expected: 'not stored' },
  { rule: 'only GET', request: { method: 'POST' }, response: { cacheControl: HOUR }, expected: 'not stored' },
  {
    rule: 'credentials: not stored',
    request: { hasAuthorization: true },
    response: { cacheControl: HOUR },
    expected: 'not stored',
  },
  ...['public', 's-maxage=9', 'must-revalidate'].map(
    (directive): Case => ({
      rule: `credentials: stored with ${directive}`,
      request: { hasAuthorization: true },
      response: { cacheControl: `${directive}, max-age=9` },
      expected: { freshForMs: 9_000 },
    }),
  ),
  { rule: 'a part is not stored', response: { status: 206, cacheControl: HOUR }, expected: 'not stored' },
  { rule: 'a 304 is not stored', response: { status: 304, cacheControl: HOUR }, expected: 'not stored' },
  { rule: 'a 500 is not stored', response: { status: 500, cacheControl: HOUR }, expected: 'not stored' },
  { rule: 'a 404 is stored', response: { status: 404, cacheControl: HOUR }, expected: { freshForMs: 3_600_000 } },
  {
    rule: 'a 302 is stored where it says so',
    response: { status: 302, cacheControl: HOUR },
    expected: { freshForMs: 3_600_000 },
  },
  { rule: 'and not for the file', response: { status: 302 }, freshForMs: 9_000, expected: 'not stored' },
  { rule: 'it is as old as its Date says', response: { cacheControl: HOUR }, expected: { initialAgeMs: 10_000 } },
  {
    rule: 'or as its Age and the way say',
    response: { cacheControl: HOUR, age: '60' },
    expected: { initialAgeMs: 60_500 },
  },
  {
    rule: 'it may be stale as it says itself',
    response: { cacheControl: `${HOUR}, stale-if-error=9, stale-while-revalidate=8` },
    expected: { staleIfErrorMs: 9_000, staleWhileRevalidateMs: 8_000 },
  },
  {
    rule: 'else as the file says',
    response: { cacheControl: HOUR },
    expected: { staleIfErrorMs: 2_000, staleWhileRevalidateMs: 1_000, neverStaleOnRequest: false },
  },
  {
    rule: 's-maxage forbids the file’s',
    response: { cacheControl: 's-maxage=9' },
    expected: { staleIfErrorMs: 0, staleWhileRevalidateMs: 0, neverStaleOnRequest: true },
  },
  {
    rule: 'must-revalidate forbids all',
    response: { cacheControl: `must-revalidate, ${HOUR}` },
    expected: { mustRevalidate: true, staleIfErrorMs: 0 },
  },
];

for (const { rule, request: asked, response: answered, freshForMs = 0, expected } of CASES) {
  test(rule, () => {
    const options = { spec: { ...spec, freshForMs }, tookMs: 500, dateNow: DATE_NOW };
    const lifetime = lifetimeOf({ ...request, ...asked }, { ...response, ...answered }, options);
    if (expected === 'not stored') assert.equal(lifetime, undefined);
    else assert.deepEqual({ ...lifetime, ...expected }, lifetime);
  });
}
