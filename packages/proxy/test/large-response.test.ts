import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { httpInstance, world } from './world.ts';

const BYTES = 6 * 1024 * 1024;
/** Which byte stands at which place of a body tells whose it is, and where it was. */
const bodyOf = (seed: number) => Buffer.from(Uint32Array.from({ length: BYTES / 4 }, (_, at) => at * 31 + seed).buffer);
const BODIES = [1, 2, 3, 4].map(bodyOf);

interface Reading {
  readonly port: number;
  readonly index: number;
  /** Between two reads, the client sleeps, so that the kernel's buffers fill. */
  readonly slow: boolean;
  readonly chunked: boolean;
}

function read({ port, index, slow, chunked }: Reading): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const path = `/orders/${index}${chunked ? '?chunked' : ''}`;
    const call = get({ port, path, agent: false }, async (response) => {
      const parts: Buffer[] = [];
      for await (const part of response) {
        parts.push(part);
        if (slow && parts.length % 16 === 0) await pause(2);
      }
      resolve(Buffer.concat(parts));
    });
    call.once('error', reject);
  });
}

for (const chunked of [false, true]) {
  test(`large ${chunked ? 'chunked ' : ''}bodies come whole, to slow clients and quick ones at once`, async (t) => {
    const instance = await httpInstance(t, (request, response) => {
      const url = new URL(request.url ?? '/', 'http://h');
      const body = BODIES[Number(url.pathname.slice(1))];
      if (!url.searchParams.has('chunked')) response.setHeader('Content-Length', BYTES);
      response.end(body);
    });
    const { gateway, plane } = await world(t, [instance]);
    const readings = [...BODIES.keys(), ...BODIES.keys()].map(async (index, nth) => {
      const got = await read({ port: gateway, index, slow: nth % 2 === 0, chunked });
      assert.ok(BODIES[index]?.equals(got), `body ${index} of reading ${nth}`);
    });
    await Promise.all(readings);
    assert.equal(plane.stats.unexpected, 0);
  });
}
