import { leavesOf } from '@islet/spec';
import { lineFinder } from '../rule-lines.ts';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';
import type { Handlers } from './server.ts';

/** What lets people into the dashboard, and what it shows of a file's meaning. */
export function dashboardHandlers(
  { parts }: System,
  { wanted }: { readonly wanted: (service: string) => AppliedService },
): Pick<Handlers, 'dashboardLogin' | 'dashboardSessions' | 'endDashboardSession' | 'describe'> {
  const { applied, doorkeeper } = parts.state;
  return {
    dashboardLogin: () => {
      const { code, expiresAt } = doorkeeper.invite();
      // Behind the #, which no browser sends along and no log keeps.
      return { path: `/login#${code}`, expiresAt };
    },
    dashboardSessions: () => [...doorkeeper.list()],
    endDashboardSession: ({ params: { id = '' } }) => ({ ended: doorkeeper.end(id === 'all' ? undefined : id) }),
    describe: ({ params: { service = '' } }) => {
      const { spec } = wanted(service);
      const lineOf = lineFinder(applied.current()?.lines?.[service] ?? {}, spec.traffic);
      const values = leavesOf(spec).map(({ path, value }) => {
        const from = lineOf(path);
        const plain = typeof value === 'object' ? [...value] : value;
        return { path, value: plain, ...(from === undefined ? {} : { from }) };
      });
      return { service, file: spec.file, uses: [...spec.uses], values };
    },
  };
}
