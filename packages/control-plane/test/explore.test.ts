import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { readContractFile } from '../src/explore/contract-file.ts';
import { callGrpc } from '../src/explore/grpc-call.ts';
import { findMethod, methodsOf, readProto } from '../src/explore/proto.ts';

function system(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'islet-explore-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const GREETER = `
syntax = "proto3";
package shop;
import "common/money.proto";
import "google/protobuf/timestamp.proto";
// Greets.
service Greeter {
  // Says hi.
  rpc Hi (HiRequest) returns (HiReply);
  rpc Many (HiRequest) returns (stream HiReply);
}
message HiRequest {
  string name = 1; int64 count = 2; repeated Money prices = 3; Mood mood = 4; map<string, int32> tags = 5;
  oneof which { string email = 6; string phone = 7; }
  google.protobuf.Timestamp at = 8; HiRequest again = 9;
}
enum Mood { CALM = 0; LOUD = 1; }
message HiReply { string text = 1; int64 length = 2; }
`;
const FILES = {
  'services/greeter/greeter.proto': GREETER,
  'proto/common/money.proto':
    'syntax = "proto3"; package shop; message Money { string currency = 1; double amount = 2; }',
  'services/greeter/common/money.proto': 'syntax = "proto3"; package shop; message Money { string currency = 1; }',
};
const place = (root: string) => ({ root, folder: 'services/greeter', file: 'greeter.proto' });

async function greeter(t: TestContext) {
  const read = await readProto(place(system(t, FILES)));
  assert.equal(read.kind, 'proto');
  return read.kind === 'proto' ? read.root : assert.fail();
}

it('lists the methods of a contract with its imports, each with a message to begin with', async (t) => {
  const [hi, many] = methodsOf(await greeter(t));
  assert.deepEqual([hi?.path, hi?.summary, hi?.isStreamed], ['/shop.Greeter/Hi', 'Says hi.', false]);
  assert.deepEqual([many?.path, many?.isStreamed], ['/shop.Greeter/Many', true]);
  const example = JSON.parse(hi?.example ?? '');
  assert.deepEqual(
    { ...example, at: undefined, again: undefined },
    {
      name: '',
      count: '0',
      prices: [{ currency: '' }],
      mood: 'CALM',
      tags: {},
      email: '',
      at: undefined,
      again: undefined,
    },
  );
});

for (const [name, text, why] of [
  ['a mistake in it', 'message {', /greeter\.proto: .*line 1/],
  [
    'an import that is nowhere',
    'syntax = "proto3"; import "no/such.proto";',
    /imports no\/such\.proto, which can’t be read: ENOENT/,
  ],
  ['a type that is nowhere', 'syntax = "proto3"; message A { Nothing n = 1; }', /Nothing/],
] as const) {
  it(`says so of a contract with ${name}`, async (t) => {
    const read = await readProto(place(system(t, { 'services/greeter/greeter.proto': text })));
    assert.match(read.kind === 'unreadable' ? read.why : '', why);
  });
}

it('reads nothing that lies outside of the system, however it is named', async (t) => {
  const outside = system(t, { 'secret.yaml': 'secret' });
  const root = system(t, { 'services/a/openapi.yaml': 'mine' });
  symlinkSync(join(outside, 'secret.yaml'), join(root, 'services/a/link.yaml'));
  assert.equal((await readContractFile(root, 'services/a', 'openapi.yaml')).kind, 'read');
  for (const file of ['link.yaml', join(outside, 'secret.yaml'), `../../../${outside.split('/').at(-1)}/secret.yaml`]) {
    assert.deepEqual(await readContractFile(root, 'services/a', file), {
      kind: 'unreadable',
      why: 'lies outside of the system’s folder',
    });
  }
});

/** A gRPC server on a Unix socket, as the proxy's for the operator is. */
async function serve(t: TestContext, answer: (stream: ServerHttp2Stream, body: Buffer, host: string) => void) {
  const socket = join(system(t, {}), 's');
  const server = createServer();
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => answer(stream, Buffer.concat(chunks), String(headers[':authority'])));
  });
  server.listen(socket);
  await once(server, 'listening');
  t.after(() => server.close());
  return socket;
}

const frame = (bytes: Uint8Array) => Buffer.concat([Buffer.from([0, 0, 0, 0, bytes.length]), bytes]);

async function call(t: TestContext, socket: string, json: unknown, limitBytes = 10_000) {
  const root = await greeter(t);
  const method = findMethod(root, '/shop.Greeter/Many');
  assert.ok(method);
  const asked = { socket, service: 'greeter', path: '/shop.Greeter/Many', method, json, headers: {}, limitBytes };
  return { root, reply: await callGrpc({ ...asked, signal: AbortSignal.timeout(60_000) }) };
}

it('sends one message and shows all that come back, with the status that ends them', async (t) => {
  const root = await greeter(t);
  const [request, reply] = ['HiRequest', 'HiReply'].map((name) => root.lookupType(`shop.${name}`));
  const socket = await serve(t, (stream, body, host) => {
    const { name } = request!.decode(body.subarray(5)) as unknown as { name: string };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '5', 'grpc-message': 'no%20more' }));
    stream.write(frame(reply!.encode({ text: `hi ${name} at ${host}`, length: 7 }).finish()));
    stream.end(frame(reply!.encode({ text: 'bye' }).finish()));
  });
  const { reply: answered } = await call(t, socket, { name: 'Ada', mood: 'LOUD' });
  assert.deepEqual(answered.messages, [
    { text: 'hi Ada at greeter', length: '7' },
    { text: 'bye', length: '0' },
  ]);
  assert.deepEqual([answered.grpcStatus, answered.grpcMessage, answered.cut], [5, 'no more', false]);
});

it('takes a status that comes alone, reads no more than its limit, and refuses what fits no message', async (t) => {
  const alone = await serve(t, (stream) => {
    stream.respond({ ':status': 200, 'grpc-status': '14', 'grpc-message': 'away' }, { endStream: true });
  });
  const { reply } = await call(t, alone, {});
  assert.deepEqual([reply.grpcStatus, reply.messages], [14, []]);
  const endless = await serve(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.on('error', () => {});
    stream.write(Buffer.alloc(50_000));
  });
  assert.equal((await call(t, endless, {}, 1_000)).reply.cut, true);
  await assert.rejects(call(t, alone, { prices: 'no list' }), /prices: array expected/);
});
