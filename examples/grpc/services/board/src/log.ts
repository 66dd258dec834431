export type Level = 'info' | 'warn' | 'error';

/** One JSON object per line on stdout. Islet knows which instance wrote it, so the line need not say. */
export function log(level: Level, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}
