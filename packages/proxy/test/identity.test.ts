import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { IdentitySpec } from '@islet/policy';
import type { RateLimitSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Identities } from '../src/identities.ts';
import { folderOf } from './certificates.ts';
import { endpointAt, httpInstance, send, tableOf, until, world } from './world.ts';

const ISSUER = 'https://id.example.com';

interface Claims {
  readonly sub: string;
  readonly iss?: string;
  readonly aud?: string;
  readonly exp?: number;
}

async function issuer(t: TestContext) {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const other = await generateKeyPair('ES256', { extractable: true });
  const set = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }] };
  const file = join(await folderOf(t), 'keys.json');
  await writeFile(file, JSON.stringify(set));
  const sign = (key: CryptoKey, { sub, iss = ISSUER, aud = 'shop', exp = Date.now() / 1000 + 600 }: Claims) =>
    new SignJWT({ sub })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(iss)
      .setAudience(aud)
      .setExpirationTime(Math.floor(exp))
      .sign(key);
  const spec: IdentitySpec = { issuer: ISSUER, audience: 'shop', keys: { kind: 'file', file } };
  return {
    spec,
    set,
    token: (claims: Claims) => sign(pair.privateKey, claims),
    forged: (claims: Claims) => sign(other.privateKey, claims),
  };
}

/** What a claim is, once there was time to look. */
async function settled(identities: Identities, authorization: string, claim = 'sub'): Promise<string | undefined> {
  assert.equal(identities.claimOf(authorization, claim, Date.now()), undefined, 'nobody is believed at once');
  await until(() => identities.pending === 0);
  return identities.claimOf(authorization, claim, Date.now());
}

test('a claim is of a token that was signed by the issuer, for us, and is still good; of any other there is none', async (t) => {
  const { spec, token, forged } = await issuer(t);
  const identities = new Identities(spec);
  assert.equal(await settled(identities, `Bearer ${await token({ sub: 'ann' })}`), 'ann');
  const [head = '', , signature = ''] = (await token({ sub: 'ann' })).split('.');
  const altered = `${head}.${Buffer.from(JSON.stringify({ sub: 'eve', iss: ISSUER, aud: 'shop' })).toString('base64url')}.${signature}`;
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${altered.split('.')[1]}.x`;
  const bad = {
    altered,
    unsigned,
    forged: await forged({ sub: 'eve' }),
    'another issuer': await token({ sub: 'eve', iss: 'https://elsewhere.example' }),
    'another audience': await token({ sub: 'eve', aud: 'bank' }),
    over: await token({ sub: 'eve', exp: Date.now() / 1000 - 60 }),
  };
  for (const [what, text] of Object.entries(bad)) {
    assert.equal(await settled(identities, `Bearer ${text}`), undefined, what);
  }
  for (const text of ['', 'Basic abc', 'Bearer', 'Bearer a.b', `Bearer ${'a'.repeat(20_000)}.b.c`, undefined]) {
    assert.equal(identities.claimOf(text, 'sub', Date.now()), undefined);
    assert.equal(identities.pending, 0, 'and it is not looked at');
  }
});

test('what a token says lasts until it ends, and a claim that it does not have is none', async (t) => {
  const { spec, token } = await issuer(t);
  const identities = new Identities(spec);
  const authorization = `bearer ${await token({ sub: 'ann', exp: Date.now() / 1000 + 100 })}`;
  assert.equal(await settled(identities, authorization), 'ann');
  assert.equal(identities.claimOf(authorization, 'tenant', Date.now()), undefined);
  assert.equal(identities.claimOf(authorization, 'sub', Date.now() + 102_000), undefined);
});

test('keys are fetched where the issuer offers them, and again where they could not be had', async (t) => {
  const { spec, set, token } = await issuer(t);
  let fetched = 0;
  const keys = await httpInstance(t, (_, response) => {
    fetched++;
    response.statusCode = fetched === 1 ? 500 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(set));
  });
  const identities = new Identities({ ...spec, keys: { kind: 'url', url: `http://127.0.0.1:${keys.port}/keys` } });
  assert.equal(await settled(identities, `Bearer ${await token({ sub: 'ann' })}`), undefined);
  assert.equal(await settled(identities, `Bearer ${await token({ sub: 'bob', exp: Date.now() / 1000 + 500 })}`), 'bob');
  assert.equal(fetched, 2);
});

test('each who is known has a bucket, and all who are not share that of their address', async (t) => {
  const { spec, token, forged } = await issuer(t);
  const instance = await httpInstance(t, (_, response) => response.end('ok'));
  const rateLimit: readonly RateLimitSpec[] = [{ rps: 1, burst: 3, by: { kind: 'claim', name: 'sub' } }];
  let now = 1_000_000;
  const traffic = { ...DEFAULT_TRAFFIC, rateLimit };
  const { plane, edge, listeners } = await world(t, [], 'http', { traffic, now: () => now });
  const table = tableOf({ version: 7, endpoints: [endpointAt(instance.port)], listeners, traffic });
  await plane.apply({ ...table, identity: spec });
  const ask = async (bearer: string) => {
    const text = await send(
      edge,
      `GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${bearer}\r\nConnection: close\r\n\r\n`,
    );
    return Number(text.slice(9, 12));
  };
  const tokens = await Promise.all(['ann', 'bob'].map((sub) => token({ sub })));
  for (const each of tokens) assert.equal(await ask(each), 200);
  // Those counted as from one address. What they were, is known soon; and the address has one left.
  await new Promise((resolve) => setTimeout(resolve, 200));
  for (const each of tokens) {
    const statuses = [await ask(each), await ask(each), await ask(each), await ask(each)];
    assert.deepEqual(statuses, [200, 200, 200, 429]);
  }
  const invented = await Promise.all(['eve-1', 'eve-2', 'eve-3'].map((sub) => forged({ sub })));
  assert.deepEqual([await ask(invented[0]!), await ask(invented[1]!), await ask(invented[2]!)], [200, 429, 429]);
  now += 1_000;
  assert.equal(await ask(invented[1]!), 200);
});
