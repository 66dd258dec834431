/** Who is told of alerts. */
export interface AlertsSpec {
  readonly webhooks: readonly WebhookSpec[];
  readonly emails: readonly EmailSpec[];
}

export type AlertSeverity = 'page' | 'ticket' | 'info';

/** As it is written, or the name of the secret that holds it. */
export type TextOrSecret = string | { readonly secret: string };

export interface WebhookSpec {
  readonly url: TextOrSecret;
  readonly severities: readonly AlertSeverity[];
}

export interface EmailSpec {
  readonly to: readonly string[];
  readonly from: string;
  /** `smtp://` or `smtps://`, with user and password. */
  readonly server: TextOrSecret;
  readonly severities: readonly AlertSeverity[];
}
