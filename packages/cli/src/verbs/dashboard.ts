import { spawn } from 'node:child_process';
import type { DashboardSession } from '@islet/client';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { renderTable } from '../render/table.ts';
import { openSession, type Session } from '../session.ts';

export interface DashboardOptions {
  readonly open?: true;
  readonly sessions?: true;
  readonly logout?: string;
  readonly json?: true;
  readonly state?: string;
}

export async function run(context: Context, folder: string | undefined, options: DashboardOptions): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  if (options.sessions) return showSessions(context, session, options);
  if (options.logout !== undefined) return logOut(context, session, options.logout, options);
  const { path, expiresAt } = await session.client.dashboardLogin({}, { signal: context.signal });
  const url = session.connection.url + path;
  if (options.json) writeJson(context.stdout, { url, expiresAt });
  else writeLines(context.stdout, [url]);
  if (context.stdout.terminal && !options.json) {
    writeLines(context.stderr, [
      context.stderr.colours.dim('It is good once, for five minutes. Nobody else may see it.'),
    ]);
  }
  if (options.open) await openInBrowser(url);
  return EXIT.ok;
}

async function showSessions({ stdout, signal }: Context, { client }: Session, options: DashboardOptions) {
  const sessions = await client.dashboardSessions({}, { signal });
  if (options.json) writeJson(stdout, sessions);
  else if (sessions.length === 0) writeLines(stdout, ['No browser is logged in.']);
  else writeLines(stdout, renderSessions(sessions, stdout.colours.dim));
  return EXIT.ok;
}

function renderSessions(sessions: readonly DashboardSession[], paintHeader: (text: string) => string): string[] {
  return renderTable({
    headers: ['id', 'since', 'last seen', 'until', 'browser'],
    rows: sessions.map((one) => [one.id, when(one.startedAt), when(one.seenAt), when(one.expiresAt), one.agent]),
    paintHeader,
  });
}

async function logOut({ stdout, signal }: Context, { client }: Session, id: string, options: DashboardOptions) {
  const { ended } = await client.endDashboardSession({ id }, { signal });
  if (ended === 0 && id !== 'all') throw new UsageError(`no session is called ${id}`, '`islet dashboard --sessions`');
  if (options.json) writeJson(stdout, { ended });
  else writeLines(stdout, [`Logged out ${ended} browser${ended === 1 ? '' : 's'}.`]);
  return EXIT.ok;
}

function when(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** The link is on the screen already; what opens it is each desktop's own. */
function openInBrowser(url: string): Promise<void> {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  return new Promise((resolve, reject) => {
    const opener = spawn(program, [url], { detached: true, stdio: 'ignore' });
    opener.once('spawn', () => {
      opener.unref();
      resolve();
    });
    opener.once('error', () => reject(new UsageError(`${program} is not here`, 'open the link by hand')));
  });
}
