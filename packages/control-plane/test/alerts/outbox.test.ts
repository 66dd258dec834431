import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import type { Alert, Notice } from '@islet/policy';
import type { AlertsSpec } from '@islet/spec';
import { pino } from 'pino';
import { SMTPServer } from 'smtp-server';
import { openAlertStore } from '../../src/alerts/database.ts';
import type { Message } from '../../src/alerts/message.ts';
import { createOutbox } from '../../src/alerts/outbox.ts';
import { receiversOf } from '../../src/alerts/receivers.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const ALERT: Alert = {
  id: 'abcd1234',
  condition: {
    rule: 'restart-loop',
    service: 'orders',
    severity: 'page',
    summary: 'orders ends again and again',
    why: '5 ends',
    help: 'islet logs orders',
  },
  state: { kind: 'firing', toldAt: 0 },
  since: 0,
  seenAt: 0,
};

function outbox(t: TestContext, alerts: Partial<AlertsSpec>, secrets: Readonly<Record<string, string>> = {}) {
  const store = openAlertStore(':memory:');
  t.after(() => store.close());
  const clock = new VirtualClock();
  let spec: AlertsSpec = { webhooks: [], emails: [], ...alerts };
  const receivers = () => receiversOf(spec, (name) => secrets[name]);
  const box = createOutbox({
    store,
    clock,
    receivers,
    system: () => 'shop',
    log: pino({ level: 'silent' }),
    redact: (told) => Object.values(secrets).reduce((cut, secret) => cut.replaceAll(secret, '[redacted]'), told),
  });
  const owe = (kind: Notice['kind']) => {
    const at = clock.now();
    const owed = receivers().map(({ key }) => ({
      receiver: key,
      notice: { alert: ALERT, kind },
      at,
      attempts: 0,
      nextAt: at,
    }));
    store.record([ALERT], owed);
  };
  const declare = (next: Partial<AlertsSpec>) => {
    spec = { webhooks: [], emails: [], ...next };
  };
  return { store, clock, box, owe, declare };
}

/** A real server that answers what it is told to. */
async function hook(t: TestContext) {
  const got: { readonly message: Message; readonly key: string | undefined }[] = [];
  const place = { status: 200, url: '', got };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (place.status === 200)
      got.push({ message: JSON.parse(body), key: request.headers['idempotency-key'] as string });
    response.writeHead(place.status, { location: 'http://127.0.0.1:1/' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  place.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/secret-path`;
  return place;
}

const page = { severities: ['page'] } as const;

describe('a webhook', () => {
  it('is told of an alert, and of its end, in this order and once', async (t) => {
    const place = await hook(t);
    const { box, owe, store } = outbox(t, { webhooks: [{ url: { secret: 'hook' }, ...page }] }, { hook: place.url });
    owe('fired');
    owe('resolved');
    await box.send();
    await box.send();
    assert.deepEqual(
      place.got.map(({ message }) => [message.kind, message.system, message.alert.id]),
      [
        ['fired', 'shop', 'abcd1234'],
        ['resolved', 'shop', 'abcd1234'],
      ],
    );
    assert.equal(place.got[0]?.key, place.got[0]?.message.key);
    assert.deepEqual(store.deliveries(), []);
  });

  it('that fails is tried again later, and what comes after waits for it', async (t) => {
    const place = await hook(t);
    const { box, owe, clock } = outbox(t, { webhooks: [{ url: place.url, ...page }] });
    place.status = 503;
    owe('fired');
    await box.send();
    place.status = 200;
    owe('resolved');
    await box.send();
    assert.equal(place.got.length, 0);
    await clock.pass(5_000);
    await box.send();
    assert.deepEqual(
      place.got.map(({ message }) => message.kind),
      ['fired', 'resolved'],
    );
  });

  it('that fails is tried again, although the clock was put back by more than it ever waits', async (t) => {
    const place = await hook(t);
    const { box, owe, clock } = outbox(t, { webhooks: [{ url: place.url, ...page }] });
    place.status = 503;
    owe('fired');
    await box.send();
    place.status = 200;
    clock.jump(-3_600_000);
    await box.send();
    assert.equal(place.got.length, 1);
  });

  it('that fails again and again is worth an alert, which names no secret', async (t) => {
    const place = await hook(t);
    place.status = 404;
    const { box, owe, clock } = outbox(t, { webhooks: [{ url: { secret: 'hook' }, ...page }] }, { hook: place.url });
    owe('fired');
    for (let tries = 0; tries < 3; tries++) {
      await box.send();
      await clock.pass(600_000);
    }
    const [condition] = box.conditions();
    assert.match(condition?.summary ?? '', /the webhook of the secret hook/);
    assert.match(condition?.why ?? '', /answered 404/);
    assert.ok(!JSON.stringify(condition).includes('secret-path'));
    place.status = 200;
    await box.send();
    assert.deepEqual(box.conditions(), []);
  });

  it('does not follow where it is sent to', async (t) => {
    const place = await hook(t);
    place.status = 302;
    const { box, owe, store } = outbox(t, { webhooks: [{ url: place.url, ...page }] });
    owe('fired');
    await box.send();
    assert.equal(store.deliveries()[0]?.attempts, 1);
  });

  it('without its secret gets nothing, and it is said what to do', async (t) => {
    const { box, owe, clock } = outbox(t, { webhooks: [{ url: { secret: 'hook' }, ...page }] });
    owe('fired');
    for (let tries = 0; tries < 3; tries++) {
      await box.send();
      await clock.pass(600_000);
    }
    assert.match(box.conditions()[0]?.why ?? '', /islet secret set hook/);
  });

  it('that is declared no more is owed nothing', async (t) => {
    const { box, owe, declare, store } = outbox(t, { webhooks: [{ url: 'http://127.0.0.1:1/', ...page }] });
    owe('fired');
    declare({});
    await box.send();
    assert.deepEqual(store.deliveries(), []);
  });

  it('is given up after a day', async (t) => {
    const { box, owe, clock, store } = outbox(t, { webhooks: [{ url: 'http://127.0.0.1:1/', ...page }] });
    owe('fired');
    await box.send();
    await clock.pass(25 * 3_600_000);
    await box.send();
    assert.deepEqual(store.deliveries(), []);
  });
});

describe('a mail', () => {
  it('reaches its server with what is to be done', async (t) => {
    const mails: string[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, _session, done) => void text(stream).then((mail) => done(null, String(mails.push(mail)))),
    });
    const listening = server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    t.after(() => new Promise((closed) => server.close(() => closed(undefined))));
    const { port } = listening.address() as AddressInfo;
    const { box, owe, store } = outbox(
      t,
      { emails: [{ to: ['ops@example.com'], from: 'islet@example.com', server: { secret: 'mail' }, ...page }] },
      { mail: `smtp://127.0.0.1:${port}` },
    );
    owe('fired');
    await box.send();
    assert.deepEqual(store.deliveries(), []);
    assert.match(mails[0] ?? '', /Subject: \[page\] orders ends again and again \(shop\)/);
    assert.match(mails[0] ?? '', /What to do: islet logs orders/);
  });
});
