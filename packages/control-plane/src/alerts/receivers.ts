import { createHash } from 'node:crypto';
import type { AlertSeverity, AlertsSpec, TextOrSecret } from '@islet/spec';
import { type Message, subjectOf, textOf } from './message.ts';

/** Somebody, or some program, that is told of alerts. */
export interface Receiver {
  /** The same for as long as it is the same receiver. */
  readonly key: string;
  /** For people; holds no secret. */
  readonly name: string;
  readonly severities: readonly AlertSeverity[];
  /** Throws where it did not get it. */
  send(message: Message, options: { readonly signal: AbortSignal }): Promise<void>;
}

export type SecretOf = (name: string) => string | undefined;

const SMTP_MS = 10_000;

export function receiversOf(alerts: AlertsSpec | undefined, secret: SecretOf): readonly Receiver[] {
  const { webhooks = [], emails = [] } = alerts ?? {};
  return [
    ...webhooks.map(
      ({ url, severities }): Receiver => ({
        key: keyOf('webhook', url),
        name: `the webhook ${nameOf(url)}`,
        severities,
        send: (message, { signal }) => post(plainOf(url, secret), message, signal),
      }),
    ),
    ...emails.map(
      ({ to, from, server, severities }): Receiver => ({
        key: keyOf('email', [to, from, server]),
        name: `mail to ${to.join(', ')}`,
        severities,
        send: (message) => mail({ to, from, server: plainOf(server, secret) }, message),
      }),
    ),
  ];
}

function keyOf(kind: string, what: unknown): string {
  return `${kind}-${createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 12)}`;
}

/** Whoever knows the path of a webhook may use it. */
function nameOf(url: TextOrSecret): string {
  return typeof url === 'string' ? `at ${new URL(url).host}` : `of the secret ${url.secret}`;
}

function plainOf(text: TextOrSecret, secret: SecretOf): string {
  if (typeof text === 'string') return text;
  const value = secret(text.secret)?.trim();
  if (value === undefined) throw new Error(`the secret ${text.secret} has no value: islet secret set ${text.secret}`);
  return value;
}

async function post(url: string, message: Message, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': message.key },
    body: JSON.stringify(message),
    redirect: 'error',
    signal,
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`it answered ${response.status}`);
}

interface Mail {
  readonly to: readonly string[];
  readonly from: string;
  readonly server: string;
}

async function mail({ to, from, server }: Mail, message: Message): Promise<void> {
  // Loaded when there is something to send: most systems never do.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    url: server,
    connectionTimeout: SMTP_MS,
    greetingTimeout: SMTP_MS,
    socketTimeout: SMTP_MS,
  });
  try {
    await transport.sendMail({
      from,
      to: [...to],
      subject: subjectOf(message),
      text: textOf(message),
      messageId: `<${message.key}@islet.invalid>`,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  } finally {
    transport.close();
  }
}
