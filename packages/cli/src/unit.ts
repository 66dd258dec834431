import { createHash } from 'node:crypto';

/** A system as systemd keeps it: the unit runs the keeper, and the keeper runs the rest. */
export interface UnitOptions {
  readonly system: string;
  readonly folder: string;
  readonly stateFolder: string;
  /** Absolute paths: systemd looks nothing up. */
  readonly node: string;
  readonly keeper: string;
  readonly path: string;
  readonly home: string | undefined;
  readonly scope: 'machine' | 'user';
}

/** Two clones of one system are two units: the folder is in the name. */
export function unitName({
  system,
  folder,
  stateFolder,
}: Pick<UnitOptions, 'system' | 'folder' | 'stateFolder'>): string {
  const hash = createHash('sha256').update(`${folder}\0${stateFolder}`).digest('hex').slice(0, 8);
  return `islet-${system}-${hash}.service`;
}

/**
 * `KillMode=process`: a restart of the keeper must leave services, proxy and databases alone. `Delegate=yes`: they are
 * put into control groups of their own below this unit's. `Restart=on-failure`: a keeper ends in order when `islet down`
 * was asked for, or another keeper lives; one that is killed has failed.
 */
export function renderUnit(options: UnitOptions): string {
  const { system, folder, stateFolder, node, keeper, path, home, scope } = options;
  const command = [node, keeper, '--state', stateFolder].map(quote).join(' ');
  return [
    '[Unit]',
    `Description=Islet: ${system} in ${escapePercent(folder)}`,
    'After=network.target',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${command}`,
    `WorkingDirectory=${escapePercent(folder)}`,
    `Environment=${quote(`PATH=${path}`)}`,
    ...(home === undefined ? [] : [`Environment=${quote(`HOME=${home}`)}`]),
    'Restart=on-failure',
    'RestartSec=1',
    'KillMode=process',
    'Delegate=yes',
    'OOMPolicy=continue',
    '',
    '[Install]',
    `WantedBy=${scope === 'machine' ? 'multi-user.target' : 'default.target'}`,
    '',
  ].join('\n');
}

/** One word of a command line, as systemd.service(5) reads it: `%` and `$` mean something to it. */
function quote(word: string): string {
  return `"${escapePercent(word).replace(/[\\"]/g, '\\$&').replaceAll('$', '$$$$')}"`;
}

function escapePercent(text: string): string {
  return text.replaceAll('%', '%%');
}
