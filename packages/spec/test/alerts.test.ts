import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorsOf, orders, parsed } from './helpers.ts';

const RUN = 'run: { command: x }\n';
const system = (text: string) => ({ ...orders(RUN), 'islet.yaml': `system: shop\n${text}\n` });

describe('alerts of islet.yaml', () => {
  it('tell nobody where nothing is said', () => {
    assert.deepEqual(parsed(orders(RUN)).spec.alerts, { webhooks: [], emails: [] });
  });

  it('take addresses as text or as a secret, and all that need somebody by default', () => {
    const text =
      'alerts: { webhooks: [{ url: "https://example.com/a" }], emails: [{ to: [a@b.example], from: c@d.example, server: { secret: mail }, severities: [page] }] }';
    assert.deepEqual(parsed(system(text)).spec.alerts, {
      webhooks: [{ url: 'https://example.com/a', severities: ['page', 'ticket'] }],
      emails: [{ to: ['a@b.example'], from: 'c@d.example', server: { secret: 'mail' }, severities: ['page'] }],
    });
  });

  for (const { text, path, message } of [
    {
      text: 'webhooks: [{ url: example.com }]',
      path: 'alerts.webhooks[0].url',
      message: /https:\/\/example.com\/alerts/,
    },
    { text: 'webhooks: [{ url: "http://x", severities: [] }]', path: 'alerts.webhooks[0].severities', message: /./ },
    {
      text: 'webhooks: [{ url: "http://x", severities: [warn] }]',
      path: 'alerts.webhooks[0].severities[0]',
      message: /page/,
    },
    {
      text: 'emails: [{ to: [nobody], from: a@b.example, server: "smtp://x" }]',
      path: 'alerts.emails[0].to[0]',
      message: /ops@example.com/,
    },
    {
      text: 'emails: [{ to: [a@b.example], from: a@b.example, server: mail.example.com }]',
      path: 'alerts.emails[0].server',
      message: /smtps:/,
    },
    { text: 'slack: x', path: 'alerts.slack', message: /slack/ },
  ]) {
    it(`refuse { ${text} }`, () => {
      const [error] = errorsOf(system(`alerts: { ${text} }`));
      assert.equal(error?.path, path);
      assert.match(`${error?.message} ${error?.hint}`, message);
    });
  }
});
