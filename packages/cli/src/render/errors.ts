import type { ErrorGroup } from '@islet/client';
import { attributesText } from './attributes.ts';
import { renderSpark } from './spark.ts';
import type { StatusOptions } from './status.ts';
import { plain, renderTable } from './table.ts';

export function renderErrorGroups(groups: readonly ErrorGroup[], { colours, columns }: StatusOptions): string[] {
  return renderTable({
    headers: ['group', 'service', 'state', 'count', 'last seen', 'since revision', '24 h', 'what'],
    rows: groups.map(({ group, service, state, count, lastSeen, firstRevision = '', spark, type, message }) => [
      group,
      service,
      { text: state, paint: state === 'regressed' ? colours.red : undefined },
      String(count),
      new Date(lastSeen).toISOString(),
      firstRevision.slice(0, 7),
      renderSpark(spark),
      `${type}: ${message}`,
    ]),
    columns,
    paintHeader: colours.dim,
    giveWay: ['24 h', 'last seen', 'state'],
  });
}

/** `islet errors <group>`: when, where, since which revision; the newest stack, and what was logged around it. */
export function renderErrorGroup(group: ErrorGroup, { colours }: StatusOptions): string[] {
  const { type, message, culprit, service, state, count, sample } = group;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['group', `${group.group} (fingerprint version ${group.version})`],
    ['service', service],
    ['state', state],
    ['in', culprit],
    ['count', String(count)],
    [
      'first',
      `${new Date(group.firstSeen).toISOString()}${group.firstRevision === undefined ? '' : `, with revision ${group.firstRevision}`}`,
    ],
    ['last', new Date(group.lastSeen).toISOString()],
    ['revisions', group.revisions.join(', ')],
    ['instances', group.instances.join(', ')],
    ['traces', group.traces.slice(-5).join(', ')],
    ['with', attributesText(sample?.attributes, (name) => !name.startsWith('exception.'))],
    ['24 h', renderSpark(group.spark)],
  ];
  const told = rows.filter(([, value]) => value !== undefined && value !== '');
  return [
    colours.bold(`${plain(type)}: ${plain(message)}`),
    ...told.map(([name, value = '']) => `  ${colours.dim(name.padEnd(9))}  ${plain(value)}`),
    ...(sample === undefined
      ? []
      : ['', ...sample.stack.split('\n').map((line) => `  ${line.replace(/\t/g, '    ')}`)]),
    ...(sample === undefined || sample.logsAround.length === 0
      ? []
      : ['', colours.dim('Logged around the last one:'), ...sample.logsAround.map((line) => `  ${plain(line)}`)]),
  ];
}
