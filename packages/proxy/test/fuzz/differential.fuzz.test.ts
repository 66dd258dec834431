import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { endpointAt, rawInstance, world } from '../world.ts';
import { type Dice, dice } from './dice.ts';
import { randomRequests, randomResponse } from './messages.ts';
import { type Answer, splitAnswers } from './responses.ts';
import { converse, echoingNginx, echoingNode, hasNginx, readByNode } from './servers.ts';

/*
 * Request smuggling needs two parsers that see different messages in the same bytes. So each random text is read by
 * Node, by nginx, and by the proxy with each of them behind it; wherever the proxy lets a request through, all must have
 * seen the same method, target and body, request for request. A refusal may come from anyone: who refuses more is only
 * stricter. Two clients at a time share the kept connections, and no answer may bear another's mark.
 *
 * ISLET_FUZZ_RUNS=<texts> bounds it, ISLET_FUZZ_SEED=<seed> says the same texts again.
 */

const RUNS = Number(process.env.ISLET_FUZZ_RUNS ?? 3_000);
const SEED = Number(process.env.ISLET_FUZZ_SEED ?? Math.trunc(Date.now() / 1000));
const AT_ONCE = 8;
/** Texts of one seed are not those of the next: a second run, some seconds later, says other ones. */
const FIRST = Math.imul(SEED, 0x9e3779b1) >>> 0;

test(`proxy, Node and nginx agree where each request begins and ends (ISLET_FUZZ_SEED=${SEED})`, async (t) => {
  assert.ok(hasNginx(), 'nginx is missing: apt-get install nginx libnginx-mod-http-echo');
  const [node, nginx] = [await echoingNode(t), await echoingNginx(t)];
  const [overNode, overNginx] = [await world(t, [node]), await world(t, [])];
  await overNginx.publish(endpointAt(nginx.port));
  let understood = 0;

  await manyAtOnce(async (index) => {
    const random = dice(FIRST + index);
    const mark = `m${index}m`;
    const text = randomRequests(random, mark);
    const pieces = cut(`${text}GET /last.${mark} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`, random);
    const said = `text ${index} of ISLET_FUZZ_SEED=${SEED}: ${JSON.stringify(text)}`;
    const ports = [node.port, nginx.port, overNode.edge, overNginx.edge];
    const [byNode = [], byNginx = [], throughNode = [], throughNginx = []] = await Promise.all(
      ports.map(async (port, nth) => seen(await converse(port, pieces), { said, strict: nth > 1 })),
    );
    agree(throughNode, throughNginx, `behind the proxy, Node and nginx differ: ${said}`);
    agree(throughNode, byNode, `proxy and Node differ: ${said}`);
    agree(throughNginx, byNginx, `proxy and nginx differ: ${said}`);
    const marks = [...throughNode, ...throughNginx].flatMap((read) => read.match(/m[0-9]+m/g) ?? []);
    for (const found of marks) assert.ok(text.includes(found) || found === mark, `${found} is another's: ${said}`);
    understood += throughNode.length;
  });

  for (const { plane } of [overNode, overNginx]) assert.equal(plane.stats.unexpected, 0, 'no exception was unforeseen');
  // Neither may everything be refused: then nothing would have been compared.
  assert.ok(understood > RUNS / 4, `${understood} requests went through`);
});

test(`what an instance sends reaches the client whole, or is told as broken (ISLET_FUZZ_SEED=${SEED})`, async (t) => {
  const texts = new Map<string, readonly string[]>();
  const instance = await rawInstance(t, (socket) => {
    socket.on('data', (bytes) => {
      const mark = /GET \/(\S+) /.exec(bytes.toString('latin1'))?.[1] ?? '';
      for (const piece of texts.get(mark) ?? []) socket.write(Buffer.from(piece, 'latin1'));
      socket.end();
    });
  });
  const { edge, plane, change } = await world(t, [instance]);
  await change({ traffic: { ...DEFAULT_TRAFFIC, breaker: undefined, outlier: undefined, retry: undefined } });
  let whole = 0;

  await manyAtOnce(async (index) => {
    const random = dice(FIRST + index);
    const mark = `r${index}r`;
    const text = randomResponse(random, mark);
    texts.set(mark, cut(text, random));
    const said = `response ${index} of ISLET_FUZZ_SEED=${SEED}: ${JSON.stringify(text)}`;
    const received = await converse(edge, [`GET /${mark} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`]);
    const { answers, error } = splitAnswers(received);
    assert.equal(error, undefined, said);
    assert.ok(answers.length <= 1, `more than one answer: ${said}`);
    const [answer] = answers;
    if (answer === undefined || received.includes('\r\nx-islet-error: ')) return;
    const byNode = await Promise.all(
      [text, ...prefixes(text, answer)].flatMap(withAndWithoutBlanks).map((prefix, nth) => {
        texts.set(`${mark}${nth}`, [prefix]);
        return readByNode(instance.port, `${mark}${nth}`).finally(() => texts.delete(`${mark}${nth}`));
      }),
    );
    assert.ok(
      byNode.some((read) => isDeepStrictEqual(read, answer)),
      `Node reads no such answer as ${JSON.stringify(answer)}: ${said}`,
    );
    whole++;
  });

  assert.equal(plane.stats.unexpected, 0, 'no exception was unforeseen');
  assert.ok(whole > RUNS / 10, `${whole} responses went through`);
});

async function manyAtOnce(run: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < RUNS) await run(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** What the server read, request for request, up to the first that anybody refused. The proxy must write well. */
function seen(text: string, { said, strict }: { readonly said: string; readonly strict: boolean }): readonly string[] {
  const { answers, error } = splitAnswers(text);
  if (strict) assert.equal(error, undefined, said);
  const refusal = answers.findIndex(({ status }) => status !== 200);
  return (refusal < 0 ? answers : answers.slice(0, refusal)).map(({ body }) => body);
}

/** One may have stopped earlier; as far as both went, they saw the same. */
function agree(some: readonly string[], others: readonly string[], message: string): void {
  const length = Math.min(some.length, others.length);
  assert.deepEqual(some.slice(0, length).map(plain), others.slice(0, length).map(plain), message);
}

/** The proxy hands an absolute target on in origin form (RFC 9112, 3.2.1). */
function plain(read: string): string {
  return read.replace(/^([^|]*\|)https?:\/\/h(?=\/)/i, '$1');
}

/** Where the response may have ended: Node's client takes bytes beyond its end for an error of the response itself. */
function prefixes(text: string, { body }: Answer): readonly string[] {
  const ends = [...text.matchAll(/\r\n\r\n/g)].flatMap(({ index }) => [index + 4, index + 4 + body.length]);
  return [...new Set(ends)].filter((end) => end < text.length).map((end) => text.slice(0, end));
}

/** Node's client refuses the blanks around `;` and `=` of a chunk's size line, which a recipient must drop (RFC 9112, 7.1.1). */
function withAndWithoutBlanks(text: string): readonly string[] {
  const without = text.replace(CHUNK_EXTENSION, (line) => line.replace(/[ \t]*([;=])[ \t]*/g, '$1'));
  return [...new Set([text, without])];
}

/** The same bytes in up to three pieces. */
function cut(text: string, random: Dice): readonly string[] {
  const [first, second] = [random.below(text.length + 1), random.below(text.length + 1)].sort((a, b) => a - b);
  return [text.slice(0, first), text.slice(first, second), text.slice(second)].filter((piece) => piece !== '');
}

const CHUNK_EXTENSION = /(?<=\r\n)[0-9A-Fa-f]+[ \t]*;[^\r\n]*(?=\r\n)/g;
