import { z } from 'zod';
import { bySystemDefault, distinct, secretName } from './values.ts';

const SEVERITIES = ['page', 'ticket', 'info'] as const;

/** Whoever knows such an address may use it, so it may well be a secret. */
const orSecret = (pattern: RegExp, expected: string) =>
  z.union(
    [
      z.string().regex(pattern, `expected ${expected}`),
      z.strictObject({ secret: secretName().describe('Name of the secret that holds it.') }),
    ],
    {
      error: `expected ${expected}, or { secret: name }`,
    },
  );

const severities = (path: 'alerts.webhooks.severities' | 'alerts.emails.severities') =>
  bySystemDefault(path, distinct(z.enum(SEVERITIES)).min(1))
    .describe('Which alerts: `page` needs somebody now, `ticket` within days, `info` is good to know.')
    .meta({ examples: [['page']] });

const address = () =>
  z
    .string()
    .regex(/^[^\s@<>]+@[^\s@<>]+$/, 'expected an address such as ops@example.com')
    .meta({ title: 'address' });

const webhook = z.strictObject({
  url: orSecret(/^https?:\/\/[^\s/]+(\/\S*)?$/, 'a URL such as https://example.com/alerts')
    .describe('Is sent a POST with a JSON body for each alert that fires, and again when it is over.')
    .meta({ examples: [{ secret: 'alert-hook' }, 'https://example.com/alerts'] }),
  severities: severities('alerts.webhooks.severities'),
});

const email = z.strictObject({
  to: distinct(address())
    .min(1)
    .describe('Who gets it.')
    .meta({ examples: [['ops@example.com']] }),
  from: address()
    .describe('Whom it is from.')
    .meta({ examples: ['islet@example.com'] }),
  server: orSecret(/^smtps?:\/\/[^\s/]+\/?$/, 'a mail server such as smtps://user:password@mail.example.com')
    .describe('Through which mail server, with its user and password.')
    .meta({ examples: [{ secret: 'mail-server' }] }),
  severities: severities('alerts.emails.severities'),
});

/** Who is told of alerts. */
export const alerts = z
  .strictObject({
    webhooks: z
      .array(webhook)
      .max(20)
      .prefault([])
      .describe('Programs that are told.')
      .meta({ examples: [[{ url: { secret: 'alert-hook' } }]] }),
    emails: z
      .array(email)
      .max(20)
      .prefault([])
      .describe('People who are told.')
      .meta({
        examples: [[{ to: ['ops@example.com'], from: 'islet@example.com', server: { secret: 'mail-server' } }]],
      }),
  })
  .prefault({})
  .describe(
    'Who is told when an alert fires, and when it is over. Without any, `islet alerts` and the dashboard show them.',
  );
